import { AppError } from '../../shared/app-error';
import type { Segmentation } from '../../shared/contract';
import type { ExportedFile, ExportFormat, MaskStyle } from '../../shared/domain/export';
import { workOnEach } from '../batch/work-pool';
import { plainBytes } from '../plain-bytes';
import type { JobProgress } from '../jobs/job-registry';
import type { PictureRegistry } from '../pictures/picture-registry';
import { pictureStem } from '../pictures/picture-registry';
import type { PictureSegmenter } from '../sessions/segment-picture';
import type { OpenSession } from '../sessions/session-registry';
import type { ExportSubject } from './render-export';
import { exportFormats, renderExport, text } from './render-export';
import { saveNewFile } from './save-new-file';
import type { TableEntry } from './tables';
import { tableEntry, tableFormats, toCoco, toCsv } from './tables';

export interface ExportRequest {
  readonly open: OpenSession;
  readonly formats: readonly ExportFormat[];
  readonly style: MaskStyle;
}

/** Pictures in work at once: while the network computes one, the other is decoded or written. */
const AT_ONCE = 2;

export class PictureExporter {
  readonly #pictures: PictureRegistry;
  readonly #segmenter: PictureSegmenter;

  constructor(pictures: PictureRegistry, segmenter: PictureSegmenter) {
    this.#pictures = pictures;
    this.#segmenter = segmenter;
  }

  /** One picture in several formats; with a directory as files, without as bytes. */
  async one(
    request: ExportRequest,
    pictureId: string,
    directory: string | null,
    signal: AbortSignal,
  ): Promise<ExportedFile[]> {
    const segmentation = await this.#segmenter.segment(request.open, { pictureId, fresh: false, signal });
    const subject = this.#subject(request, pictureId, segmentation);
    const files: ExportedFile[] = [];
    for (const format of unique(request.formats)) files.push(await exportOne(format, subject, directory));
    return files;
  }

  /** Many pictures into a folder. A picture that fails is named; a folder that cannot be written ends the job. */
  async many(
    request: ExportRequest,
    pictureIds: readonly string[],
    directory: string,
    job: JobProgress,
  ): Promise<void> {
    const entries: (TableEntry | null)[] = pictureIds.map(() => null);
    let done = 0;
    job.phase('segmenting');
    await workOnEach(pictureIds, { atOnce: AT_ONCE, signal: job.signal }, async (pictureId, index) => {
      entries[index] = await this.#oneOfMany(request, pictureId, directory, job);
      job.progress(++done);
    });
    job.phase('tables');
    const written = entries.filter((entry): entry is TableEntry => entry !== null);
    await writeTables(request, written, directory, job);
  }

  async #oneOfMany(
    request: ExportRequest,
    pictureId: string,
    directory: string,
    job: JobProgress,
  ): Promise<TableEntry | null> {
    const { name } = this.#pictures.entry(pictureId);
    try {
      const segmentation = await this.#segmenter.segment(request.open, { pictureId, fresh: false, signal: job.signal });
      const subject = this.#subject(request, pictureId, segmentation);
      for (const format of unique(request.formats).filter((each) => !tableFormats.includes(each))) {
        const file = await exportOne(format, subject, directory);
        if (file.path !== null) job.result(file.path);
      }
      return tableEntry(name, segmentation, request.formats.includes('coco'));
    } catch (error) {
      // Without its folder or its session none of the others would fare better.
      if (!(error instanceof AppError) || /^(EXPORT_(DISK|READ|FAILED)|CANCELLED|SESSION_)/.test(error.code))
        throw error;
      job.failed(name, error);
      return null;
    }
  }

  #subject({ open, style }: ExportRequest, pictureId: string, segmentation: Segmentation): ExportSubject {
    return {
      fileName: this.#pictures.entry(pictureId).name,
      segmentation,
      labels: open.model.labels,
      modelName: open.model.name,
      style,
      openPicture: () => this.#pictures.open(pictureId),
    };
  }
}

async function exportOne(
  format: ExportFormat,
  subject: ExportSubject,
  directory: string | null,
): Promise<ExportedFile> {
  const { ending, mime } = exportFormats[format];
  const stem = pictureStem(subject.fileName);
  const bytes = await renderExport(format, subject);
  if (directory === null) return { format, name: `${stem}${ending}`, path: null, mime, bytes: plainBytes(bytes) };
  const path = await saveNewFile(directory, stem, ending, bytes);
  return { format, name: path.slice(directory.length).replace(/^[\\/]+/, ''), path, mime, bytes: null };
}

async function writeTables(
  { formats, open }: ExportRequest,
  entries: readonly TableEntry[],
  directory: string,
  job: JobProgress,
): Promise<void> {
  if (entries.length === 0) return;
  const { labels, name } = open.model;
  if (formats.includes('coco')) {
    job.result(await saveNewFile(directory, 'masks', '.coco.json', text(toCoco(entries, labels, { model: name }))));
  }
  if (formats.includes('csv')) job.result(await saveNewFile(directory, 'masks', '.classes.csv', text(toCsv(entries))));
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
