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
}

const controllers = new Map<string, AbortController>();
let count = 0;

/** Work of this window, listed and cancelled as the studio's jobs are. It ends with the window. */
export function startLocalJob(plan: LocalPlan, work: (job: LocalProgress) => Promise<void>): void {
  count += 1;
  const id = `window-${count}`;
  const controller = new AbortController();
  controllers.set(id, controller);
  const started = performance.now();
  let job: Job = {
    ...plan,
    id,
    state: 'running',
    phase: '',
    done: 0,
    secondsLeft: null,
    log: [],
    failures: [],
    error: null,
    results: [],
  };
  let announced = 0;
  const change = (next: Partial<Job>, now = false): void => {
    job = { ...job, ...next };
    if (!now && performance.now() - announced < ANNOUNCE_MS) return;
    announced = performance.now();
    if (now) receiveJob(job);
    else putJob(job);
  };
  change({}, true);
  const progress: LocalProgress = {
    signal: controller.signal,
    phase: (phase) => change({ phase }),
    progress: (done) =>
      change({ done, secondsLeft: estimateSecondsLeft(done, plan.total, (performance.now() - started) / 1000) }),
    log: (line) => change({ log: [...job.log, line].slice(-200) }),
    failed: (item, error) => change({ failures: [...job.failures, { item, error: toErrorReport(error) }] }),
    result: (path) => change({ results: [...job.results, path] }),
  };
  work(progress)
    .then(
      () => change({ state: controller.signal.aborted ? 'cancelled' : 'done', secondsLeft: null }, true),
      (error: unknown) => {
        const cancelled = controller.signal.aborted || isAbort(error);
        const ending = cancelled
          ? ({ state: 'cancelled' } as const)
          : ({ state: 'failed', error: toErrorReport(error) } as const);
        change({ ...ending, secondsLeft: null }, true);
      },
    )
    .finally(() => controllers.delete(id));
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
