import { AppError } from '../../shared/app-error';
import type { CallArgs } from '../../shared/contract';
import type { ComparisonFormat, ComparisonResult, PictureResult, ReportFile } from '../../shared/domain/comparison';
import { PictureFile } from '../../media/picture-file';
import type { JobProgress } from '../jobs/job-registry';
import { saveNewFile } from '../export/save-new-file';
import { plainBytes } from '../plain-bytes';
import type { PictureStyle } from '../report/draw-pictures';
import { drawPictures } from '../report/draw-pictures';
import type { ReportData, ReportImages, ReportPicture } from '../report/report-data';
import { MOST_WORST } from '../report/report-data';
import { reportPage } from '../report/report-page';
import { voidIds } from '../verify/metrics';
import { askSide } from './ask-side';
import type { RunPicture } from './comparison-run';
import { comparisonJson, picturesCsv, sidesCsv } from './comparison-tables';
import type { Comparison } from './comparisons';
import { describeComparison } from './comparisons';

type Order = Omit<CallArgs<'compare.export'>, 'comparisonId'>;

/** What can be exported, as it is now: a run that goes on meanwhile changes nothing of it. */
export interface Finding {
  readonly comparison: Comparison;
  readonly result: ComparisonResult;
  /** Pictures that the page shows. */
  readonly worst: readonly RunPicture[];
}

interface Content {
  readonly format: ComparisonFormat;
  readonly ending: string;
  readonly text: string;
}

const mimes: Readonly<Record<ComparisonFormat, string>> = {
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
};

/** What the last run found. @throws AppError COMPARE_NOT_RUN */
export function findingOf(comparison: Comparison): Finding {
  const { run } = comparison;
  const result = run?.result() ?? null;
  if (run === null || result === null || result.pictures.length === 0) {
    throw new AppError('COMPARE_NOT_RUN', 'There are no figures to export: nothing was compared yet.', {
      hint: 'Compare a folder or some pictures first.',
    });
  }
  return { comparison, result, worst: run.worst(MOST_WORST) };
}

/** How many pictures have to be run again. */
export function picturesToShow({ worst }: Finding, { formats }: Pick<Order, 'formats'>): number {
  return formats.includes('html') ? worst.length : 0;
}

/**
 * A finding as files or as bytes.
 *
 * @throws AppError CANCELLED, EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED
 */
export async function exportComparison(finding: Finding, order: Order, job: JobProgress): Promise<ReportFile[]> {
  const found = { comparison: describeComparison(finding.comparison), result: finding.result };
  const contents: Content[] = [];
  for (const format of new Set(order.formats)) {
    switch (format) {
      case 'json':
        contents.push({ format, ending: '.json', text: `${JSON.stringify(comparisonJson(found), null, 2)}\n` });
        break;
      case 'csv':
        contents.push({ format, ending: '.csv', text: sidesCsv(found) });
        contents.push({ format, ending: '.pictures.csv', text: picturesCsv(found) });
        break;
      case 'html':
        contents.push({ format, ending: '.html', text: await page(finding, order, job) });
    }
  }
  const files: ReportFile[] = [];
  if (job.signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
  job.phase('tables');
  for (const content of contents) files.push(await toFile(content, order));
  return files;
}

async function toFile({ format, ending, text }: Content, { directory, name }: Order): Promise<ReportFile> {
  const bytes = Buffer.from(text, 'utf8');
  const mime = mimes[format];
  const stem = name.replace(/[\u0000-\u001f<>:"/\\|?*]/g, '_');
  if (directory === null) return { format, name: `${stem}${ending}`, path: null, mime, bytes: plainBytes(bytes) };
  const path = await saveNewFile(directory, stem, ending, bytes);
  return { format, name: path.slice(directory.length).replace(/^[\\/]+/, ''), path, mime, bytes: null };
}

async function page({ comparison, result, worst }: Finding, order: Order, job: JobProgress): Promise<string> {
  job.phase('segmenting');
  const byId = new Map(result.pictures.map((picture) => [picture.pictureId, picture]));
  const pictures: ReportPicture[] = [];
  for (const [index, each] of worst.entries()) {
    const figures = byId.get(each.pictureId);
    const style = { labels: comparison.labels, style: order.style };
    if (figures !== undefined)
      pictures.push(await pictureFor(comparison, each, figures, { style, signal: job.signal }));
    job.progress(index + 1);
  }
  const { sides, reference, labels } = describeComparison(comparison);
  const data: ReportData = {
    kind: 'comparison',
    at: result.at,
    images: result.images,
    pictures: result.pictures.length,
    reference,
    sides: sides.map((side, index) => ({
      ...side,
      ...(result.sides[index] ?? { compared: 0, agreement: null, accuracy: null, latency: null }),
    })),
    labels,
    worst: pictures,
    failures: result.failures,
  };
  return reportPage(data, order.language);
}

async function pictureFor(
  comparison: Comparison,
  { path, name }: RunPicture,
  { width, height, sides }: PictureResult,
  { style, signal }: { readonly style: PictureStyle; readonly signal: AbortSignal },
): Promise<ReportPicture> {
  return {
    name,
    width,
    height,
    sides,
    images: await drawAgain(comparison, path, style, signal),
  };
}

/** Null where the picture cannot be read any more; a side that fails has no mask. @throws AppError CANCELLED */
async function drawAgain(
  { sides, reference, labels }: Comparison,
  path: string,
  style: PictureStyle,
  signal: AbortSignal,
): Promise<ReportImages | null> {
  try {
    const file = await PictureFile.open({ path });
    const masks = [];
    for (const side of sides) {
      const answer = await askSide(side, path, file, signal).catch(() => null);
      if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
      masks.push(answer?.mask ?? null);
    }
    return await drawPictures(file, masks, reference, style, new Set(voidIds(labels)));
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    return null;
  }
}
