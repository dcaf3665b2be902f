import { randomUUID } from 'node:crypto';
import type { LogLine } from '../../shared/domain/job';
import { isAbort, toErrorReport } from '../../shared/app-error';
import type { EmitEvent } from '../../shared/contract';
import type { Job } from '../../shared/domain/job';
import { estimateSecondsLeft } from '../../shared/time-left';

export interface JobPlan {
  readonly kind: Job['kind'];
  readonly title: string;
  readonly unit: Job['unit'];
  /** 0 while unknown. */
  readonly total: number;
}

/** What the work of a job reports through. */
export interface JobProgress {
  readonly signal: AbortSignal;
  phase(name: string): void;
  /** `total` where it becomes known only now. */
  progress(done: number, total?: number): void;
  /** Seconds left, where the work knows better than its pace does; null goes by the pace again. */
  timeLeft(range: [number, number] | null): void;
  /** Units a second lately. */
  pace(perSecond: number): void;
  log(line: LogLine): void;
  /** One item failed; the rest goes on. */
  failed(item: string, error: unknown): void;
  result(value: string): void;
}

interface Entry {
  job: Job;
  /** As the work itself says it. */
  timeLeft: [number, number] | null;
  readonly controller: AbortController;
  readonly finished: Promise<void>;
  /** Where the pace is measured from: what was done before then, perhaps at an earlier start, says nothing of it. */
  from: { readonly done: number; readonly atMs: number } | null;
  announced: number;
  timer: NodeJS.Timeout | null;
}

const LOG_LINES = 200;
const KEEP_FINISHED = 50;
/** Progress is announced at most this often; changes of state at once. */
const ANNOUNCE_MS = 100;

/** Long work: started here, watched through `jobs.changed`, cancelled by id. */
export class JobRegistry {
  readonly #emit: EmitEvent;
  readonly #entries = new Map<string, Entry>();

  constructor(emit: EmitEvent) {
    this.#emit = emit;
  }

  list(): Job[] {
    return [...this.#entries.values()].map(({ job }) => job);
  }

  /** Starts at once and answers with the job's id; how the work ends is told by the job. */
  start(plan: JobPlan, work: (progress: JobProgress) => Promise<void>): string {
    const id = randomUUID();
    const controller = new AbortController();
    const job: Job = {
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
    const begun = Promise.resolve().then(() => work(this.#progressOf(id, controller.signal)));
    const finished = begun.then(
      () => this.#finish(id, controller.signal.aborted ? { state: 'cancelled' } : { state: 'done' }),
      (error: unknown) => this.#finish(id, outcomeOf(error, controller.signal.aborted)),
    );
    const entry: Entry = { job, timeLeft: null, controller, finished, from: null, announced: 0, timer: null };
    this.#entries.set(id, entry);
    this.#announce(id, true);
    return id;
  }

  /** Asks a job to stop; unknown and finished jobs are left alone. */
  cancel(id: string): void {
    this.#entries.get(id)?.controller.abort();
  }

  async close(): Promise<void> {
    for (const { controller } of this.#entries.values()) controller.abort();
    await Promise.all([...this.#entries.values()].map(({ finished }) => finished));
  }

  #progressOf(id: string, signal: AbortSignal): JobProgress {
    return {
      signal,
      phase: (phase) => this.#change(id, { phase }),
      progress: (done, total) => {
        const entry = this.#entries.get(id);
        if (entry !== undefined && (entry.from === null || done < entry.from.done)) {
          entry.from = { done, atMs: Date.now() };
        }
        this.#change(id, total === undefined ? { done } : { done, total });
      },
      timeLeft: (range) => {
        const entry = this.#entries.get(id);
        if (entry !== undefined) entry.timeLeft = range;
        this.#change(id, {});
      },
      pace: (perSecond) => this.#change(id, { perSecond }),
      log: (line) => this.#change(id, { log: [...this.#job(id).log, line].slice(-LOG_LINES) }),
      failed: (item, error) =>
        this.#change(id, { failures: [...this.#job(id).failures, { item, error: toErrorReport(error) }] }),
      result: (value) => this.#change(id, { results: [...this.#job(id).results, value] }),
    };
  }

  #job(id: string): Job {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`There is no job ${id}.`);
    return entry.job;
  }

  #change(id: string, change: Partial<Job>): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.job.state !== 'running') return;
    const job = { ...entry.job, ...change };
    entry.job = { ...job, secondsLeft: entry.timeLeft ?? secondsLeft(job, entry.from) };
    this.#announce(id, false);
  }

  #finish(id: string, end: Pick<Job, 'state'> & Partial<Job>): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.job = { ...entry.job, secondsLeft: null, ...end };
    this.#announce(id, true);
    const finished = [...this.#entries.values()].filter(({ job }) => job.state !== 'running');
    for (const { job } of finished.slice(0, Math.max(0, finished.length - KEEP_FINISHED))) this.#entries.delete(job.id);
  }

  #announce(id: string, now: boolean): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const wait = entry.announced + ANNOUNCE_MS - Date.now();
    if (now || wait <= 0) {
      if (entry.timer !== null) clearTimeout(entry.timer);
      entry.timer = null;
      entry.announced = Date.now();
      this.#emit('jobs.changed', entry.job);
    } else {
      entry.timer ??= setTimeout(() => {
        entry.timer = null;
        this.#announce(id, true);
      }, wait);
    }
  }
}

function secondsLeft({ done, total }: Job, from: Entry['from']): [number, number] | null {
  if (from === null) return null;
  return estimateSecondsLeft(done - from.done, total - from.done, (Date.now() - from.atMs) / 1000);
}

function outcomeOf(error: unknown, wasCancelled: boolean): Pick<Job, 'state'> & Partial<Job> {
  if (wasCancelled && isAbort(error)) return { state: 'cancelled' };
  return { state: 'failed', error: toErrorReport(error) };
}
