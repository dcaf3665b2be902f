import type { OnnxModel } from '../../onnx/model';
import { AppError, isAbort } from '../../shared/app-error';
import { meansDeviceLost } from '../../shared/device-lost';
import type { Measurement } from '../../quantization/tune-trials';
import { median } from '../engines/statistics';
import type { Ids } from '../quantize/mask-agreement';
import type { TimeLimit } from './time-limit';

/** An engine that is open on a device. */
export interface TimedEngine {
  /** Milliseconds of runs one after another, warm-up apart. */
  time(): Promise<readonly number[]>;
  /** Its masks of the pictures that are compared, in their order. */
  masks(): AsyncIterable<Ids>;
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
  /** Share of pixels with the reference's class. */
  readonly judge: (masks: AsyncIterable<Ids>) => Promise<number>;
  /** Hears why nothing can be timed. */
  readonly onUnavailable: (error: AppError) => void;
}

/** Turns of wide network and candidate: clocks and temperature weigh on both alike. */
const TURNS = 2;

/**
 * Times candidates on a device in turns with the wide network, which is built once, and judges them by the masks of the very
 * engine that was timed. Each takes a build, so there is a limit
 * for those that need not be: it goes by how long those before took.
 */
export class PairedDeviceTimer {
  readonly #stopwatch: Stopwatch;
  readonly #wide: () => Promise<OnnxModel>;
  readonly #limit: TimeLimit;
  readonly #judge: PairedTimerOptions['judge'];
  readonly #onUnavailable: (error: AppError) => void;
  #reference: TimedEngine | null = null;
  #isOff = false;
  #wideAgreement: number | null = null;

  constructor({ stopwatch, wide, limit, judge, onUnavailable }: PairedTimerOptions) {
    this.#stopwatch = stopwatch;
    this.#wide = wide;
    this.#limit = limit;
    this.#judge = judge;
    this.#onUnavailable = onUnavailable;
  }

  affords(count: number): boolean {
    return !this.#isOff && this.#limit.affords(count);
  }

  /** Share of pixels in which the wide network's masks agree; null before it ran, and where it has none. */
  get wideAgreement(): number | null {
    return this.#wideAgreement;
  }

  /**
   * Null where even the wide network cannot be built or run here: then nothing is timed any more.
   * @throws AbortError, and AppError of what went wrong with this candidate: MODEL_OUTPUT_NOT_FINITE where it gives no masks
   */
  async measure(candidate: () => OnnxModel): Promise<Measurement | null> {
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

  async #inTurns(reference: TimedEngine, candidate: OnnxModel): Promise<Measurement> {
    const engine = await this.#stopwatch.open(candidate);
    try {
      const agreement = await this.#judge(engine.masks());
      const [floats, times]: [number[], number[]] = [[], []];
      for (let turn = 0; turn < TURNS; turn += 1) {
        floats.push(...(await reference.time()));
        times.push(...(await engine.time()));
      }
      return { time: { milliseconds: median(times), float: median(floats) }, agreement };
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
      this.#wideAgreement ??= await this.#judgeWide(this.#reference);
    } catch (error) {
      await this.#closeReference();
      if (isAbort(error) || !(error instanceof AppError) || meansDeviceLost(error.code)) throw error;
      this.#isOff = true;
      this.#onUnavailable(error);
    }
    return this.#reference;
  }

  /** One that overflows in 16 bits can still be timed against. */
  async #judgeWide(reference: TimedEngine): Promise<number | null> {
    try {
      return await this.#judge(reference.masks());
    } catch (error) {
      if (error instanceof AppError && error.code === 'MODEL_OUTPUT_NOT_FINITE') return null;
      throw error;
    }
  }

  async #closeReference(): Promise<void> {
    const reference = this.#reference;
    this.#reference = null;
    await reference?.close().catch(() => undefined);
  }
}
