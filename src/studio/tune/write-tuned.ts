import { saveModel } from '../../onnx/model-write';
import { buildOrderSchema } from '../../shared/domain/engine';
import type { Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { settleCalibration } from '../engines/calibration-of-recipe';
import { CandidateGraphs } from '../engines/recipe-graph';

interface WritePlace {
  /** The studio's calibrations, and a file of the user's where there is one. */
  readonly directory: string;
  readonly file?: string;
  readonly signal: AbortSignal;
}

/** Writes the network of a recipe for 8 bits, as a build makes it. @throws AppError CALIBRATION_MISSING, DISK_FULL, ONNX_… */
export async function writeTuned(
  recipe: Recipe,
  model: ModelSummary,
  target: string,
  { directory, file, signal }: WritePlace,
): Promise<void> {
  const order = buildOrderSchema.parse({ recipe, ...(file === undefined ? {} : { calibration: { file } }) });
  const silent = { ofEngines: async () => [], onProgress: () => undefined, warn: () => undefined };
  const { calibration } = await settleCalibration(recipe, model, order, { directory, signal, ...silent });
  if (calibration === null) throw new Error('A recipe for 8 bits has a calibration.');
  const graphs = await CandidateGraphs.open(recipe, model, calibration, signal);
  try {
    await saveModel(graphs.without([]), target);
  } finally {
    graphs.close();
  }
}
