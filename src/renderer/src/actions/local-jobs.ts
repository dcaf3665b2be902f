import { AppError, isAbort, toErrorReport } from '../../../shared/app-error';
import type { Job } from '../../../shared/domain/job';
import { estimateSecondsLeft } from '../../../shared/time-left';
import { putJob } from '../state/jobs-store';
import { studio } from '../studio-client/studio';
import { receiveJob } from './jobs';

/** Progress is announced at most this often, as the studio's is. */
const ANNOUNCE_MS = 100;

export interface LocalProgress {
  readonly signal: AbortSignal;
  phase(name: string): void;
  progress(done: number): void;
  /** So much was done by an earlier start, and tells nothing of the pace of this one. */
  before(done: number): void;
  log(line: string): void;
  /** One item failed; the rest goes on. */
  failed(item: string, error: unknown): void;
  result(path: string): void;
}

interface LocalPlan {
  readonly kind: 'export' | 'import';
  readonly title: string;
  readonly unit: Job['unit'];
  readonly total: number;
  /** Says that the work has broken off, in place of the usual notice, and how to go on. */
  readonly onBrokenOff?: (job: Job) => void;
  /** Goes on with work that has broken off; it is another job then. */
  readonly goOn?: () => void;
  /** It goes on with other work itself, so that there is something to go on with, however early it breaks off. */
  readonly goesOn?: boolean;
}

const controllers = new Map<string, AbortController>();
/** How to go on with jobs that have broken off, by id. */
const goOns = new Map<string, () => void>();
let count = 0;

/** Work of this window, listed and cancelled as the studio's jobs are. It ends with the window. */
export function startLocalJob(
  { onBrokenOff, goOn, goesOn = false, ...plan }: LocalPlan,
  work: (job: LocalProgress) => Promise<void>,
): void {
  const controller = new AbortController();
  const job = new ToldJob(plan);
  const { id } = job.now;
  controllers.set(id, controller);
  receiveJob(job.now);
  const breakOff = (error: unknown): void => {
    const cancelled = controller.signal.aborted || isAbort(error);
    const ended = job.end(cancelled ? { state: 'cancelled' } : { state: 'failed', error: toErrorReport(error) });
    // Once: another job goes on then. Where nothing was done there is nothing to go on with.
    if (goOn !== undefined && (goesOn || ended.done > 0)) goOns.set(id, () => void (goOns.delete(id) && goOn()));
    if (onBrokenOff === undefined) return receiveJob(ended);
    putJob(ended);
    onBrokenOff(ended);
  };
  work(progressOf(job, controller.signal))
    .then(() => receiveJob(job.end({ state: controller.signal.aborted ? 'cancelled' : 'done' })), breakOff)
    .finally(() => controllers.delete(id));
}

function progressOf(job: ToldJob, signal: AbortSignal): LocalProgress {
  const started = performance.now();
  let before = 0;
  return {
    signal,
    phase: (phase) => job.change({ phase }),
    progress: (done) => {
      const seconds = (performance.now() - started) / 1000;
      job.change({ done, secondsLeft: estimateSecondsLeft(done - before, job.now.total - before, seconds) });
    },
    before: (done) => {
      before = done;
      job.change({ done });
    },
    log: (line) => job.change({ log: [...job.now.log, line].slice(-200) }),
    failed: (item, error) => job.change({ failures: [...job.now.failures, { item, error: toErrorReport(error) }] }),
    result: (path) => job.change({ results: [...job.now.results, path] }),
  };
}

/** A job whose changes are told now and then. */
class ToldJob {
  now: Job;
  #timer: number | undefined;

  constructor(plan: Pick<Job, 'kind' | 'title' | 'unit' | 'total'>) {
    count += 1;
    const begun = { state: 'running', phase: '', done: 0, secondsLeft: null } as const;
    this.now = { ...plan, ...begun, id: `window-${count}`, log: [], failures: [], error: null, results: [] };
  }

  /** The last one is told as well, however long the next one takes. */
  change(next: Partial<Job>): void {
    this.now = { ...this.now, ...next };
    this.#timer ??= window.setTimeout(() => {
      this.#timer = undefined;
      putJob(this.now);
    }, ANNOUNCE_MS);
  }

  /** Whoever ends it tells so. */
  end(ending: Pick<Job, 'state'> & Partial<Job>): Job {
    window.clearTimeout(this.#timer);
    this.now = { ...this.now, ...ending, secondsLeft: null };
    return this.now;
  }
}

/** How to go on with a job of this window that has broken off; undefined where that cannot be. */
export function goOnOf(jobId: string): (() => void) | undefined {
  return goOns.get(jobId);
}

/** Whether a job is work of this window, and not of the studio. */
export function isLocalJob(jobId: string): boolean {
  return controllers.has(jobId);
}

/** Of whichever side the job is. */
export async function cancelJob(jobId: string): Promise<void> {
  const local = controllers.get(jobId);
  if (local === undefined) await studio.call('jobs.cancel', { jobId });
  else local.abort();
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
}
