import { AppError } from '../../shared/app-error';
import type { BuildOrder, Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { recommend } from '../../quantization/recommend';
import { SITE_KINDS } from '../../quantization/sites';
import { tuneFolder } from '../quantize/tune-folder';
import type { CalibrationPlace } from './calibration-of-recipe';
import { namesPictures, quantizeStepOf, withCalibrateOptions } from './calibration-of-recipe';

export interface TargetPlace extends Pick<CalibrationPlace, 'directory' | 'signal' | 'warn'> {
  /** After each trial: what it was, and its number of the most that there can be. */
  readonly onTrial: (text: string, done: number, most: number) => void;
  readonly info: (text: string) => void;
}

/**
 * Finds the blocks of a network that have to stay out of 8 bits for the masks to agree as far as the order asks, and keeps
 * them out in the recipe. Masks are compared on ONNX Runtime, on pictures of the folder that ranges do not come from; where
 * the engine is for ONNX Runtime, candidates are timed as well.
 *
 * @throws AppError CALIBRATION_NEEDED without pictures, AGREEMENT_NOT_REACHED, and what {@link tuneFolder} throws
 */
export async function tuneToTarget(
  recipe: Recipe,
  model: ModelSummary,
  { targetAgreement: target, calibration, recipe: replayed }: BuildOrder,
  { directory, signal, onTrial, warn, info }: TargetPlace,
): Promise<Recipe> {
  const step = quantizeStepOf(recipe);
  if (step === null || target === undefined || replayed !== undefined) return recipe;
  if (calibration === undefined || !namesPictures({ calibration })) throw noPictures();
  const { format, method, keep } = step;
  const kinds = Object.fromEntries(SITE_KINDS.map((kind) => [kind, step.kinds.includes(kind)]));
  const isOnProcessor = recipe.runtime.family === 'onnxruntime';
  const {
    tuning,
    warnings,
    compared,
    calibration: own,
  } = await withCalibrateOptions(recipe, model, calibration, { directory, signal }, (options) =>
    tuneFolder({
      ...options,
      target,
      quantize: { format, method, keep, kinds },
      timed: isOnProcessor && format === 'int8',
      onPoint: ({ kind, blocks }, { done, most }) =>
        onTrial(kind === 'alone' ? (blocks[0] ?? '') : `${blocks.length} blocks kept`, done, most),
    }),
  );
  // What calibrating had to say was said.
  warnings.filter((text) => !own.warnings.includes(text)).forEach(warn);
  const words = { format: format.toUpperCase(), wide: isOnProcessor ? 'FP32' : 'FP16', target };
  const sentence = `${recommend(tuning, words)} Compared on ${compared === 1 ? 'one picture' : `${compared} pictures`}.`;
  if (!tuning.isReached) throw notReached(model, sentence);
  const isSlower = tuning.time !== null && tuning.time.milliseconds > tuning.time.float;
  (isSlower ? warn : info)(sentence);
  return withKept(recipe, [...keep, ...tuning.keep]);
}

function withKept(recipe: Recipe, keep: readonly string[]): Recipe {
  const sorted = [...new Set(keep)].sort();
  const passes = recipe.passes.map((step) => (step.pass === 'quantize' ? { ...step, keep: sorted } : step));
  return { ...recipe, passes };
}

function noPictures(): AppError {
  return new AppError('CALIBRATION_NEEDED', 'How far masks agree is found on pictures, and none were named.', {
    hint: 'Give a folder with more pictures than ranges need: --calibrate FOLDER.',
  });
}

function notReached({ name }: ModelSummary, sentence: string): AppError {
  return new AppError('AGREEMENT_NOT_REACHED', `${name} does not keep its masks as far as was asked for. ${sentence}`, {
    hint: 'Build in 16 or 32 bits, ask for less with --target-agreement, or calibrate with more pictures.',
  });
}
