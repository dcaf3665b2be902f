import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ClassRegion } from '../../media/coco-rle';
import type { ExportFormat } from '../../shared/domain/export';
import type { Label } from '../../shared/domain/model';
import { exportFormats } from '../export/render-export';
import { exportError } from '../export/save-new-file';
import {
  cocoAnnotation,
  cocoCategories,
  cocoImage,
  cocoInfo,
  csvHeader,
  csvRows,
  tableFormats,
} from '../export/tables';
import type { DoneRecord, Journal } from './journal';
import type { Span } from './line-file';

export interface TableParts {
  readonly journal: Journal;
  /** Names of the pictures in the order of the rows, each with where the journal tells of it. */
  readonly rows: Iterable<readonly [string, Span]>;
  readonly labels: readonly Label[];
  readonly modelName: string;
}

/** Where the tables of a batch lie; `csv` where another place than the output folder was named for it. */
export function tablePaths(
  output: string,
  formats: readonly ExportFormat[],
  csv: string | null,
): Map<ExportFormat, string> {
  const wanted = tableFormats.filter((format) => formats.includes(format));
  return new Map(
    wanted.map((format) => {
      const own = join(output, `masks${exportFormats[format].ending}`);
      return [format, format === 'csv' && csv !== null ? csv : own];
    }),
  );
}

/**
 * Writes a table about all pictures that are done, those of earlier runs included. Rows are read from the journal one by
 * one and written as they come, so that their number costs no memory.
 *
 * @throws AppError EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED
 */
export async function writeTable(format: ExportFormat, path: string, parts: TableParts): Promise<void> {
  const temporary = `${path}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = new BufferedFile(await open(temporary, 'w'));
    try {
      if (format === 'csv') await writeCsv(file, parts);
      else await writeCoco(file, parts);
      await file.flush();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw exportError(error, path);
  }
}

async function writeCsv(file: BufferedFile, { journal, rows, labels }: TableParts): Promise<void> {
  const names = new Map(labels.map(({ id, name }) => [id, name]));
  await file.write(csvHeader());
  for (const [fileName, span] of rows) {
    const { width, height, classes } = await journal.doneAt(span);
    const shares = classes.map(([id, pixels]) => ({
      id,
      label: names.get(id) ?? `class ${id}`,
      pixels,
      share: pixels / (width * height),
    }));
    await file.write(csvRows({ fileName, width, height, classes: shares }));
  }
}

/** In two passes, since images come before annotations. */
async function writeCoco(file: BufferedFile, { journal, rows, labels, modelName }: TableParts): Promise<void> {
  const pictures = [...rows];
  const used = new Set<number>();
  await file.write(`{"info":${JSON.stringify(cocoInfo({ model: modelName }))},"images":[`);
  const each = async (visit: (record: DoneRecord, name: string, id: number) => Promise<void>): Promise<void> => {
    for (const [index, [name, span]] of pictures.entries()) await visit(await journal.doneAt(span), name, index + 1);
  };
  await each(async (record, fileName, id) => {
    for (const [classId] of record.classes) used.add(classId);
    await file.write(`${id > 1 ? ',' : ''}${JSON.stringify(cocoImage({ ...record, fileName }, id))}`);
  });
  await file.write('],"annotations":[');
  let annotationId = 0;
  await each(async (record, _name, id) => {
    if (record.regions === undefined) return;
    for (const region of (await journal.regionsAt(record.regions)) as ClassRegion[]) {
      annotationId += 1;
      const text = JSON.stringify(cocoAnnotation(record, region, id, annotationId));
      await file.write(`${annotationId > 1 ? ',' : ''}${text}`);
    }
  });
  await file.write(`],"categories":${JSON.stringify(cocoCategories(labels, used))}}`);
}

const BUFFER_CHARACTERS = 64 * 1024;

class BufferedFile {
  readonly #file: FileHandle;
  #parts: string[] = [];
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(text: string): Promise<void> {
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length >= BUFFER_CHARACTERS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#parts.join('');
    this.#parts = [];
    this.#length = 0;
    await this.#file.appendFile(text);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
