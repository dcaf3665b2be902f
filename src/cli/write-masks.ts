import { basename, extname, join } from 'node:path';
import { AppError } from '../shared/app-error';
import type { Segmentation } from '../shared/contract';
import type { ExportFormat } from '../shared/domain/export';
import type { ModelSummary } from '../shared/domain/model';
import type { TableEntry } from '../studio/export/tables';
import { isWithin } from '../studio/batch/paths';
import { tableEntry, tableFormats, toCoco, toCsv } from '../studio/export/tables';
import { writeFileAtomically } from '../studio/library/json-file';
import type { LocalStudio } from './open-studio';
import type { PlannedInput, PlannedOutput } from '../studio/batch/output-plan';

export interface WrittenFile {
  readonly format: ExportFormat;
  readonly path: string;
}

export interface MaskOutput {
  /** Absolute. */
  readonly folder: string;
  readonly formats: readonly ExportFormat[];
}

/** A picture that has been segmented in a session. */
export interface SegmentedPicture {
  readonly sessionId: string;
  readonly pictureId: string;
  /** The picture's file name, which the studio's names for exports begin with. */
  readonly name: string;
  /** As the user called it; names it in tables. */
  readonly label: string;
  readonly segmentation: Segmentation;
}

/**
 * Writes the exports of a run: pictures as `STEM.index.png` and the like, tables once at the end. The studio makes the
 * content; the names are the terminal's, which knows all pictures of the run and lets no two share one. A file of an
 * earlier run is replaced. No file is ever half written.
 *
 * Rejects with EXPORT_DISK_FULL or EXPORT_READ_ONLY: then no other picture would fare better.
 */
export class MaskWriter {
  readonly #studio: LocalStudio;
  readonly #output: MaskOutput;
  readonly #model: ModelSummary;
  readonly #entries: TableEntry[] = [];

  constructor(studio: LocalStudio, output: MaskOutput, model: ModelSummary) {
    this.#studio = studio;
    this.#output = output;
    this.#model = model;
  }

  async write(picture: SegmentedPicture, place: PlannedOutput): Promise<WrittenFile[]> {
    const { formats, folder } = this.#output;
    const { sessionId, pictureId, name, label, segmentation } = picture;
    const pictures = formats.filter((format) => !tableFormats.includes(format));
    const files =
      pictures.length === 0
        ? []
        : await this.#studio.call('export.picture', {
            sessionId,
            pictureId,
            formats: pictures,
            style: {},
            directory: null,
          });
    const written: WrittenFile[] = [];
    for (const file of files) {
      if (file.bytes === null) throw new Error(`The export ${file.name} came without its content.`);
      const path = join(folder, place.directory, `${place.stem}${ending(file.name, name)}`);
      await save(path, file.bytes);
      written.push({ format: file.format, path });
    }
    if (formats.some((format) => tableFormats.includes(format))) {
      this.#entries.push(tableEntry(label, segmentation, formats.includes('coco')));
    }
    return written;
  }

  /** Writes the tables about all pictures; `only` gives the name when there was but one. */
  async finish(only: PlannedOutput | null): Promise<WrittenFile[]> {
    if (this.#entries.length === 0) return [];
    const { formats, folder } = this.#output;
    const start = only === null ? join(folder, 'masks') : join(folder, only.directory, only.stem);
    const written: WrittenFile[] = [];
    for (const format of formats) {
      if (format !== 'csv' && format !== 'coco') continue;
      const path = `${start}${format === 'csv' ? '.classes.csv' : '.coco.json'}`;
      const { labels, name } = this.#model;
      await save(path, format === 'csv' ? toCsv(this.#entries) : toCoco(this.#entries, labels, { model: name }));
      written.push({ format, path });
    }
    return written;
  }
}

/** Masks beside the pictures would be taken for pictures by the next run, and could replace them. */
export function checkOutputs(folder: string, inputs: readonly PlannedInput[]): void {
  const inside = inputs.find(({ folder: from }) => from !== null && isWithin(folder, from));
  if (inside === undefined) return;
  throw new AppError('USAGE', `The output folder ${folder} lies within the input folder ${inside.folder ?? ''}.`, {
    hint: 'Choose another folder for --out, or name the pictures one by one.',
  });
}

/** True for failures of the output folder, which every further picture would meet. */
export function isOutputFailure(error: unknown): boolean {
  return error instanceof AppError && error.code.startsWith('EXPORT_') && error.code !== 'EXPORT_PALETTE_TOO_SMALL';
}

/** The same codes as for exports from the window. */
async function save(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFileAtomically(path, content);
  } catch (error) {
    // A name that is too long is this picture's own trouble.
    if (!(error instanceof AppError) || error.code === 'FILE_NAME_INVALID') throw error;
    const code = error.code === 'DISK_FULL' ? 'EXPORT_DISK_FULL' : 'EXPORT_READ_ONLY';
    throw new AppError(code, error.message, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error.cause,
      details: error.details,
    });
  }
}

/** `.index.png` of `street.index.png`, for the picture `street.jpg`. */
function ending(exported: string, picture: string): string {
  const stem = basename(picture, extname(picture));
  return exported.startsWith(stem) ? exported.slice(stem.length) : `.${exported}`;
}
