import { join } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import type { BuildOrder, Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { TuneOrder, TunePoint, Tuning } from '../../shared/domain/tuning';
import { recommend } from '../../quantization/recommend';
import { AppError } from '../../shared/app-error';
import { remark } from '../../shared/remark';
import { percent } from '../tune/describe-point';
import type { Deadline } from '../tune/deadline';
import { tuneRecipe, wideOf } from '../tune/tune-recipe';
import type { TuningStore } from '../tune/tuning-store';
import { withKept } from '../tune/tuning-store';
import type { BuildPlan } from './build-plan';
import { planBuild } from './build-plan';
import { namesPictures, quantizeStepOf, settleCalibration } from './calibration-of-recipe';
import type { CalibrationPlace } from './calibration-of-recipe';
import { engineFiles } from './engine-files';
import type { EngineLibrary } from './engine-library';
import { keepOverflows, withOverflows } from './keep-overflows';
import type { TimingCache } from './timing-cache';

/** What all builds and tunings of a studio share. */
export interface BuildParts {
  readonly libraries: TensorRtLibraries;
  readonly library: EngineLibrary;
  readonly timing: TimingCache;
  readonly tunings: TuningStore;
  /** The studio's calibrations for 8 bits, one file for each. */
  readonly calibrations: string;
  /** Of the processor, for calibrating; ONNX Runtime decides when left out. */
  readonly threads?: number;
}

/** Who hears of the work before a build. */
export interface SettleListener extends Pick<CalibrationPlace, 'signal' | 'onProgress' | 'warn'> {
  readonly info: (said: ErrorReport) => void;
  /** After each trial: what it was, and the share of the search that is done, 0 to 1. */
  readonly onTrial: (point: TunePoint, share: number) => void;
}

/** An order of which nothing is open any more. */
export interface SettledBuild {
  readonly plan: BuildPlan;
  /** What the recipe's last step needs; null where nothing is in 8 bits. */
  readonly calibration: CalibrationRecord | null;
  readonly overflows: Tuning['overflows'];
}

/**
 * Calibrates where that is needed, and fills in what follows from it: which calibration the recipe means, and which layers
 * stay in 32 bits. What calibrating found is kept even when the work is given up after it.
 *
 * @throws what {@link settleCalibration} throws
 */
export async function settlePlan(
  parts: BuildParts,
  plan: BuildPlan,
  model: ModelSummary,
  order: BuildOrder,
  { onProgress, signal, warn, info }: SettleListener,
): Promise<SettledBuild> {
  const { calibrations: directory, threads, library } = parts;
  const how = threads === undefined ? { directory } : { directory, threads };
  const place = { ...how, signal, warn, onProgress, ofEngines: (hash: string) => calibrationsOf(library, hash) };
  const { recipe, calibration } = await settleCalibration(plan.recipe, model, order, place);
  // A recipe that is followed to the letter has settled what stays wide.
  if (calibration === null || order.recipe !== undefined) {
    return { plan: { ...plan, recipe }, calibration, overflows: [] };
  }
  const free = await keepOverflows(recipe, model, calibration, signal);
  for (const overflow of free.overflows) info(staysWide(overflow));
  return { plan: { ...plan, recipe: free.recipe }, calibration, overflows: free.overflows };
}

/**
 * Finds the blocks that have to stay out of 8 bits. Candidates are timed on what they are built for, where that is here, and
 * judged by the masks of the very engine; else masks are compared on ONNX Runtime.
 *
 * @throws what {@link tuneRecipe} and {@link planBuild} throw
 */
export async function tuneSettled(
  parts: BuildParts,
  { plan, calibration, overflows }: SettledBuild,
  model: ModelSummary,
  order: BuildOrder,
  how: SettleListener & { readonly tune: TuneOrder; readonly seeksSpeed: boolean; readonly deadline?: Deadline },
): Promise<Tuning> {
  const { libraries, library, timing, tunings, calibrations, threads } = parts;
  if (calibration === null || quantizeStepOf(plan.recipe) === null) {
    throw new AppError('RECIPE_CONTRADICTORY', 'What bears 8 bits is a question of networks in 8 bits.', {
      hint: 'Choose INT8 or FP8.',
    });
  }
  const wideRecipe =
    order.recipe === undefined
      ? withOverflows(await widePlan(libraries, library, model, order), overflows)
      : wideOfRecipe(plan.recipe);
  const { signal, warn, onTrial, tune, seeksSpeed, deadline } = how;
  return tuneRecipe({
    recipe: plan.recipe,
    wideRecipe,
    model,
    calibration,
    pictures: order.calibration,
    order: tune,
    seeksSpeed,
    target: plan.target,
    overflows,
    store: tunings,
    timing,
    directory: calibrations,
    ...(threads === undefined ? {} : { threads }),
    ...(deadline === undefined ? {} : { deadline }),
    signal,
    warn,
    onPoint: onTrial,
  });
}

/**
 * The settled build with those blocks out of 8 bits that stand against the agreement which the order asks for.
 * @throws AppError AGREEMENT_NOT_REACHED, and what {@link tuneSettled} throws
 */
export async function reachAgreement(
  parts: BuildParts,
  settled: SettledBuild,
  model: ModelSummary,
  order: BuildOrder,
  listener: SettleListener,
): Promise<SettledBuild> {
  const { targetAgreement: target } = order;
  if (target === undefined || order.recipe !== undefined || settled.calibration === null) return settled;
  const limits = { seconds: LIMIT_SECONDS, rankSeconds: LIMIT_SECONDS };
  const tune = { target, compared: COMPARED, timing: true, ...limits };
  const tuning = await tuneSettled(parts, settled, model, order, { ...listener, tune, seeksSpeed: false });
  const { recommendation, compared, points, chosen } = tuning;
  const sentence = `${recommendation} Compared on ${compared === 1 ? 'one picture' : `${compared} pictures`}.`;
  if (!tuning.isReached) {
    throw new AppError(
      'AGREEMENT_NOT_REACHED',
      `${model.name} does not keep its masks as far as was asked for. ${sentence}`,
      { hint: 'Build in 16 or 32 bits, ask for less with --target-agreement, or calibrate with more pictures.' },
    );
  }
  const point = points.find(({ number }) => number === chosen);
  const isSlow = point?.time !== undefined && tuning.use === tuning.wide;
  if (isSlow) listener.warn(keptButSlower(tuning, sentence, point));
  else {
    listener.info(recommendationOf(tuning));
    listener.info(comparedOn(compared));
  }
  return { ...settled, plan: { ...settled.plan, recipe: withKept(settled.plan.recipe, point?.blocks ?? []) } };
}

// Values that overflow have the details most, type and end.
function staysWide({ node, reason, details = {} }: Tuning['overflows'][number]): ErrorReport {
  return remark('stays-wide', `${node} stays in FP32: ${reason}`, { ...details, node });
}

function comparedOn(pictures: number): ErrorReport {
  return remark('tuned-on', `Compared on ${pictures === 1 ? 'one picture' : `${pictures} pictures`}.`, { pictures });
}

/** What to build, for shells in other languages as well. */
export function recommendationOf({ points, recipe, wide, target }: Tuning): ErrorReport {
  const format = recipe.precision === 'fp8' ? 'fp8' : 'int8';
  return recommend(points, { format, wide, target }).said;
}

/** 8 bits with the target kept, for which the network in higher precision would be faster. */
function keptButSlower(
  { recipe, wide, compared }: Tuning,
  sentence: string,
  point: TunePoint | undefined,
): ErrorReport {
  return remark('eight-bits-slower', sentence, {
    narrow: recipe.precision.toUpperCase(),
    wide: wide.toUpperCase(),
    agreement: percent(point?.agreement ?? 0),
    milliseconds: (point?.time?.milliseconds ?? 0).toFixed(2),
    other: (point?.time?.float ?? 0).toFixed(2),
    pictures: compared,
  });
}

/** As `maskforge tune` has it where nobody says otherwise. */
const COMPARED = 24;
const LIMIT_SECONDS = 900;

/** The best that would be built without 8 bits, plugins included where they pay. */
async function widePlan(
  libraries: TensorRtLibraries,
  library: EngineLibrary,
  model: ModelSummary,
  order: BuildOrder,
): Promise<Recipe> {
  const { calibration: _pictures, targetAgreement: _target, precision: _narrow, ...rest } = order;
  return (await planBuild(libraries, library.models, model, rest)).recipe;
}

function wideOfRecipe(recipe: Recipe): Recipe {
  const precision = recipe.runtime.family === 'onnxruntime' ? 'fp32' : 'fp16';
  return { ...recipe, precision: wideOf({ precision }), passes: recipe.passes.slice(0, -1) };
}

/** Whether pictures have to run first, and whether blocks have to be found after that. */
export function workAhead(recipe: Recipe, order: BuildOrder): { calibrates: boolean; tunes: boolean } {
  const calibrates = quantizeStepOf(recipe) !== null && namesPictures(order);
  return { calibrates, tunes: calibrates && order.targetAgreement !== undefined && order.recipe === undefined };
}

async function calibrationsOf(library: EngineLibrary, hash: string): Promise<string[]> {
  const files: string[] = [];
  for (const { id } of await library.list()) {
    const { record, folder } = await library.read(id);
    if (quantizeStepOf(record.recipe)?.statistics === hash) files.push(join(folder, engineFiles.calibration));
  }
  return files;
}
