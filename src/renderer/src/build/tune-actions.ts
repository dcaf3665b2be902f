import type { PassStep, Recipe } from '../../../shared/domain/engine';
import type { KeptTuning, NumberedPoint } from '../../../shared/domain/tuning';
import { studio } from '../studio-client/studio';
import { currentOrder, enterStep, openRecipe } from './build-actions';
import type { BuildDraft } from './build-draft';
import { buildStore } from './build-store';

/** Starts finding out, or goes on where it was broken off. @returns the job's id */
export async function startTuning(target: number): Promise<string | null> {
  const { modelId, draft } = buildStore.getState();
  const order = currentOrder(draft);
  if (modelId === null || order === null) return null;
  return (await studio.call('engines.tune', { modelId, order, tune: { target } })).jobId;
}

/** The wizard with everything as this point has it, before the build. */
export function buildPoint({ recipe, file }: KeptTuning, point: NumberedPoint, modelId: string): void {
  openTuned(withKept(recipe, point.blocks), modelId, { file, point: String(point.number) });
}

function openTuned(recipe: Recipe, modelId: string, tuned: NonNullable<BuildDraft['tuned']>): void {
  openRecipe(recipe, modelId);
  // Only the terminal needs to know where it comes from.
  const { draft } = buildStore.getState();
  buildStore.setState({ draft: { ...draft, tuned } });
  enterStep('build');
}

/** What was found to be better than 8 bits, with the layers in 32 bits that would overflow in 16. */
export function buildWide({ wideRecipe, file }: KeptTuning, modelId: string): void {
  openTuned(wideRecipe, modelId, { file, point: 'wide' });
}

function withKept(recipe: Recipe, blocks: readonly string[]): Recipe {
  const passes = recipe.passes.map((step): PassStep => {
    return step.pass === 'quantize' ? { ...step, keep: [...new Set([...step.keep, ...blocks])].sort() } : step;
  });
  return { ...recipe, passes };
}
