import type { OnnxModel } from '../../onnx/model';
import { AppError, isAbort } from '../../shared/app-error';
import type { CandidateTime } from '../../shared/domain/tuning';
import { median } from '../engines/statistics';
import type { TimeLimit } from './time-limit';

/** An engine that is open on a device. */
export interface TimedEngine {
  /** Milliseconds of runs one after another, warm-up apart. */
  time(): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Builds engines of graphs and opens them. */
export interface Stopwatch {
  /** What it measures on, in words. */
  readonly device: string;
  open(graph: OnnxModel): Promise<TimedEngine>;
  close(): Promise<void>;
}

export interface PairedTimerOptions {
  readonly stopwatch: Stopwatch;
  /** The network in higher precision. */
  readonly wide: () => Promise<OnnxModel>;
  /** Of what need not be timed. */
  readonly limit: TimeLimit;
  /** Hears why nothing can be timed. */
  readonly onUnavailable: (error: AppError) => void;
}

/** Turns of wide network and candidate: clocks and temperature weigh on both alike. */
const TURNS = 2;

/**
 * Times candidates on a device in turns with the wide network, which is built once. Each takes a build, so there is a limit
 * for those that need not be: it goes by how long those before took.
 */
export class PairedDeviceTimer {
  readonly #stopwatch: Stopwatch;
  readonly #wide: () => Promise<OnnxModel>;
  readonly #limit: TimeLimit;
  readonly #onUnavailable: (error: AppError) => void;
  #reference: TimedEngine | null = null;
  #isOff = false;

  constructor({ stopwatch, wide, limit, onUnavailable }: PairedTimerOptions) {
    this.#stopwatch = stopwatch;
    this.#wide = wide;
    this.#limit = limit;
    this.#onUnavailable = onUnavailable;
  }

  affords(count: number): boolean {
    return !this.#isOff && this.#limit.affords(count);
  }

  /**
   * Null where even the wide network cannot be built or run here: then nothing is timed any more.
   * @throws AbortError, and AppError of what went wrong with this candidate
   */
  async time(candidate: () => OnnxModel): Promise<CandidateTime | null> {
    const reference = await this.#openReference();
    if (reference === null) return null;
    try {
      return await this.#limit.count(() => this.#inTurns(reference, candidate()));
    } catch (error) {
      // What a full or lost device leaves behind is not carried into the next.
      if (error instanceof AppError && /MEMORY|DEVICE|SESSION/.test(error.code)) await this.#closeReference();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#closeReference();
    await this.#stopwatch.close();
  }

  async #inTurns(reference: TimedEngine, candidate: OnnxModel): Promise<CandidateTime> {
    const engine = await this.#stopwatch.open(candidate);
    try {
      const [floats, times]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < TURNS; turn += 1) {
        floats.push(...(await reference.time()));
        times.push(...(await engine.time()));
      }
      return { milliseconds: median(times), float: median(floats) };
    } finally {
      await engine.close();
    }
  }

  async #openReference(): Promise<TimedEngine | null> {
    if (this.#isOff || this.#reference !== null) return this.#reference;
    try {
      const wide = await this.#wide();
      try {
        this.#reference = await this.#stopwatch.open(wide);
      } finally {
        wide.close();
      }
    } catch (error) {
      if (isAbort(error) || !(error instanceof AppError)) throw error;
      this.#isOff = true;
      this.#onUnavailable(error);
    }
    return this.#reference;
  }

  async #closeReference(): Promise<void> {
    const reference = this.#reference;
    this.#reference = null;
    await reference?.close().catch(() => undefined);
  }
}
