import { stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BatchOrder, BatchReport } from '../../shared/batch-contract';
import { AppError, fromErrorReport, isAbort, toErrorReport } from '../../shared/app-error';
import { usesWasm } from '../../media/sharp-loader';
import { estimateSecondsLeft } from '../../shared/time-left';
import type { JobProgress } from '../jobs/job-registry';
import type { OpenSession } from '../sessions/session-registry';
import type { BatchItem, FoundPictures } from './batch-item';
import { findPictures } from './batch-item';
import { BatchLock } from './batch-lock';
import { tablePaths, writeTable } from './batch-tables';
import { wishOf } from './fitting';
import { findJpegLibrary } from './jpeg-library';
import { Journal, journalFolder, readJournal, tidyJournal } from './journal';
import type { Span } from './line-file';
import { OutputFolder, stateFolder } from './output-folder';
import { PaceMeter } from './pace-meter';
import type { PictureWork } from './picture-desk';
import { PictureDesk } from './picture-desk';
import { PictureThreads } from './picture-threads';
import { PixelBudget } from './pixel-budget';
import { segmentItem, type BatchRun } from './segment-item';
import { sortPictures, type SortedPictures } from './sort-pictures';
import { workOnEach } from './work-pool';

/** Failures that a job carries with every announcement; the journal has them all. */
const TOLD_FAILURES = 100;
/** So many pictures in a row that fail alike, though nothing is wrong with them, end the batch. */
const ALIKE_IN_A_ROW = 20;
/** Fewer pictures are done before threads for them have started, or another one has. */
const WORTH_THREADS = 32;
const MOST_THREADS = 16;

/** Beside this program where it is built. */
const builtThread = fileURLToPath(new URL('../worker/picture-thread.cjs', import.meta.url));

export interface BatchManner {
  /** Threads for pictures; left out, it goes by the engine and the processor. */
  readonly threads?: number;
  /** The compiled thread. */
  readonly threadFile?: string;
}

/**
 * Segments a folder into another. What fails is named and does not stop the rest, unless all others would meet the same:
 * then, and when it is cancelled, what is done stays done, and the next run goes on there.
 *
 * @param onReport hears how it went, however it ended
 * @throws AppError BATCH_…, EXPORT_…, SESSION_…, CANCELLED, FILE_NOT_FOUND, FOLDER_WITHOUT_PICTURES
 */
export async function runBatch(
  order: BatchOrder,
  open: OpenSession,
  job: JobProgress,
  onReport: (report: BatchReport) => void,
  manner: BatchManner = {},
): Promise<void> {
  job.phase('looking');
  const found = await findPictures(order, job.signal);
  const state = stateFolder(order.output);
  const lock = await BatchLock.take(state, order.output);
  try {
    const output = await OutputFolder.open(order.output);
    const folder = await journalFolder(state, order.input);
    let entries = await readJournal(folder);
    if (await tidyJournal(folder, entries)) entries = await readJournal(folder);
    const wish = wishOf(order, open);
    const startWork = (pictures: number): Promise<PictureWork> =>
      workFor({ order, open, wish, output }, pictures, manner);
    // Where nothing is done yet, threads start while the rest is looked after.
    const early = entries.size === 0 ? startWork(found.items.length) : null;
    // That it failed is told when it is waited for.
    early?.catch(() => undefined);
    let sorted: SortedPictures;
    let journal: Journal;
    try {
      sorted = await sortPictures(order, found.items, { wish, journal: entries }, job.signal);
      entries.clear();
      if (sorted.taken.length > 0) throw outputTaken(order.output, sorted.taken);
      for (const { item, error } of found.problems) job.failed(item, fromErrorReport(error));
      journal = await Journal.open(folder, order.existing === 'overwrite' && !order.onlyFailed);
    } catch (error) {
      await early?.then((work) => work.close()).catch(() => undefined);
      throw error;
    }
    const work = await (early ?? startWork(sorted.toDo.length));
    try {
      await new Batch({ order, open, wish, output, journal, work, budget: new PixelBudget() }, found, sorted, job).run(
        onReport,
      );
    } finally {
      await work.close();
      await journal.close();
      await output.close();
    }
  } finally {
    await lock.release();
  }
}

/** Pictures in work at once. While the network computes one, others are decoded, encoded and written. */
export function workersFor({ workers }: BatchOrder, open: OpenSession): number {
  if (workers > 0) return workers;
  // On the processor the network takes the cores; a device of its own waits for decoders unless several are at it, each with
  // the next picture before it.
  return open.info.runtime === 'onnxruntime' ? 3 : Math.min(2 * MOST_THREADS, Math.max(4, 2 * cpus().length));
}

/**
 * Threads gain before a device of its own; where the network computes on the processor, it has the cores already. The
 * WebAssembly build of the image library has threads itself, and would be there once more for each of ours.
 */
async function workFor(
  { order, open, wish, output }: Omit<BatchRun, 'journal' | 'work' | 'budget'>,
  pictures: number,
  { threads, threadFile = builtThread }: BatchManner,
): Promise<PictureWork> {
  const { model, info } = open;
  const desk = {
    formats: wish.pictures,
    style: order.style,
    labels: model.labels,
    modelName: model.name,
    keepsExisting: order.existing === 'keep',
    wantsRegions: wish.wantsRegions,
    wantsHash: wish.byContent,
  };
  const gains = info.runtime !== 'onnxruntime' && pictures >= WORTH_THREADS && !usesWasm();
  const most = Math.min(MOST_THREADS, Math.floor(pictures / WORTH_THREADS), cpus().length - 1);
  const count = threads ?? (gains ? Math.min(workersFor(order, open), Math.max(2, most)) : 0);
  const inThreads =
    count < 1 ? null : await PictureThreads.start(threadFile, count, desk, output, {}, findJpegLibrary());
  return inThreads ?? new PictureDesk(desk, output);
}

class Batch {
  readonly #run: BatchRun;
  readonly #found: FoundPictures;
  readonly #sorted: SortedPictures;
  readonly #job: JobProgress;
  readonly #spans: Map<string, Span>;
  readonly #pace = new PaceMeter();
  #done = 0;
  #failed = 0;
  #alike: { code: string; times: number } = { code: '', times: 0 };

  constructor(run: BatchRun, found: FoundPictures, sorted: SortedPictures, job: JobProgress) {
    this.#run = run;
    this.#found = found;
    this.#sorted = sorted;
    this.#job = job;
    this.#spans = new Map(sorted.spans);
  }

  async run(onReport: (report: BatchReport) => void): Promise<void> {
    const { order, open, output } = this.#run;
    const { toDo, done, unknown } = this.#sorted;
    const atOnce = workersFor(order, open);
    const job = this.#job;
    job.result(output.path);
    if (done > 0) job.log(`${done} pictures were done before.`);
    job.phase('segmenting');
    job.progress(done, done + toDo.length);
    this.#pace.start();
    const written: string[] = [];
    try {
      await workOnEach(toDo, { atOnce, signal: job.signal }, (item) => this.#one(item));
    } finally {
      const seconds = this.#pace.seconds();
      try {
        if (unknown > 0) job.log(`${unknown} pictures have masks of unknown origin; tables leave them out.`);
        await this.#writeTables(written);
      } finally {
        onReport({
          input: order.input,
          output: output.path,
          pictures: this.#found.items.length,
          done: this.#done,
          skipped: done,
          failed: this.#failed,
          left: toDo.length - this.#done - this.#failed,
          seconds,
          picturesPerSecond: seconds > 0 ? this.#done / seconds : 0,
          workers: atOnce,
          tables: written,
          problems: [...this.#found.problems],
        });
      }
    }
  }

  async #one(item: BatchItem): Promise<void> {
    try {
      this.#spans.set(item.name, await segmentItem(this.#run, item, this.#job.signal));
      this.#done += 1;
      this.#alike = { code: '', times: 0 };
    } catch (error) {
      await this.#toldOrThrown(item, error);
    }
    const finished = this.#done + this.#failed;
    const { toDo, done } = this.#sorted;
    this.#pace.tick();
    this.#job.timeLeft(estimateSecondsLeft(finished, toDo.length, this.#pace.seconds()));
    const perSecond = this.#pace.perSecond();
    if (perSecond !== null) this.#job.pace(perSecond);
    this.#job.progress(done + finished);
  }

  /** Notes what only this picture met; throws what the others would meet as well. */
  async #toldOrThrown(item: BatchItem, error: unknown): Promise<void> {
    if (isAbort(error) || endsAll(error)) throw error;
    if (error instanceof AppError && error.code === 'FILE_NOT_FOUND') await this.#checkInput();
    const { code } = toErrorReport(error);
    const isOwnFault = /^(FILE|IMAGE|PICTURE)_/.test(code);
    this.#alike = { code, times: isOwnFault || this.#alike.code !== code ? 1 : this.#alike.times + 1 };
    if (this.#alike.times >= ALIKE_IN_A_ROW) throw error;
    await this.#run.journal.failed({ file: item.name, error: toErrorReport(error) });
    this.#failed += 1;
    if (this.#failed <= TOLD_FAILURES) this.#job.failed(item.name, error);
  }

  /** One picture may be gone; when the folder is, so are all. */
  async #checkInput(): Promise<void> {
    const { input } = this.#run.order;
    if ((await stat(input).catch(() => null)) !== null) return;
    throw new AppError('BATCH_INPUT_GONE', `The folder ${input} is not there any more.`, {
      hint: 'Connect the drive again, or put the folder back, and start the batch again: it goes on where it ended.',
      details: { path: input },
    });
  }

  async #writeTables(written: string[]): Promise<void> {
    const { order, open, journal, output } = this.#run;
    const paths = tablePaths(output.path, order.formats, order.table);
    if (paths.size === 0 || this.#spans.size === 0) return;
    // Nothing is put where a drive used to be.
    await output.check();
    this.#job.phase('tables');
    const rows = this.#found.items.flatMap(({ name }) => {
      const span = this.#spans.get(name);
      return span === undefined ? [] : [[name, span] as const];
    });
    const { labels, name: modelName } = open.model;
    for (const [format, path] of paths) {
      await writeTable(format, path, { journal, rows, labels, modelName });
      written.push(path);
      this.#job.result(path);
    }
  }
}

function endsAll(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return /^(EXPORT_(DISK_FULL|READ_ONLY)|BATCH_|SESSION_|OUT_OF_MEMORY$|NO_DEVICE$|DRIVER_)/.test(error.code);
}

function outputTaken(output: string, taken: readonly string[]): AppError {
  const [first = ''] = taken;
  const more = taken.length > 1 ? ` and up to ${taken.length - 1} more` : '';
  return new AppError(
    'BATCH_OUTPUT_TAKEN',
    `${output} holds ${first}${more}, which no batch from this folder has written.`,
    {
      hint: 'Choose another folder, keep what is there (--skip-done), or replace it (--overwrite).',
      details: { path: output, count: taken.length },
    },
  );
}
