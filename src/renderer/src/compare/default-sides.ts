import { MOST_SIDES, type ComparisonSide } from '../../../shared/domain/comparison';
import type { EngineSummary } from '../../../shared/domain/engine';

/**
 * A model as it is, and its engines that run here: the newest of each precision, as many as there is room for. Empty when
 * the model has none. `engines` come newest first.
 */
export function defaultSides(modelId: string | null, engines: readonly EngineSummary[]): ComparisonSide[] {
  if (modelId === null) return [];
  const ready = engines.filter((engine) => engine.modelId === modelId && engine.state === 'ready');
  const newest = new Map<string, EngineSummary>();
  for (const engine of ready) if (!newest.has(engine.precision)) newest.set(engine.precision, engine);
  const chosen = [...newest.values()].slice(0, MOST_SIDES - 1);
  if (chosen.length === 0) return [];
  return [modelSide(modelId), ...chosen.map(({ id }): ComparisonSide => ({ kind: 'engine', engineId: id }))];
}

export function modelSide(modelId: string): ComparisonSide {
  return { kind: 'model', modelId, runtime: 'onnxruntime' };
}

export function sameSide(a: ComparisonSide, b: ComparisonSide): boolean {
  return sideKey(a) === sideKey(b);
}

/** Tells sides apart. */
export function sideKey(side: ComparisonSide): string {
  if (side.kind === 'model') return `model:${side.runtime}:${side.modelId}`;
  return side.kind === 'engine' ? `engine:${side.engineId}` : `masks:${side.directory}`;
}
