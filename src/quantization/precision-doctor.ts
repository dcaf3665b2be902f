/**
 * Finds the blocks that cannot bear 8 bits: looks at each one alone in 8 bits, and then, from everything in 8 bits, takes out
 * the blocks that harm most for what they gain, until the masks agree as far as is asked. Where candidates are timed and none
 * so far is faster than the wide network, it also leaves out the blocks that gain least.
 *
 * Masks and times come from functions that are given, so that they may be ONNX Runtime's or a device's. Every point that is
 * tried is told; points that are handed back in are not tried again, which is how a tuning goes on after it was broken off.
 */
import { AppError, isAbort } from '../shared/app-error';
import type { BlockDiagnosis, CandidateTime, TunePoint } from '../shared/domain/tuning';

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
  /** Goes on after the target is reached while nothing is faster than the wide network. */
  readonly seeksSpeed?: boolean;
  /** Points of an earlier run with the same model, pictures and options. */
  readonly known?: readonly TunePoint[];
  readonly onPoint?: (
    point: TunePoint,
    progress: { readonly done: number; readonly most: number },
  ) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

export interface Diagnosis {
  /** What suits best: its blocks are to be kept out of 8 bits. */
  readonly chosen: TunePoint;
  /** False when not even the last block left in 8 bits reached the target: the best that was found is then chosen. */
  readonly isReached: boolean;
  /** The most harmful for what they gain first; empty when nothing had to be kept. */
  readonly ranking: readonly BlockDiagnosis[];
  /** All points tried, in the order in which they were. */
  readonly points: readonly TunePoint[];
  /** Its time was up before everything was tried. */
  readonly isCut: boolean;
}

/** Times that lie closer than this are the same. */
export const SAME_TIME = 0.02;

/**
 * @throws TUNING_TARGET_INVALID, TUNING_TIME_SPENT when nothing was tried in time, what the given functions throw of masks,
 *   and an AbortError when cancelled. Other aborts mean that the time is up.
 */
export async function tunePrecision(options: TuneOptions): Promise<Diagnosis> {
  const { target } = options;
  if (!(target > 0 && target <= 1)) {
    throw new AppError('TUNING_TARGET_INVALID', `${target} is no share of pixels that can agree.`, {
      hint: 'Give a number above 0 and up to 1, such as 0.99.',
    });
  }
  const trials = new Trials(options);
  let ranking: readonly BlockDiagnosis[] = [];
  let isCut = false;
  try {
    await search(trials, options, (found) => (ranking = found));
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    isCut = true;
  }
  const chosen = choosePoint(trials.points, target);
  if (chosen === null) {
    throw new AppError('TUNING_TIME_SPENT', 'The time was up before anything was tried.', {
      hint: 'Give the search more time; what it calibrated is kept.',
    });
  }
  return { chosen, isReached: chosen.agreement >= target, ranking, points: trials.points, isCut };
}

async function search(
  trials: Trials,
  { target, seeksSpeed = false }: TuneOptions,
  onRanked: (ranking: readonly BlockDiagnosis[]) => void,
): Promise<void> {
  const all = await trials.without([], true);
  const isSlow = all.failure !== undefined || (all.time !== undefined && !isFaster(all.time));
  const goesOn = seeksSpeed && isSlow && trials.affords(1);
  if (all.agreement < target || goesOn) {
    const ranking = await rank(trials);
    onRanked(ranking);
    const isReached = all.agreement >= target && all.failure === undefined;
    const reached = isReached ? all : await keepWorst(trials, ranking, target);
    if (seeksSpeed && reached !== null) await leaveOutSlow(trials, ranking, reached);
  }
  await confirm(trials, await trials.timed(choosePoint(trials.points, target) ?? all), target);
}

/** Ends a search; what was found stands. */
class OutOfTime extends Error {}

/** The best of many measurements is partly luck: what seems faster has to be so twice. */
async function confirm(trials: Trials, first: TunePoint, target: number): Promise<void> {
  let chosen = first;
  for (let turn = 0; turn < trials.points.length; turn += 1) {
    const { time, isConfirmed } = chosen;
    const isLucky = time !== undefined && isFaster(time) && isConfirmed !== true && trials.timedCount > 1;
    if (!isLucky) break;
    await trials.timeAgain(chosen, time);
    chosen = choosePoint(trials.points, target) ?? chosen;
  }
}

/** Of the points that reach the target the fastest, as far as is known; else the one that comes nearest to it. */
export function choosePoint<P extends TunePoint>(points: readonly P[], target: number): P | null {
  const all = points.filter(({ kind }) => kind === 'without');
  const sound = all.filter(({ failure }) => failure === undefined);
  const curve = sound.length > 0 ? sound : all;
  const reached = curve.filter(({ agreement }) => agreement >= target);
  if (reached.length === 0) return first(curve, (one, other) => other.agreement - one.agreement);
  const timed = reached.filter(({ time }) => time !== undefined);
  const fastest = first(timed, (one, other) => ratio(one) - ratio(other));
  if (fastest === null) return first(reached, (one, other) => other.gain - one.gain);
  // What is as fast, and has more in 8 bits, is smaller.
  const asFast = timed.filter((point) => ratio(point) <= ratio(fastest) * (1 + SAME_TIME / 2));
  return first(asFast, (one, other) => other.gain - one.gain);
}

export function isFaster({ milliseconds, float }: CandidateTime): boolean {
  return milliseconds < float * (1 - SAME_TIME);
}

function ratio({ time }: TunePoint): number {
  return time === undefined ? Infinity : time.milliseconds / time.float;
}

function first<T>(items: readonly T[], compare: (one: T, other: T) => number): T | null {
  return [...items].sort(compare)[0] ?? null;
}

/** Points that a search takes after the ranking, about: building each block by itself must not take their time. */
const LEFT_FOR_SEARCH = 8;

async function rank(trials: Trials): Promise<BlockDiagnosis[]> {
  const { blocks } = trials;
  const affordsAll = trials.affords(blocks.length);
  const points: { block: string; point: TunePoint }[] = [];
  for (const [index, block] of blocks.entries()) {
    const left = blocks.length - index;
    const isTimed = affordsAll && trials.hasTime(left + LEFT_FOR_SEARCH);
    const harms = isTimed && trials.isEachCostly ? null : trials.harmsWithout(block, left);
    if (harms !== null) return sorted(blocks.map((each) => trials.estimated(each, harms.get(each) ?? 0)));
    points.push({ block, point: await trials.alone(block, isTimed) });
  }
  const saved = new Map(
    points.flatMap(({ block, point: { time } }) => (time === undefined ? [] : [[block, savedBy(time)]])),
  );
  // A single one that could not be timed says nothing of the others.
  const measured = saved.size > points.length / 2 ? shares(saved, blocks) : null;
  const diagnoses = points.map(({ block, point }): BlockDiagnosis => ({
    block,
    harm: 1 - point.agreement,
    gain: measured?.get(block) ?? trials.gainOf(block),
    savedMs: saved.get(block) ?? null,
  }));
  return sorted(diagnoses);
}

function sorted(diagnoses: readonly BlockDiagnosis[]): BlockDiagnosis[] {
  // What gains nothing need not harm much to be kept.
  const score = ({ harm, gain }: BlockDiagnosis): number => harm / Math.max(gain, 1e-3);
  return [...diagnoses].sort((one, other) => score(other) - score(one));
}

function savedBy({ float, milliseconds }: CandidateTime): number {
  return float - milliseconds;
}

/** The first point that reaches the target; null when none does. */
async function keepWorst(
  trials: Trials,
  ranking: readonly BlockDiagnosis[],
  target: number,
): Promise<TunePoint | null> {
  // Keeping the last one too would leave nothing in 8 bits.
  const most = ranking.length - 1;
  const keeping = async (count: number): Promise<TunePoint | null> => {
    const keep = ranking.slice(0, count).map(({ block }) => block);
    const point = await trials.without(keep, trials.affords(1));
    return point.agreement >= target && point.failure === undefined ? point : null;
  };
  if (trials.isEachCostly) return narrowDown(keeping, most);
  for (let count = 1; count <= most; count += 1) {
    const point = await keeping(count);
    if (point !== null) return point;
  }
  return null;
}

/** Twice as many each time until it is enough, then halfway between too few and enough. */
async function narrowDown(
  keeping: (count: number) => Promise<TunePoint | null>,
  most: number,
): Promise<TunePoint | null> {
  let [tooFew, enough]: [number, TunePoint | null] = [0, null];
  let count = Math.min(1, most);
  while (enough === null && count > tooFew) {
    enough = await keeping(count);
    if (enough === null) [tooFew, count] = [count, Math.min(2 * count, most)];
  }
  while (enough !== null && count - tooFew > 1) {
    const middle = (tooFew + count) >> 1;
    const point = await keeping(middle);
    if (point === null) tooFew = middle;
    else [enough, count] = [point, middle];
  }
  return enough;
}

/** Parts of the blocks that gain least to leave out, where what gains is hidden by what loses. */
const LEFT_OUT = [0.25, 0.5, 0.75];

/** Keeps more than has to be: first what loses time alone, then growing parts of what gains least. */
async function leaveOutSlow(trials: Trials, ranking: readonly BlockDiagnosis[], reached: TunePoint): Promise<void> {
  if ((await trials.timed(reached)).time === undefined) return;
  const rest = ranking.filter(({ block }) => !reached.blocks.includes(block));
  const worth = ({ savedMs, gain }: BlockDiagnosis): number => savedMs ?? gain;
  const sorted = [...rest].sort((one, other) => worth(one) - worth(other));
  const losers = sorted.filter(({ savedMs }) => savedMs !== null && savedMs <= 0).length;
  for (const count of new Set([losers, ...LEFT_OUT.map((part) => Math.round(part * rest.length))])) {
    if (count === 0 || count >= rest.length || trials.hasFaster() || !trials.affords(1)) continue;
    await trials.without([...reached.blocks, ...sorted.slice(0, count).map(({ block }) => block)], true);
  }
}

type Choice = Pick<TunePoint, 'kind' | 'blocks'>;
type Judged = Omit<TunePoint, 'kind' | 'blocks' | 'gain'>;

class Trials {
  readonly blocks: readonly string[];
  readonly points: TunePoint[] = [];
  readonly #options: TuneOptions;
  readonly #gains: ReadonlyMap<string, number>;
  readonly #known: ReadonlyMap<string, TunePoint>;

  constructor(options: TuneOptions) {
    this.blocks = options.blocks;
    this.#options = options;
    this.#gains = shares(options.gains, options.blocks);
    this.#known = new Map((options.known ?? []).map((point) => [pointKey(point), point]));
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

  /** Whether one of them reaches the target and is faster than the wide network. */
  hasFaster(): boolean {
    const best = choosePoint(this.points, this.#options.target);
    return best?.time !== undefined && best.agreement >= this.#options.target && isFaster(best.time);
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
    // All at once, each alone, all but one kept, and the parts of what gains least.
    const most = 2 * this.blocks.length + (this.#options.seeksSpeed === true ? LEFT_OUT.length + 1 : 0);
    await this.#options.onPoint?.(point, { done: Math.min(most, this.points.length), most });
  }
}

/** Equal for points that are about the same blocks. */
export function pointKey({ kind, blocks }: Pick<TunePoint, 'kind' | 'blocks'>): string {
  return JSON.stringify([kind, ...blocks]);
}

/** Scaled so that all blocks together gain 1; what was measured to gain nothing, or to lose, counts as nothing. */
function shares(gains: ReadonlyMap<string, number>, blocks: readonly string[]): Map<string, number> {
  const positive = new Map(blocks.map((block) => [block, Math.max(0, gains.get(block) ?? 0)]));
  const total = [...positive.values()].reduce((sum, gain) => sum + gain, 0);
  return new Map([...positive].map(([block, gain]) => [block, total === 0 ? 1 / blocks.length : gain / total]));
}
