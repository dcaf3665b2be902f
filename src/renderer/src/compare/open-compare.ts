import type { ComparisonSide } from '../../../shared/domain/comparison';
import type { EngineSummary } from '../../../shared/domain/engine';
import { enterMode } from '../modes/mode-store';
import { setCompare } from './compare-store';
import { modelSide } from './default-sides';

/** Enters the mode with these sides, 2 to 4, `reference` being the index of the one that the others are compared with. */
export function openCompare(sides: readonly ComparisonSide[], reference = 0): void {
  // What is open is closed once the mode's own code, which is loaded now, sees that another comparison is wanted.
  const other = reference === 0 ? 1 : 0;
  setCompare({ sides, reference, chosen: true, other, picked: other, change: null, wanted: true });
  enterMode('compare');
}

/** An engine beside the model that it was made of. */
export function compareEngine({ id, modelId }: Pick<EngineSummary, 'id' | 'modelId'>): void {
  openCompare([modelSide(modelId), { kind: 'engine', engineId: id }]);
}
