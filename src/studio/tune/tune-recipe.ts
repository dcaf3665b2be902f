import type { ErrorReport } from '../../shared/app-error';
import { remark } from '../../shared/remark';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { statisticsOf } from '../../quantization/calibration-record';
import type { CalibrationInput } from '../../quantization/collect-statistics';
import { tunePrecision } from '../../quantization/precision-doctor';
import { recommend } from '../../quantization/recommend';
import { roundingNoise } from '../../quantization/rounding-noise';
import { findSites } from '../../quantization/sites';
import { workShares } from '../../quantization/work-share';
import { AppError } from '../../shared/app-error';
import type { Recipe } from '../../shared/domain/engine';
import type { ModelInput, ModelSummary } from '../../shared/domain/model';
import type { CalibrationOrder, QuantizeStep } from '../../shared/domain/quantization';
import type { Judge, TuneOrder, TunePoint, Tuning } from '../../shared/domain/tuning';
import type { BuildTarget } from '../engines/build-plan';
import { namesPictures, quantizeStepOf, withCalibrateOptions } from '../engines/calibration-of-recipe';
import { seconds } from '../engines/build-work';
import { canonicalJson, sha256 } from '../engines/canonical';
import { applyWideSteps, CandidateGraphs } from '../engines/recipe-graph';
import { engineKey } from '../engines/recipe';
import type { TimingCache } from '../engines/timing-cache';
import type { CalibrateOptions } from '../quantize/calibrate-folder';
import { choose, DEFAULT_COUNT, findPictures, hashAll } from '../quantize/calibrate-folder';
import type { InputsFor } from '../quantize/mask-agreement';
import { MaskAgreement } from '../quantize/mask-agreement';
import { pictureInputs } from '../quantize/picture-inputs';
import type { CandidateClock, ClockParts } from './candidate-clock';
import { candidateClock } from './candidate-clock';
import { ComparisonLimit } from './comparison-limit';
import { Deadline } from './deadline';
import { TimeLimit } from './time-limit';
import type { TuningStore } from './tuning-store';
import { numbered } from './tuning-store';

/** A build whose recipe is settled, with all that finding its blocks needs. */
export interface TuneParts {
  /** With everything in 8 bits but what the user keeps. */
  readonly recipe: Recipe;
  /** What would be built in 16 bits, or 32 on a processor: what candidates are timed against. */
  readonly wideRecipe: Recipe;
  readonly model: ModelSummary;
  readonly calibration: CalibrationRecord;
  /** Which pictures ranges came from; masks are compared on others. */
  readonly pictures: CalibrationOrder | undefined;
  readonly order: TuneOrder;
  readonly seeksSpeed: boolean;
  readonly target: BuildTarget;
  readonly overflows: Tuning['overflows'];
  readonly store: TuningStore;
  readonly timing: TimingCache;
  /** The studio's calibrations. */
  readonly directory: string;
  readonly threads?: number;
  /** When all of it has to be over; without one it takes its time. */
  readonly deadline?: Deadline;
  readonly signal: AbortSignal;
  readonly warn: (said: ErrorReport) => void;
  /** @param share of the whole search that is done, 0 to 1 */
  readonly onPoint: (point: TunePoint, share: number) => void;
  /** In place of the device's own, for tests. */
  readonly clock?: (parts: ClockParts) => CandidateClock | null;
}

/**
 * Finds out what of a network bears 8 bits, on the very graphs that a build makes for the runtime. Each point is kept as soon
 * as it is known; a tuning that was broken off goes on where it was.
 *
 * @throws AppError CALIBRATION_NEEDED without pictures, TUNING_TARGET_INVALID, and what rewriting, quantising and running throws
 */
export async function tuneRecipe(parts: TuneParts): Promise<Tuning> {
  const { recipe, model, calibration, pictures, directory, signal } = parts;
  if (pictures === undefined || !namesPictures({ calibration: pictures })) throw noPictures();
  const how = { directory, signal, ...(parts.threads === undefined ? {} : { threads: parts.threads }) };
  return withCalibrateOptions(recipe, model, pictures, how, async (options) => {
    const graphs = await CandidateGraphs.open(recipe, model, calibration, signal);
    try {
      const run = new Run({ deadline: new Deadline(), ...parts }, options, graphs);
      return await run.tune().finally(() => run.close());
    } finally {
      graphs.close();
    }
  });
}

/** Of the whole time: what the reference may take, after its first picture. */
const REFERENCE_SHARE = 1 / 6;
/** Seconds that it may take where candidates run on a device, for which its pictures are nothing. */
const REFERENCE_SECONDS = 300;

type TimedParts = TuneParts & { readonly deadline: Deadline };

class Run {
  readonly #parts: TimedParts;
  readonly #options: CalibrateOptions;
  readonly #graphs: CandidateGraphs;
  readonly #step: QuantizeStep;
  readonly #warnings: ErrorReport[] = [];
  /** Aborted when the time is up, too. */
  readonly #limited: ReturnType<Deadline['signal']>;
  readonly #measuring: TimeLimit;
  readonly #comparing: ComparisonLimit;
  #reference: Promise<MaskAgreement> | null = null;
  #noises: Map<string, number> | null = null;
  #wideAgreement: number | null = null;
  #wideJudgedOn: Judge | undefined;
  /** Pictures that masks are compared on. */
  #compared = 0;

  constructor(parts: TimedParts, options: CalibrateOptions, graphs: CandidateGraphs) {
    const step = quantizeStepOf(parts.recipe);
    if (step === null) throw new Error('Only recipes for 8 bits are tuned.');
    this.#parts = parts;
    this.#options = options;
    this.#graphs = graphs;
    this.#step = step;
    this.#limited = parts.deadline.signal(parts.signal);
    this.#measuring = new TimeLimit(parts.order.seconds);
    this.#comparing = new ComparisonLimit(parts.order.rankSeconds, parts.deadline);
  }

  close(): void {
    this.#limited.release();
  }

  async tune(): Promise<Tuning> {
    const { order, store, signal, seeksSpeed, onPoint, deadline } = this.#parts;
    const limited = this.#limited.signal;
    const pictures = await this.#pictures();
    const key = this.#keyFor(await hashAll(pictures, this.#options.folder, signal));
    const before = await store.load(key, (said) => this.#warn(said));
    this.#wideAgreement = before?.wideAgreement ?? null;
    this.#wideJudgedOn = before?.wideJudgedOn;
    this.#compared = before?.compared ?? pictures.length;
    const reference = (): Promise<MaskAgreement> => (this.#reference ??= this.#referenceOf(pictures, before));
    const clock = order.timing ? this.#clock(pictures, async (masks) => (await reference()).ofMasks(masks)) : null;
    const tried: TunePoint[] = [];
    const describe = (how: Pick<Described, 'isFinished' | 'ranking' | 'isCut'>): Tuning =>
      this.#describe({ key, before, tried, clock, ...how });
    try {
      const { kinds, keep } = this.#step;
      const sites = findSites(this.#graphs.wide.graph).filter(
        ({ kind, block }) => kinds.includes(kind) && !keep.includes(block),
      );
      const diagnosis = await tunePrecision({
        target: order.target,
        blocks: [...new Set(sites.map(({ block }) => block))],
        gains: workShares(this.#graphs.wide, kinds, this.#parts.recipe.shapes.opt),
        agreementOf: async (kept) => {
          const masks = await reference();
          return this.#comparing.count(() => masks.of(this.#graphs.without(kept), limited));
        },
        harmsWithout: (left) => (this.#comparing.affords(left) ? null : this.#noise()),
        ...(clock === null
          ? {}
          : {
              measure: (kept) => clock.measure(() => this.#graphs.without(kept), limited),
              hasOwnMasks: clock.hasOwnMasks,
              affords: (count) => clock.affords(count),
            }),
        hasTime: (count) => deadline.left > count * this.#measuring.each,
        seeksSpeed,
        known: before?.points ?? [],
        signal,
        onPoint: async (point, share) => {
          tried.push(point);
          if (clock !== null && clock.wideAgreement !== null) {
            [this.#wideAgreement, this.#wideJudgedOn] = [clock.wideAgreement, 'device'];
          }
          await store.save(describe({ isFinished: false, ranking: [], isCut: false }));
          onPoint(point, share);
        },
      });
      const { isCut } = diagnosis;
      if (this.#wideAgreement === null && !isCut) this.#wideAgreement = await this.#agreementOfWide(reference);
      // A build asks for no more than its target: whether something would be faster stays open.
      const isFinished = (seeksSpeed && !isCut) || before?.isFinished === true;
      const tuning = describe({ isFinished, ranking: [...diagnosis.ranking], isCut });
      await store.save(tuning);
      return tuning;
    } finally {
      await clock?.close();
    }
  }

  #clock(pictures: readonly string[], judge: ClockParts['judge']): CandidateClock | null {
    const { recipe, model, target, timing, clock = candidateClock, threads = 0 } = this.#parts;
    const form = { input: describeIo(this.#graphs.wide).input, preprocessing: this.#options.form.preprocessing };
    const wide = (): Promise<OnnxModel> => this.#openWide();
    const warn = (said: ErrorReport): void => this.#warn(said);
    const parts = {
      recipe,
      model,
      target,
      timing,
      signal: this.#limited.signal,
      limit: this.#measuring,
      pictures,
      judge,
      warn,
      wide,
      form,
      threads,
    };
    return clock({ ...parts, base: this.#graphs.wide });
  }

  /** Pictures that were not calibrated on, where there are any. */
  async #pictures(): Promise<string[]> {
    const { files, folder, seed = 1, count = DEFAULT_COUNT } = this.#options;
    const { compared } = this.#parts.order;
    const order = choose(files ?? (await findPictures(folder)), Infinity, seed);
    const others = order.slice(count, count + compared);
    if (others.length > 0) return others;
    const what = 'There are no other pictures: masks are compared on those that ranges came from.';
    this.#warn(remark('compared-on-calibrated', what));
    return order.slice(0, Math.min(count, compared));
  }

  #keyFor(pictures: readonly string[]): string {
    const { recipe, wideRecipe } = this.#parts;
    return sha256(canonicalJson({ recipe: engineKey(recipe), wide: engineKey(wideRecipe), pictures })).slice(0, 32);
  }

  /**
   * The network in 32 bits on ONNX Runtime, the yardstick everywhere; what cannot be read was or will be told by the
   * calibration. Where the time is limited it sees fewer pictures, and whoever goes on sees as many as those before.
   */
  async #referenceOf(paths: readonly string[], before: Tuning | null): Promise<MaskAgreement> {
    const { model, form } = this.#options;
    const { order, target, recipe } = this.#parts;
    const isOnDevice = order.timing && target.kind === 'tensorrt' && recipe.device.kind === 'gpu';
    const most = isOnDevice ? REFERENCE_SECONDS : Infinity;
    const limit = Math.min(most, (order.maxSeconds ?? Infinity) * REFERENCE_SHARE);
    const known = before !== null && before.points.length > 0 ? before.compared : null;
    const begun = seconds();
    let seen = 0;
    const inputs: InputsFor = (input) => pictureInputs(paths, { ...form, input }, () => undefined);
    const first = (input: ModelInput): AsyncGenerator<CalibrationInput> =>
      untilEnough(
        pictureInputs(paths, { ...form, input }, () => undefined),
        () => {
          seen += 1;
          return known === null ? seconds() - begun >= limit : seen >= known;
        },
      );
    const masks = await MaskAgreement.with(model, inputs, this.#limited.signal, first);
    this.#compared = seen;
    // A candidate runs about as long, and is made and opened first.
    this.#comparing.guess(2 * (seconds() - begun));
    return masks;
  }

  /** How much 8 bits harm each block, without running anything. */
  #noise(): Map<string, number> {
    const { format, method, kinds } = this.#step;
    const statistics = statisticsOf(this.#parts.calibration);
    this.#noises ??= roundingNoise(this.#graphs.wide, statistics, { format, method, kinds });
    return this.#noises;
  }

  async #agreementOfWide(reference: () => Promise<MaskAgreement>): Promise<number> {
    if (this.#parts.wideRecipe.precision === 'fp32') return 1;
    const wide = await this.#openWide();
    try {
      return await (await reference()).of(wide, this.#parts.signal);
    } finally {
      wide.close();
    }
  }

  async #openWide(): Promise<OnnxModel> {
    const { wideRecipe, model, signal } = this.#parts;
    const wide = await openModel(model.path);
    await applyWideSteps(wide, wideRecipe, { signal });
    return wide;
  }

  #warn(said: ErrorReport): void {
    this.#warnings.push(said);
    this.#parts.warn(said);
  }

  #describe({ key, before, tried, isFinished, ranking, isCut, clock }: Described): Tuning {
    const { recipe, model, order, overflows } = this.#parts;
    const points = numbered(before?.points ?? [], tried);
    const wide = wideOf(this.#parts.wideRecipe);
    const { use, said, chosen } = recommend(points, { format: this.#step.format, wide, target: order.target });
    return {
      format: 1,
      key,
      at: new Date().toISOString(),
      modelId: model.id,
      modelName: model.name,
      recipe,
      wideRecipe: this.#parts.wideRecipe,
      wide,
      target: order.target,
      compared: this.#compared,
      timedOn: points.some(({ time }) => time !== undefined) ? (clock?.device ?? before?.timedOn ?? null) : null,
      wideAgreement: this.#wideAgreement,
      ...(this.#wideJudgedOn === undefined ? {} : { wideJudgedOn: this.#wideJudgedOn }),
      points,
      ranking: ranking.length > 0 ? ranking : (before?.ranking ?? []),
      isFinished,
      ...(isCut ? { isCut } : {}),
      isReached: chosen !== null && chosen.agreement >= order.target,
      chosen: chosen?.number ?? null,
      use,
      recommendation: said.message,
      overflows,
      warnings: [...new Map(this.#warnings.map((said) => [said.message, said])).values()],
    };
  }
}

/** Ends after a picture of which it is told that it is enough. */
async function* untilEnough(inputs: ReturnType<typeof pictureInputs>, isEnough: () => boolean) {
  for await (const input of inputs) {
    yield input;
    if (input.isLast && isEnough()) return;
  }
}

interface Described {
  readonly key: string;
  readonly before: Tuning | null;
  readonly tried: readonly TunePoint[];
  readonly isFinished: boolean;
  readonly ranking: Tuning['ranking'];
  readonly isCut: boolean;
  readonly clock: CandidateClock | null;
}

/** What blocks that are kept compute in. */
export function wideOf({ precision }: Pick<Recipe, 'precision'>): Tuning['wide'] {
  return precision === 'fp16' ? 'fp16' : 'fp32';
}

function noPictures(): AppError {
  return new AppError('CALIBRATION_NEEDED', 'How far masks agree is found on pictures, and none were named.', {
    hint: 'Give a folder with more pictures than ranges need: --calibrate FOLDER, or --images FOLDER with tune.',
  });
}
