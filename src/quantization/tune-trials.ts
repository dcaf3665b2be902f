import { AppError, isAbort } from '../shared/app-error';
import { meansDeviceLost } from '../shared/device-lost';
import type { BlockDiagnosis, CandidateTime, TunePoint } from '../shared/domain/tuning';
import { choosePoint, isFaster } from './choose-point';

/** What comes of a candidate that was built and run. */
export interface Measurement {
  readonly time: CandidateTime;
  /** Of the masks of the very engine that was timed, 0 to 1; left out where it does not make any. */
  readonly agreement?: number;
}

export interface TuneOptions {
  /** Least share of pixels that shall agree, 0 to 1. */
  readonly target: number;
  /** Everything that could be kept, in the network's order. */
  readonly blocks: readonly string[];
  /** What each block gains in 8 bits as far as can be told without a clock, in any unit. */
  readonly gains: ReadonlyMap<string, number>;
  /** Masks with these blocks kept out of 8 bits, against the reference's: 0 to 1. */
  readonly agreementOf: (kept: readonly string[]) => Promise<number>;
  /** Measures the network with these blocks kept; null where nothing can be timed. What fails is told with its point. */
  readonly measure?: (kept: readonly string[]) => Promise<Measurement | null>;
  /** What is measured has masks of its own: then `agreementOf` is asked only for what is not, and each step counts. */
  readonly hasOwnMasks?: boolean;
  /** Whether there is time for so many more measurements; what must be timed is timed in any case. */
  readonly affords?: (count: number) => boolean;
  /**
   * Asked before each block is tried alone, with how many there are left to try: null while there is time for it, else how
   * much 8 bits harm each block, in any unit. From then on all are ranked by that.
   */
  readonly harmsWithout?: (left: number) => ReadonlyMap<string, number> | null;
  /** Whether there is time for so many more points before all has to end. */
  readonly hasTime?: (count: number) => boolean;
  /** Goes on after the target is reached while nothing is as fast as is hoped for. */
  readonly seeksSpeed?: boolean;
  /** Points of an earlier run with the same model, pictures and options. */
  readonly known?: readonly TunePoint[];
  /** @param share of the whole search that is done, as far as can be told, 0 to 1; never less than before */
  readonly onPoint?: (point: TunePoint, share: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

type Choice = Pick<TunePoint, 'kind' | 'blocks'>;
type Judged = Omit<TunePoint, 'kind' | 'blocks' | 'gain'>;

/** Part of the wide network's time: with no more than this a device's search is done. */
const WORTH_IT = 0.85;

/** Ends a search; what was found stands. */
export class OutOfTime extends Error {}

/** Tries choices, each but once, and keeps what came of them. */
export class Trials {
  readonly blocks: readonly string[];
  readonly points: TunePoint[] = [];
  readonly #options: TuneOptions;
  readonly #gains: ReadonlyMap<string, number>;
  readonly #known: ReadonlyMap<string, TunePoint>;
  #shareAfter: (point: TunePoint) => number = () => 0;
  #share = 0;

  constructor(options: TuneOptions) {
    this.blocks = options.blocks;
    this.#options = options;
    this.#gains = shares(options.gains, options.blocks);
    this.#known = new Map((options.known ?? []).map((point) => [pointKey(point), point]));
  }

  /** How much of the whole is done after the points that follow. */
  advance(shareAfter: (point: TunePoint) => number): void {
    this.#shareAfter = shareAfter;
  }

  gainOf(block: string): number {
    return this.#gains.get(block) ?? 0;
  }

  affords(count: number): boolean {
    const { measure, affords } = this.#options;
    return measure !== undefined && (affords?.(count) ?? true);
  }

  hasTime(count: number): boolean {
    return this.#options.hasTime?.(count) ?? true;
  }

  get isEachCostly(): boolean {
    return this.#options.hasOwnMasks === true;
  }

  /** Null where the block was tried before, or can be. */
  harmsWithout(block: string, left: number): ReadonlyMap<string, number> | null {
    const isKnown = this.#known.has(pointKey({ kind: 'alone', blocks: [block] }));
    return isKnown ? null : (this.#options.harmsWithout?.(left) ?? null);
  }

  estimated(block: string, harm: number): BlockDiagnosis {
    return { block, harm, isEstimated: true, gain: this.gainOf(block), savedMs: null };
  }

  /** Whether one of them reaches the target and needs no better one. */
  hasFastEnough(): boolean {
    const best = choosePoint(this.points, this.#options.target);
    return best?.time !== undefined && best.agreement >= this.#options.target && this.isFastEnough(best.time);
  }

  /** On a device a few more builds may find what is worth it; elsewhere what is faster will do. */
  isFastEnough(time: CandidateTime): boolean {
    return this.isEachCostly ? time.milliseconds <= time.float * WORTH_IT : isFaster(time);
  }

  alone(block: string, isTimed: boolean): Promise<TunePoint> {
    return this.#try({ kind: 'alone', blocks: [block], gain: this.gainOf(block) }, isTimed);
  }

  without(kept: readonly string[], isTimed: boolean): Promise<TunePoint> {
    const rest = this.blocks.filter((block) => !kept.includes(block));
    // Parts of 1 need not add up to 1 to the last digit.
    const gain = Math.min(
      1,
      rest.reduce((sum, block) => sum + this.gainOf(block), 0),
    );
    return this.#try({ kind: 'without', blocks: [...kept].sort(), gain }, isTimed);
  }

  /** A point with its time, where there is a clock and it can be timed. */
  async timed(point: TunePoint): Promise<TunePoint> {
    const isKnown = point.time !== undefined || point.failure !== undefined;
    if (this.#options.measure === undefined || isKnown || !this.hasTime(1)) return point;
    const measured = { ...point, ...(await this.#measure(point)) };
    if (measured.time === undefined && measured.failure === undefined) return point;
    this.points[this.points.indexOf(point)] = measured;
    await this.#tell(measured);
    return measured;
  }

  get timedCount(): number {
    return this.points.filter(({ kind, time }) => kind === 'without' && time !== undefined).length;
  }

  async timeAgain(point: TunePoint, before: CandidateTime): Promise<void> {
    if (!this.hasTime(1)) throw new OutOfTime();
    const { time = before, failure, agreement = 1 } = await this.#measure(point);
    const slower = time.milliseconds / time.float > before.milliseconds / before.float ? time : before;
    // One that cannot be timed a second time was timed once.
    const measured: TunePoint = {
      ...point,
      // No two engines are the same, even of one graph.
      agreement: Math.min(point.agreement, agreement),
      time: failure === undefined ? slower : before,
      isConfirmed: true,
    };
    this.points[this.points.indexOf(point)] = measured;
    await this.#tell(measured);
  }

  async #try(choice: Pick<TunePoint, 'kind' | 'blocks' | 'gain'>, isTimed: boolean): Promise<TunePoint> {
    this.#options.signal?.throwIfAborted();
    const known = this.#known.get(pointKey(choice));
    const point: TunePoint = { ...choice, ...(await this.#judged(choice, known, isTimed)) };
    this.points.push(point);
    await this.#tell(point);
    return point;
  }

  /** What is known, with what is missing of it. */
  async #judged(choice: Choice, known: TunePoint | undefined, isTimed: boolean): Promise<Judged> {
    const { measure, hasOwnMasks = false } = this.#options;
    const { agreement, judgedOn, time, isConfirmed } = known ?? {};
    const judged = agreement === undefined ? null : { agreement, ...(judgedOn === undefined ? {} : { judgedOn }) };
    const timing = time === undefined ? {} : { time, ...(isConfirmed === undefined ? {} : { isConfirmed }) };
    const isMissing = time === undefined || (hasOwnMasks && judgedOn !== 'device');
    if (!isTimed || measure === undefined || !isMissing) {
      return { ...(judged ?? (await this.#compared(choice))), ...timing };
    }
    // One more is timed at the end, to confirm what is chosen.
    if (!this.hasTime(this.points.length > 0 ? 2 : 1)) throw new OutOfTime();
    // Whose masks count is not judged by others before.
    if (!hasOwnMasks) return { ...(judged ?? (await this.#compared(choice))), ...(await this.#measure(choice)) };
    const measured = await this.#measure(choice);
    const { agreement: own = null, ...rest } = measured;
    if (own !== null) return { ...rest, agreement: own };
    return { ...rest, ...(judged ?? (await this.#compared(choice))) };
  }

  async #compared(choice: Choice): Promise<Pick<TunePoint, 'agreement' | 'judgedOn'>> {
    if (!this.hasTime(0)) throw new OutOfTime();
    const agreement = await this.#untilTimeIsUp(() => this.#options.agreementOf(this.#keptIn(choice)));
    return { agreement, judgedOn: 'onnxruntime' };
  }

  async #measure(choice: Choice): Promise<Partial<Judged>> {
    const { measure, signal } = this.#options;
    try {
      const measured = await this.#untilTimeIsUp(async () => (await measure?.(this.#keptIn(choice))) ?? null);
      if (measured === null) return {};
      const { time, agreement } = measured;
      return { time, ...(agreement === undefined ? {} : { agreement, judgedOn: 'device' }) };
    } catch (error) {
      if (isAbort(error) || signal?.aborted === true || !(error instanceof AppError)) throw error;
      // No other candidate would run either, and none is to blame.
      if (meansDeviceLost(error.code)) throw error;
      return { failure: { code: error.code, message: error.message } };
    }
  }

  /** What is aborted, and not by who may cancel, is out of time. */
  async #untilTimeIsUp<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isAbort(error) && this.#options.hasTime !== undefined && this.#options.signal?.aborted !== true) {
        throw new OutOfTime();
      }
      throw error;
    }
  }

  #keptIn({ kind, blocks }: Choice): string[] {
    return kind === 'without' ? [...blocks] : this.blocks.filter((block) => !blocks.includes(block));
  }

  async #tell(point: TunePoint): Promise<void> {
    this.#share = Math.max(this.#share, Math.min(1, this.#shareAfter(point)));
    await this.#options.onPoint?.(point, this.#share);
  }
}

/** Equal for points that are about the same blocks. */
export function pointKey({ kind, blocks }: Pick<TunePoint, 'kind' | 'blocks'>): string {
  return JSON.stringify([kind, ...blocks]);
}

/** Scaled so that all blocks together gain 1; what was measured to gain nothing, or to lose, counts as nothing. */
export function shares(gains: ReadonlyMap<string, number>, blocks: readonly string[]): Map<string, number> {
  const positive = new Map(blocks.map((block) => [block, Math.max(0, gains.get(block) ?? 0)]));
  const total = [...positive.values()].reduce((sum, gain) => sum + gain, 0);
  return new Map([...positive].map(([block, gain]) => [block, total === 0 ? 1 / blocks.length : gain / total]));
}
