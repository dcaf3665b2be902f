import type { ErrorReport } from '../../shared/app-error';
import { remark } from '../../shared/remark';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { tunePrecision } from '../../quantization/precision-doctor';
import { recommend } from '../../quantization/recommend';
import { findSites } from '../../quantization/sites';
import { workShares } from '../../quantization/work-share';
import { AppError } from '../../shared/app-error';
import type { Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { CalibrationOrder, QuantizeStep } from '../../shared/domain/quantization';
import type { TuneOrder, TunePoint, Tuning } from '../../shared/domain/tuning';
import type { BuildTarget } from '../engines/build-plan';
import { namesPictures, quantizeStepOf, withCalibrateOptions } from '../engines/calibration-of-recipe';
import { canonicalJson, sha256 } from '../engines/canonical';
import { applyWideSteps, CandidateGraphs } from '../engines/recipe-graph';
import { engineKey } from '../engines/recipe';
import type { TimingCache } from '../engines/timing-cache';
import type { CalibrateOptions } from '../quantize/calibrate-folder';
import { choose, DEFAULT_COUNT, findPictures, hashAll } from '../quantize/calibrate-folder';
import { MaskAgreement } from '../quantize/mask-agreement';
import { pictureInputs } from '../quantize/picture-inputs';
import type { CandidateClock, ClockParts } from './candidate-clock';
import { candidateClock } from './candidate-clock';
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
  readonly signal: AbortSignal;
  readonly warn: (said: ErrorReport) => void;
  readonly onPoint: (point: TunePoint, progress: { readonly done: number; readonly most: number }) => void;
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
      return await new Run(parts, options, graphs).tune();
    } finally {
      graphs.close();
    }
  });
}

class Run {
  readonly #parts: TuneParts;
  readonly #options: CalibrateOptions;
  readonly #graphs: CandidateGraphs;
  readonly #step: QuantizeStep;
  readonly #warnings: ErrorReport[] = [];
  #masks: Promise<MaskAgreement> | null = null;
  #wideAgreement: number | null = null;

  constructor(parts: TuneParts, options: CalibrateOptions, graphs: CandidateGraphs) {
    const step = quantizeStepOf(parts.recipe);
    if (step === null) throw new Error('Only recipes for 8 bits are tuned.');
    this.#parts = parts;
    this.#options = options;
    this.#graphs = graphs;
    this.#step = step;
  }

  async tune(): Promise<Tuning> {
    const { order, store, signal, seeksSpeed, onPoint } = this.#parts;
    const compared = await this.#compared();
    const key = this.#keyFor(await hashAll(compared, this.#options.folder, signal));
    const before = await store.load(key, (said) => this.#warn(said));
    this.#wideAgreement = before?.wideAgreement ?? null;
    const clock = order.timing ? this.#clock() : null;
    const tried: TunePoint[] = [];
    const describe = (isFinished: boolean, ranking: Tuning['ranking']): Tuning =>
      this.#describe({ key, before, tried, isFinished, ranking, compared: compared.length, clock });
    try {
      const { kinds, keep } = this.#step;
      const sites = findSites(this.#graphs.wide.graph).filter(
        ({ kind, block }) => kinds.includes(kind) && !keep.includes(block),
      );
      const diagnosis = await tunePrecision({
        target: order.target,
        blocks: [...new Set(sites.map(({ block }) => block))],
        gains: workShares(this.#graphs.wide, kinds, this.#parts.recipe.shapes.opt),
        agreementOf: async (kept) => (await this.#masksFor(compared)).of(this.#graphs.without(kept), signal),
        ...(clock === null
          ? {}
          : {
              timeOf: (kept) => clock.time(() => this.#graphs.without(kept), signal),
              affords: (count) => clock.affords(count),
            }),
        seeksSpeed,
        known: before?.points ?? [],
        signal,
        onPoint: async (point, progress) => {
          tried.push(point);
          await store.save(describe(false, []));
          onPoint(point, progress);
        },
      });
      if (this.#wideAgreement === null) this.#wideAgreement = await this.#agreementOfWide(compared);
      // A build asks for no more than its target: whether something would be faster stays open.
      const isWhole = seeksSpeed || before?.isFinished === true;
      const tuning = describe(isWhole, [...diagnosis.ranking]);
      await store.save(tuning);
      return tuning;
    } finally {
      await clock?.close();
    }
  }

  #clock(): CandidateClock | null {
    const { recipe, model, target, timing, signal, order, clock = candidateClock, threads = 0 } = this.#parts;
    const form = { input: describeIo(this.#graphs.wide).input, preprocessing: this.#options.form.preprocessing };
    const wide = (): Promise<OnnxModel> => this.#openWide();
    const warn = (said: ErrorReport): void => this.#warn(said);
    const parts = {
      recipe,
      model,
      target,
      timing,
      signal,
      limit: new TimeLimit(order.seconds),
      warn,
      wide,
      form,
      threads,
    };
    return clock({ ...parts, base: this.#graphs.wide });
  }

  /** Pictures that were not calibrated on, where there are any. */
  async #compared(): Promise<string[]> {
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

  /** The reference is the network in 32 bits; what cannot be read was or will be told by the calibration. */
  #masksFor(paths: readonly string[]): Promise<MaskAgreement> {
    const { model, form, signal } = this.#options;
    this.#masks ??= MaskAgreement.with(
      model,
      (input) => pictureInputs(paths, { ...form, input }, () => undefined),
      signal,
    );
    return this.#masks;
  }

  async #agreementOfWide(compared: readonly string[]): Promise<number> {
    if (this.#parts.wideRecipe.precision === 'fp32') return 1;
    const wide = await this.#openWide();
    try {
      return await (await this.#masksFor(compared)).of(wide, this.#parts.signal);
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

  #describe({ key, before, tried, isFinished, ranking, compared, clock }: Described): Tuning {
    const { recipe, model, order, overflows } = this.#parts;
    const points = numbered(before?.points ?? [], tried);
    const wide = wideOf(this.#parts.wideRecipe);
    const { use, text, chosen } = recommend(points, { format: this.#step.format, wide, target: order.target });
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
      compared,
      timedOn: points.some(({ time }) => time !== undefined) ? (clock?.device ?? before?.timedOn ?? null) : null,
      wideAgreement: this.#wideAgreement,
      points,
      ranking: ranking.length > 0 ? ranking : (before?.ranking ?? []),
      isFinished,
      isReached: chosen !== null && chosen.agreement >= order.target,
      chosen: chosen?.number ?? null,
      use,
      recommendation: text,
      overflows,
      warnings: [...new Map(this.#warnings.map((said) => [said.message, said])).values()],
    };
  }
}

interface Described {
  readonly key: string;
  readonly before: Tuning | null;
  readonly tried: readonly TunePoint[];
  readonly isFinished: boolean;
  readonly ranking: Tuning['ranking'];
  readonly compared: number;
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
