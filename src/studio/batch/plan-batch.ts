import { statfs } from 'node:fs/promises';
import { relative } from 'node:path';
import { PictureFile } from '../../media/picture-file';
import type { BatchOrder, BatchPlan } from '../../shared/batch-contract';
import type { ExportFormat } from '../../shared/domain/export';
import type { OpenSession } from '../sessions/session-registry';
import type { BatchItem } from './batch-item';
import { findPictures } from './batch-item';
import { isLocked } from './batch-lock';
import { tablePaths } from './batch-tables';
import { filesOf, wishOf } from './fitting';
import type { JournalEntry } from './journal';
import { journalFolder, readJournal } from './journal';
import { outputFolderAbove, stateFolder } from './output-folder';
import { sortPictures } from './sort-pictures';

const NAMED_TAKEN = 3;

/** What a batch with this order would do. Writes nothing. @throws AppError as `findPictures` */
export async function planBatch(order: BatchOrder, open: OpenSession, signal: AbortSignal): Promise<BatchPlan> {
  const found = await findPictures(order, signal);
  const state = stateFolder(order.output);
  const journal = await readJournal(await journalFolder(state, order.input));
  const wish = wishOf(order, open);
  const sorted = await sortPictures(order, found.items, { wish, journal }, signal);
  const [first] = sorted.toDo.length > 0 ? sorted.toDo : found.items;
  const own = first === undefined ? [] : [...filesOf(first, wish.pictures).values()];
  const tables = [...tablePaths(order.output, order.formats, order.table).values()];
  return {
    pictures: found.items.length,
    done: sorted.done,
    toDo: sorted.toDo.length,
    failedBefore: sorted.failedBefore,
    videos: found.videos,
    problems: [...found.problems],
    taken: { count: sorted.taken.length, names: sorted.taken.slice(0, NAMED_TAKEN) },
    bytesIn: sorted.toDo.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    bytesOut: await estimateBytes(sorted.toDo, order.formats, journal),
    bytesFree: await freeBytes(order.output),
    names: [...own, ...tables.map((path) => relative(order.output, path))],
    busy: await isLocked(state),
  };
}

/** Pictures whose headers are read for the estimate. */
const SAMPLES = 12;
/**
 * Bytes of a file for each pixel of its picture, on street scenes and photographs; of the tables, their part for one
 * picture. Where the journal knows better, it is asked.
 */
const bytesPerPixel: Readonly<Record<ExportFormat, number>> = {
  index: 0.02,
  palette: 0.02,
  overlay: 1.7,
  coco: 0.02,
  csv: 0.0005,
};

async function estimateBytes(
  items: readonly BatchItem[],
  formats: readonly ExportFormat[],
  journal: ReadonlyMap<string, JournalEntry>,
): Promise<number | null> {
  if (items.length === 0) return 0;
  const step = Math.max(1, Math.floor(items.length / SAMPLES));
  const samples = items.filter((_, index) => index % step === 0).slice(0, SAMPLES);
  const pixels = (
    await Promise.all(
      samples.map(({ path }) =>
        PictureFile.open({ path }).then(
          ({ width, height }) => width * height,
          () => null,
        ),
      ),
    )
  ).filter((count): count is number => count !== null);
  if (pixels.length === 0) return null;
  const mean = pixels.reduce((sum, count) => sum + count, 0) / pixels.length;
  const density = formats.reduce((sum, format) => sum + (known(format, journal) ?? bytesPerPixel[format]), 0);
  return Math.round(items.length * mean * density);
}

function known(format: ExportFormat, journal: ReadonlyMap<string, JournalEntry>): number | null {
  let bytes = 0;
  let pixels = 0;
  for (const entry of journal.values()) {
    if (entry.kind !== 'done' || entry.record.files[format] === undefined) continue;
    bytes += entry.record.files[format];
    pixels += entry.record.width * entry.record.height;
  }
  return pixels > 0 ? bytes / pixels : null;
}

/** Null where the system does not tell, as Node 16 does not. */
async function freeBytes(output: string): Promise<number | null> {
  const ask = statfs as typeof statfs | undefined;
  if (ask === undefined) return null;
  try {
    const { bavail, bsize } = await ask(await outputFolderAbove(output));
    return bavail * bsize;
  } catch {
    return null;
  }
}
