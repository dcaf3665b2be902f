/**
 * Finds the blocks that cannot bear 8 bits: quantises each one alone, sees what that does to the masks, and then, from
 * everything in 8 bits, takes out the blocks that harm most for what they gain, until the masks agree as far as is asked.
 *
 * The masks are compared by a function that is given, so that they may come from ONNX Runtime or from a device; times are
 * measured by a function that is given, where the runtime is at hand, else gains are estimated from multiplications and
 * labelled so. Every point that is tried
 * is told; points that are handed back in are not tried again, which is how a tuning goes on after it was broken off.
 */
import { AppError } from '../shared/app-error';
import type { OnnxModel } from '../onnx/model';
import { DEFAULT_KINDS, quantizeModel } from './quantize-model';
import type { QuantizeOptions } from './quantize-model';
import { findSites, SITE_KINDS } from './sites';
import type { StatisticsByValue } from './value-statistics';
import { workShares } from './work-share';

/**
 * Medians of a candidate and of the network in higher precision, in milliseconds, run in turns, so that what else the machine
 * does weighs on both alike.
 */
export interface CandidateTime {
  readonly milliseconds: number;
  readonly float: number;
}

/** One choice of what is in 8 bits, and what came of it. */
export interface TunePoint {
  /** `alone`: one block in 8 bits. `without`: all but the blocks kept. */
  readonly kind: 'alone' | 'without';
  /** The block, or the blocks kept in higher precision, sorted. */
  readonly blocks: readonly string[];
  /** Share of pixels whose class is the reference's, 0 to 1. */
  readonly agreement: number;
  /** Gain of what is in 8 bits, of the gain of everything in 8 bits: 0 to 1; estimated, where no gains were given. */
  readonly gain: number;
  /** Where it was measured. */
  readonly time?: CandidateTime;
}

export interface BlockDiagnosis {
  readonly block: string;
  /** Agreement lost when it alone is in 8 bits. */
  readonly harm: number;
  /** Its part of the whole gain, 0 to 1: of what was measured, where it was. */
  readonly gain: number;
  /** Milliseconds that the network saves with it alone in 8 bits, negative where it loses; null where nobody measured. */
  readonly savedMs: number | null;
}

export interface TuneOptions {
  /** Least share of pixels that shall agree, 0 to 1. */
  readonly target: number;
  /** Masks of a model against the reference's: 0 to 1. */
  readonly agreementOf: (model: OnnxModel) => Promise<number>;
  readonly quantize?: Omit<QuantizeOptions, 'only'>;
  /** Time that each block gains in 8 bits, measured on a device, in any unit; estimated from its work when left out. */
  readonly gains?: ReadonlyMap<string, number>;
  /** Measures a candidate; each is then ranked by the time that it saves. */
  readonly timeOf?: (model: OnnxModel) => Promise<CandidateTime>;
  /** Points of an earlier run with the same model, pictures and options. */
  readonly known?: readonly TunePoint[];
  readonly onPoint?: (
    point: TunePoint,
    progress: { readonly done: number; readonly most: number },
  ) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

export interface Tuning {
  /** The blocks to leave in higher precision: `keep` of {@link QuantizeOptions}. */
  readonly keep: readonly string[];
  /** False when not even the last block left in 8 bits reached the target: then `keep` is the best that was found. */
  readonly isReached: boolean;
  /** Of the chosen point. */
  readonly agreement: number;
  readonly gain: number;
  readonly gainSource: 'measured' | 'estimated';
  /** Of the chosen point; null where nobody measured. */
  readonly time: CandidateTime | null;
  /** The most harmful for what they gain first; empty when nothing had to be kept. */
  readonly ranking: readonly BlockDiagnosis[];
  /** All points tried, in the order in which they were. */
  readonly points: readonly TunePoint[];
}

/** @throws TUNING_TARGET_INVALID, what {@link quantizeModel} throws, and an AbortError when cancelled. */
export async function tunePrecision(
  model: OnnxModel,
  statistics: StatisticsByValue,
  options: TuneOptions,
): Promise<Tuning> {
  const { target } = options;
  if (!(target > 0 && target <= 1)) {
    throw new AppError('TUNING_TARGET_INVALID', `${target} is no share of pixels that can agree.`, {
      hint: 'Give a number above 0 and up to 1, such as 0.99.',
    });
  }
  const trial = new Trials(model, statistics, options);
  const all = await trial.without([]);
  const gainSource = (options.gains ?? options.timeOf) === undefined ? 'estimated' : 'measured';
  const done = (keep: readonly string[], point: TunePoint, ranking: readonly BlockDiagnosis[]): Tuning => ({
    keep,
    isReached: point.agreement >= target,
    agreement: point.agreement,
    gain: point.gain,
    gainSource,
    time: point.time ?? null,
    ranking,
    points: trial.points,
  });
  if (all.agreement >= target) return done([], all, []);
  const ranking = await rank(trial);
  let best = { keep: [] as readonly string[], point: all };
  // Keeping the last one too would leave nothing in 8 bits.
  for (let count = 1; count < ranking.length; count += 1) {
    const keep = ranking.slice(0, count).map(({ block }) => block);
    const point = await trial.without(keep);
    if (point.agreement >= target) return done(keep, point, ranking);
    if (point.agreement > best.point.agreement) best = { keep, point };
  }
  return done(best.keep, best.point, ranking);
}

async function rank(trial: Trials): Promise<BlockDiagnosis[]> {
  const points: { block: string; point: TunePoint }[] = [];
  for (const block of trial.blocks) points.push({ block, point: await trial.alone(block) });
  const saved = new Map(
    points.flatMap(({ block, point: { time } }) => (time === undefined ? [] : [[block, savedBy(time)]])),
  );
  const isTimed = saved.size === points.length;
  const measured = isTimed ? shares(saved, trial.blocks) : null;
  const diagnoses = points.map(({ block, point }): BlockDiagnosis => ({
    block,
    harm: 1 - point.agreement,
    gain: measured?.get(block) ?? trial.gainOf(block),
    savedMs: isTimed ? (saved.get(block) ?? null) : null,
  }));
  // What gains nothing need not harm much to be kept.
  const score = ({ harm, gain }: BlockDiagnosis): number => harm / Math.max(gain, 1e-3);
  return diagnoses.sort((one, other) => score(other) - score(one));
}

function savedBy({ float, milliseconds }: CandidateTime): number {
  return float - milliseconds;
}

class Trials {
  readonly blocks: readonly string[];
  readonly points: TunePoint[] = [];
  readonly #model: OnnxModel;
  readonly #statistics: StatisticsByValue;
  readonly #options: TuneOptions;
  readonly #gains: ReadonlyMap<string, number>;
  readonly #known: ReadonlyMap<string, TunePoint>;

  constructor(model: OnnxModel, statistics: StatisticsByValue, options: TuneOptions) {
    this.#model = model;
    this.#statistics = statistics;
    this.#options = options;
    const kinds = { ...DEFAULT_KINDS, ...options.quantize?.kinds };
    const quantized = SITE_KINDS.filter((kind) => kinds[kind]);
    const never = new Set(options.quantize?.keep);
    const sites = findSites(model.graph).filter(({ kind, block }) => kinds[kind] && !never.has(block));
    this.blocks = [...new Set(sites.map(({ block }) => block))];
    this.#gains = shares(options.gains ?? workShares(model, quantized), this.blocks);
    this.#known = new Map((options.known ?? []).map((point) => [keyOf(point), point]));
  }

  gainOf(block: string): number {
    return this.#gains.get(block) ?? 0;
  }

  alone(block: string): Promise<TunePoint> {
    return this.#try('alone', [block], this.gainOf(block), { only: [block] });
  }

  without(kept: readonly string[]): Promise<TunePoint> {
    const rest = this.blocks.filter((block) => !kept.includes(block));
    // Parts of 1 need not add up to 1 to the last digit.
    const gain = Math.min(
      1,
      rest.reduce((sum, block) => sum + this.gainOf(block), 0),
    );
    const keep = [...(this.#options.quantize?.keep ?? []), ...kept];
    return this.#try('without', [...kept].sort(), gain, { keep });
  }

  async #try(
    kind: TunePoint['kind'],
    blocks: readonly string[],
    gain: number,
    choice: Pick<QuantizeOptions, 'only' | 'keep'>,
  ): Promise<TunePoint> {
    const { signal, quantize, agreementOf, timeOf, onPoint } = this.#options;
    signal?.throwIfAborted();
    const known = this.#known.get(keyOf({ kind, blocks }));
    let point: TunePoint;
    if (known === undefined || (timeOf !== undefined && known.time === undefined)) {
      const { model } = quantizeModel(this.#model, this.#statistics, { ...quantize, ...choice });
      const agreement = known?.agreement ?? (await agreementOf(model));
      const time = await timeOf?.(model);
      point = { kind, blocks, agreement, gain, ...(time === undefined ? {} : { time }) };
    } else point = { ...known, gain };
    this.points.push(point);
    // All at once, each alone, and all but one kept.
    await onPoint?.(point, { done: this.points.length, most: 2 * this.blocks.length });
    return point;
  }
}

function keyOf({ kind, blocks }: Pick<TunePoint, 'kind' | 'blocks'>): string {
  return JSON.stringify([kind, ...blocks]);
}

/** Scaled so that all blocks together gain 1; what was measured to gain nothing, or to lose, counts as nothing. */
function shares(gains: ReadonlyMap<string, number>, blocks: readonly string[]): Map<string, number> {
  const positive = new Map(blocks.map((block) => [block, Math.max(0, gains.get(block) ?? 0)]));
  const total = [...positive.values()].reduce((sum, gain) => sum + gain, 0);
  return new Map([...positive].map(([block, gain]) => [block, total === 0 ? 1 / blocks.length : gain / total]));
}
