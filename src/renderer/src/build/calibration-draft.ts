import type { BuildOrderInput, Recipe } from '../../../shared/domain/engine';
import { isEightBit } from '../../../shared/domain/engine';
import type { CalibrationOrder, QuantizedKind } from '../../../shared/domain/quantization';

/** Where the ranges for 8 bits come from. `recipe`: the calibration that the opened recipe names. */
export type CalibrationSource = 'strip' | 'folder' | 'file' | 'recipe';

/** Numbers are kept as text, so that nothing that was typed is ever lost. */
export interface CalibrationDraft {
  readonly source: CalibrationSource;
  readonly folder: string | null;
  /** A calibration that was taken in; `name` is what the user knows it by. */
  readonly file: { readonly path: string; readonly name: string } | null;
  readonly count: string;
  readonly seed: string;
  readonly method: CalibrationOrder['method'];
  /** Blocks and layers that stay in 16 bits. */
  readonly keep: readonly string[];
  /** Layers that compute in 8 bits; null: what suits the network and the runtime. */
  readonly kinds: readonly QuantizedKind[] | null;
}

export const defaultCalibration: CalibrationDraft = {
  source: 'strip',
  folder: null,
  file: null,
  count: '128',
  seed: '1',
  method: 'mse',
  keep: [],
  kinds: null,
};

/** The likeliest first. */
export const rangeMethods = [
  'mse',
  'percentile',
  'entropy',
  'min-max',
] as const satisfies readonly CalibrationOrder['method'][];

const MOST_PICTURES = 100_000;
const MOST_SEED = 2 ** 31 - 1;

/** How many pictures, or null for what is no such number. */
export function countOf(text: string): number | null {
  return wholeNumber(text, 1, MOST_PICTURES);
}

export function seedOf(text: string): number | null {
  return wholeNumber(text, 0, MOST_SEED);
}

type CalibrationInput = NonNullable<BuildOrderInput['calibration']>;

/** What the studio is asked for; null while something is missing. `strip`: ids of the pictures on the film strip. */
export function calibrationOrderOf(draft: CalibrationDraft, strip: readonly string[]): CalibrationInput | null {
  const { source, folder, file, method, kinds } = draft;
  if (kinds?.length === 0) return null;
  const ways = { method, keep: [...draft.keep], ...(kinds === null ? {} : { kinds: [...kinds] }) };
  if (source === 'recipe') return ways;
  if (source === 'file') return file === null ? null : { ...ways, file: file.path };
  const [count, seed] = [countOf(draft.count), seedOf(draft.seed)];
  if (count === null || seed === null) return null;
  if (source === 'folder') return folder === null ? null : { ...ways, folder, count, seed };
  return strip.length === 0 ? null : { ...ways, pictures: [...strip], count, seed };
}

export function calibrationOfRecipe(recipe: Recipe): CalibrationDraft {
  const step = recipe.passes.find(({ pass }) => pass === 'quantize');
  if (step?.pass !== 'quantize' || !isEightBit(recipe.precision)) return defaultCalibration;
  const source = step.statistics === null ? defaultCalibration.source : 'recipe';
  return { ...defaultCalibration, source, method: step.method, keep: step.keep, kinds: step.kinds };
}

function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
