import type { CalibrationRecord } from '../../quantization/calibration-record';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import type { PassReport } from '../../onnx/pass';
import type { Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { ApplyOptions } from './apply-recipe';
import { applySteps } from './apply-recipe';
import { quantizeStepOf } from './calibration-of-recipe';
import { quantizeGraph } from './quantize-graph';

/** All of a recipe's passes but the one that writes 8 bits, on the graph itself. @throws AppError PASS_UNKNOWN, CANCELLED, ONNX_… */
export function applyWideSteps(graph: OnnxModel, recipe: Recipe, options: ApplyOptions = {}): Promise<PassReport[]> {
  const { passes } = recipe;
  return applySteps(graph, quantizeStepOf(recipe) === null ? passes : passes.slice(0, -1), options);
}

/**
 * The graphs that engines of a recipe for 8 bits are built from, one for each choice of what stays out of 8 bits: what a
 * build makes, without writing it anywhere. Close it.
 */
export class CandidateGraphs {
  /** Before anything is in 8 bits. */
  readonly wide: OnnxModel;
  readonly #recipe: Recipe;
  readonly #calibration: CalibrationRecord;

  private constructor(wide: OnnxModel, recipe: Recipe, calibration: CalibrationRecord) {
    this.wide = wide;
    this.#recipe = recipe;
    this.#calibration = calibration;
  }

  /** @throws AppError ONNX_…, CANCELLED */
  static async open(
    recipe: Recipe,
    { path }: Pick<ModelSummary, 'path'>,
    calibration: CalibrationRecord,
    signal: AbortSignal,
  ): Promise<CandidateGraphs> {
    const wide = await openModel(path);
    try {
      await applyWideSteps(wide, recipe, { signal });
      return new CandidateGraphs(wide, recipe, calibration);
    } catch (error) {
      wide.close();
      throw error;
    }
  }

  /** With these blocks kept beside those that the recipe names. @throws what {@link quantizeGraph} throws */
  without(kept: readonly string[]): OnnxModel {
    const step = quantizeStepOf(this.#recipe);
    if (step === null) throw new Error('Only recipes for 8 bits have candidates.');
    return quantizeGraph(this.wide, { ...step, keep: [...step.keep, ...kept] }, this.#calibration).model;
  }

  close(): void {
    this.wide.close();
  }
}
