import type { PassStep, Recipe } from '../../../shared/domain/engine';
import type { KeptTuning, NumberedPoint } from '../../../shared/domain/tuning';
import { studio } from '../studio-client/studio';
import { currentOrder, enterStep, openRecipe } from './build-actions';
import { buildStore, changeDraft } from './build-store';

/** Starts finding out, or goes on where it was broken off. @returns the job's id */
export async function startTuning(target: number): Promise<string | null> {
  const { modelId, draft } = buildStore.getState();
  const order = currentOrder(draft);
  if (modelId === null || order === null) return null;
  return (await studio.call('engines.tune', { modelId, order, tune: { target } })).jobId;
}

/** The wizard with everything as this point has it, before the build. */
export function buildPoint({ recipe, file }: KeptTuning, point: NumberedPoint, modelId: string): void {
  openRecipe(withKept(recipe, point.blocks), modelId);
  // Only the terminal needs to know where it comes from.
  const { draft } = buildStore.getState();
  buildStore.setState({ draft: { ...draft, tuned: { file, number: point.number } } });
  enterStep('build');
}

/** The precision that was found to be better. */
export function buildWide({ wide }: KeptTuning): void {
  changeDraft({ precision: wide });
  enterStep('build');
}

function withKept(recipe: Recipe, blocks: readonly string[]): Recipe {
  const passes = recipe.passes.map((step): PassStep => {
    return step.pass === 'quantize' ? { ...step, keep: [...new Set([...step.keep, ...blocks])].sort() } : step;
  });
  return { ...recipe, passes };
}
