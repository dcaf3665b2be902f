import { statisticsOf } from '../../quantization/calibration-record';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { float16Ranges } from '../../quantization/float16-ranges';
import { DataType } from '../../onnx/data-type';
import { nodeLabel } from '../../onnx/node';
import { LIMITS, planPrecision, VALUES_OVERFLOW } from '../../onnx/passes/precision-plan';
import type { PassStep, Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { Tuning } from '../../shared/domain/tuning';
import { withFloatGraph } from './calibration-of-recipe';

export interface OverflowFree {
  readonly recipe: Recipe;
  /** What stays in 32 bits, and why. */
  readonly overflows: Tuning['overflows'];
}

/**
 * A recipe in which layers stay in 32 bits whose values, on the calibration's pictures, come near the largest number of 16
 * bits. The recipe names them, so that it does the same elsewhere without the pictures.
 */
export async function keepOverflows(
  recipe: Recipe,
  model: ModelSummary,
  calibration: CalibrationRecord,
  signal: AbortSignal,
): Promise<OverflowFree> {
  const narrows = recipe.passes.some((step) => step.pass === 'to-float16' && step.keep === undefined);
  const ranges = narrows ? float16Ranges(statisticsOf(calibration)) : new Map<string, never>();
  // Most networks stay far below, and need no second look at their graph.
  const largest = [...ranges.values()].reduce((most, { max }) => Math.max(most, max), 0);
  if (largest * 2 <= LIMITS[DataType.FLOAT16].largest) return { recipe, overflows: [] };
  const weighed = await withFloatGraph(recipe, model, signal, async ({ graph }) => {
    const usual = new Set(planPrecision(graph, DataType.FLOAT16).risks.map(({ node }) => node));
    const { risks } = planPrecision(graph, DataType.FLOAT16, { ranges });
    return risks
      .filter(({ node, code }) => !usual.has(node) && code === VALUES_OVERFLOW)
      .map(({ node, reason, code, details }) => ({ node: nodeLabel(node), reason, code, details: { ...details } }));
  });
  if (weighed.length === 0) return { recipe, overflows: [] };
  return { recipe: withOverflows(recipe, weighed), overflows: weighed };
}

/** The recipe with these layers in 32 bits. */
export function withOverflows(recipe: Recipe, overflows: Tuning['overflows']): Recipe {
  if (overflows.length === 0) return recipe;
  const keep = overflows.map(({ node }) => node).sort();
  const passes = recipe.passes.map((step): PassStep => (step.pass === 'to-float16' ? { ...step, keep } : step));
  return { ...recipe, passes };
}
