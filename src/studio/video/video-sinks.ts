import { join } from 'node:path';
import { encodeIndexPng } from '../../media/png-writer';
import { frameTableHeader, frameTableRows } from '../../shared/video-table';
import { writeFileAtomically } from '../library/json-file';
import { exportError } from '../export/save-new-file';
import type { ExportJournal, RowsRecord } from './export-journal';
import { fileHash, hashOf } from './export-journal';
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
  isDone(frame: number): boolean;
  take(frame: FrameResult): Promise<void>;
  /** Answers with the path of what was made. */
  finish(): Promise<string>;
  /** What is done stays, for the next start. */
  abort(): Promise<void>;
}

/** Frames are named by their numbers, so that they sort and can be found again. */
export async function pictureSink(folder: string, journal: ExportJournal): Promise<FrameSink> {
  const done = new Set<number>();
  for (const record of journal.records) {
    if (!('hash' in record) || !('frame' in record)) continue;
    if ((await fileHash(join(folder, frameName(record.frame)))) === record.hash) done.add(record.frame);
  }
  return {
    done: done.size,
    isDone: (frame) => done.has(frame),
    take: async ({ segmentation: { frame, mask } }) => {
      const png = await encodeIndexPng(mask);
      await journal.output.write(frameName(frame), png);
      await journal.add({ frame, hash: hashOf(png) });
    },
    finish: () => Promise.resolve(folder),
    abort: () => Promise.resolve(),
  };
}

function frameName(frame: number): string {
  return `${String(frame).padStart(6, '0')}.png`;
}

/** Rows wait in the journal until all are there. */
export async function tableSink(out: string, framesPerSecond: number, journal: ExportJournal): Promise<FrameSink> {
  const isRows = (record: object): record is RowsRecord => 'rows' in record;
  const done = new Set(journal.records.filter(isRows).map(({ frame }) => frame));
  return {
    done: done.size,
    isDone: (frame) => done.has(frame),
    take: async ({ segmentation: { frame, classes, timings } }) => {
      const rows = frameTableRows({ frame, seconds: frame / framesPerSecond, classes, timings });
      await journal.add({ frame, rows });
    },
    finish: async () => {
      const rows = journal.records.filter(isRows).sort((a, b) => a.frame - b.frame);
      await journal.output.check();
      const text = [frameTableHeader(), ...rows.map((record) => record.rows)].join('');
      await writeFileAtomically(out, text).catch((error: unknown) => Promise.reject(exportError(error, out)));
      return out;
    },
    abort: () => Promise.resolve(),
  };
}
