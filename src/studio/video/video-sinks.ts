import { join, relative } from 'node:path';
import { encodeIndexPng } from '../../media/png-writer';
import { frameTableHeader, frameTableRows } from '../../shared/video-table';
import { writeFileAtomically } from '../library/json-file';
import { exportError } from '../export/save-new-file';
import type { ExportJournal, RowsRecord } from './export-journal';
import { fileHash, hashOf } from './export-journal';
import type { Mask } from '../../shared/domain/mask';
import type { FrameSegmentation } from '../../shared/video-contract';
import type { RawFrame } from '../../shared/domain/raw-frame';

export interface FrameResult {
  readonly raw: RawFrame;
  readonly segmentation: FrameSegmentation;
}

/** What becomes of the frames. */
export interface FrameSink {
  /** Frames that an earlier start has done, by what was found to be there and whole. */
  readonly done: number;
  readonly isDone: (frame: number) => boolean;
  take(frame: FrameResult): Promise<void>;
  /** Answers with the path of what was made. */
  finish(): Promise<string>;
  /** What is done stays, for the next start. */
  abort(): Promise<void>;
}

/** Frames are named by their numbers, so that they sort and can be found again. */
export async function pictureSink(folder: string, journal: ExportJournal): Promise<FrameSink> {
  const done = await wholePictures(folder, journal);
  return {
    done: done.size,
    isDone: (frame) => done.has(frame),
    take: async ({ segmentation: { frame, mask } }) => void (await keepPicture(folder, journal, { frame, mask })),
    finish: () => Promise.resolve(folder),
    abort: () => Promise.resolve(),
  };
}

/** Numbers of the pictures whose files are as they were written. */
export async function wholePictures(folder: string, journal: ExportJournal): Promise<Set<number>> {
  const done = new Set<number>();
  for (const record of journal.records) {
    if (!('hash' in record) || !('frame' in record)) continue;
    if ((await fileHash(join(folder, frameName(record.frame)))) === record.hash) done.add(record.frame);
  }
  return done;
}

/** Answers with the file's name. @param folder the export's output, or a folder in it */
export async function keepPicture(
  folder: string,
  journal: ExportJournal,
  { frame, mask }: { readonly frame: number; readonly mask: Mask },
): Promise<string> {
  const name = frameName(frame);
  const png = await encodeIndexPng(mask);
  await journal.output.write(join(relative(journal.output.path, folder), name), png);
  await journal.add({ frame, hash: hashOf(png) });
  return name;
}

export function frameName(frame: number): string {
  return `${String(frame).padStart(6, '0')}.png`;
}

/** Rows wait in the journal until all are there. */
export async function tableSink(out: string, framesPerSecond: number, journal: ExportJournal): Promise<FrameSink> {
  const done = keptRows(journal);
  return {
    done: done.size,
    isDone: (frame) => done.has(frame),
    take: async ({ segmentation: { frame, classes, timings } }) => {
      const rows = frameTableRows({ frame, seconds: frame / framesPerSecond, classes, timings });
      await journal.add({ frame, rows });
    },
    finish: async () => {
      await journal.output.check();
      await writeFileAtomically(out, tableText(journal)).catch((error: unknown) =>
        Promise.reject(exportError(error, out)),
      );
      return out;
    },
    abort: () => Promise.resolve(),
  };
}

/** Numbers of the frames whose rows are there. */
export function keptRows(journal: ExportJournal): Set<number> {
  return new Set(journal.records.filter(isRows).map(({ frame }) => frame));
}

/** The whole table, as far as its rows are there. */
export function tableText(journal: ExportJournal): string {
  const rows = new Map(journal.records.filter(isRows).map((record) => [record.frame, record.rows]));
  const inOrder = [...rows].sort(([a], [b]) => a - b).map(([, text]) => text);
  return [frameTableHeader(), ...inOrder].join('');
}

function isRows(record: object): record is RowsRecord {
  return 'rows' in record;
}
