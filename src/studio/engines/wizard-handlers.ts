import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { StudioHandlers } from '../../shared/contract';
import type { BuildOrder, Precision } from '../../shared/domain/engine';
import { isEightBit } from '../../shared/domain/engine';
import type { MemoryEstimate } from '../../shared/domain/engine-kept';
import type { ModelSummary } from '../../shared/domain/model';
import type { CalibrationPreview } from '../../shared/domain/quantization';
import { memoryNeed } from '../../onnx/memory';
import type { OnnxModel } from '../../onnx/model';
import { calibrationFromText, calibrationToText } from '../../quantization/calibration-record';
import type { SiteKind } from '../../quantization/sites';
import { SITE_KINDS } from '../../quantization/sites';
import { writeFileAtomically } from '../library/json-file';
import type { ModelLibrary } from '../library/model-library';
import { blocksOf, previewCalibration } from '../quantize/preview-calibration';
import type { CalibrationAccess } from './calibration-access';
import { givenCalibrations, withCalibrationPaths } from './calibration-access';
import {
  calibrationHash,
  namesPictures,
  quantizeStepOf,
  readCalibrationFor,
  withCalibrateOptions,
  withFloatGraph,
} from './calibration-of-recipe';
import { countKinds, kindsOfFile, PROCESSOR_KINDS } from './eight-bit-kinds';
import type { EngineLibrary } from './engine-library';
import { keepName, readDifferences, readKept } from './kept-measurements';
import { draftAnywhere } from './rehearse';

export type WizardHandlers = Pick<
  StudioHandlers,
  | 'engines.kept'
  | 'engines.differences'
  | 'engines.rename'
  | 'engines.estimate'
  | 'engines.previewCalibration'
  | 'engines.addCalibration'
>;

interface WizardParts extends CalibrationAccess {
  readonly library: EngineLibrary;
  readonly models: ModelLibrary;
  /** Tells all shells that something about engines is new. */
  readonly changed: () => Promise<void>;
}

/** What the wizard and the table of engines ask beside building: cheap looks ahead and back. */
export function wizardHandlers(parts: WizardParts): WizardHandlers {
  const { library, models, calibrations, changed } = parts;
  return {
    'engines.kept': async () => Promise.all((await library.list()).map(readKept)),
    'engines.differences': async ({ engineId }) => readDifferences(library.folderOf(await library.resolve(engineId))),
    'engines.rename': async ({ engineId, name }) => {
      const id = await library.resolve(engineId);
      await keepName(library.folderOf(id), name);
      await changed();
      return { engineId: id };
    },
    'engines.estimate': async ({ modelId, order }, { signal }) => estimate(await models.get(modelId), order, signal),
    'engines.previewCalibration': async ({ modelId, order }, { signal }) => {
      const model = await models.get(modelId);
      const kinds = await defaultKinds(model, order, library);
      return preview(model, withCalibrationPaths(order, parts), { kinds, directory: calibrations, signal });
    },
    'engines.addCalibration': async ({ name, text }) => {
      const record = calibrationFromText(text, name);
      const file = join(givenCalibrations(calibrations), `${calibrationHash(record).slice(0, 32)}.json`);
      await writeFileAtomically(file, calibrationToText(record));
      return { file, modelName: record.modelName, pictures: record.inputs };
    },
  };
}

async function estimate(model: ModelSummary, order: BuildOrder, signal: AbortSignal): Promise<MemoryEstimate> {
  const recipe = await draftAnywhere(model, order);
  return withFloatGraph(recipe, model, signal, async (graph) => {
    const floats = floatBytes(recipe.precision, order.runtime === 'onnxruntime');
    const [opt, max] = [recipe.shapes.opt, recipe.shapes.max].map((shape) =>
      memoryNeed(graph, { ...shape, ...floats }),
    );
    if (opt === undefined || max === undefined) {
      throw new AppError('ONNX_INPUT_UNSUPPORTED', `${model.name} takes no picture.`, {
        hint: 'Choose a network with one image input.',
      });
    }
    return {
      weightBytes: max.weights,
      opt: { activationBytes: opt.activations, inputBytes: opt.input },
      max: { activationBytes: max.activations, inputBytes: max.input },
      unknown: max.unknown,
    };
  });
}

/** Bytes of a float by precision. In 8 bits the matrices shrink, and what flows between them stays as wide as around. */
function floatBytes(precision: Precision, isOnProcessor: boolean): { weightFloat: number; activationFloat: number } {
  if (isEightBit(precision)) return { weightFloat: 1, activationFloat: isOnProcessor ? 4 : 2 };
  const bytes = precision === 'fp16' || precision === 'bf16' ? 2 : 4;
  return { weightFloat: bytes, activationFloat: bytes };
}

/** What computes in 8 bits where the order names nothing; a runtime that is left open is taken for one on a GPU. */
async function defaultKinds(
  { path }: ModelSummary,
  { runtime }: BuildOrder,
  { models }: EngineLibrary,
): Promise<readonly SiteKind[]> {
  return runtime === 'onnxruntime' ? PROCESSOR_KINDS : kindsOfFile(path, (await models.of(path)).sha256);
}

interface PreviewHow {
  /** Those that compute in 8 bits unless others are asked for. */
  readonly kinds: readonly SiteKind[];
  readonly directory: string;
  readonly signal: AbortSignal;
}

async function preview(
  model: ModelSummary,
  order: BuildOrder,
  { kinds, directory, signal }: PreviewHow,
): Promise<CalibrationPreview> {
  const recipe = await draftAnywhere(model, order);
  const { calibration } = order;
  const ofRecipe = order.recipe === undefined ? null : quantizeStepOf(order.recipe);
  const wanted = ofRecipe?.kinds ?? calibration?.kinds ?? kinds;
  const look = (graph: OnnxModel): Layers => layersOf(graph, wanted, kinds);
  if (calibration !== undefined && namesPictures(order)) {
    return withCalibrateOptions(recipe, model, calibration, { directory, signal }, async (options) => ({
      ...(await previewCalibration(options)),
      ...look(options.model),
    }));
  }
  const none = { pictures: [], warnings: [] };
  if (calibration?.file === undefined) {
    const layers = await withFloatGraph(recipe, model, signal, async (graph) => look(graph));
    return { ...none, found: 0, chosen: 0, skipped: [], cached: 'none', done: 0, ...layers };
  }
  const named = { file: calibration.file, kinds: [...wanted] };
  const { record, seen } = await readCalibrationFor(recipe, model, named, signal, look);
  const count = record.source.pictures.length;
  return { ...none, found: count, chosen: count, skipped: record.skipped, cached: 'whole', done: record.done, ...seen };
}

type Layers = Pick<CalibrationPreview, 'blocks' | 'kinds'>;

function layersOf(model: OnnxModel, wanted: readonly SiteKind[], byDefault: readonly SiteKind[]): Layers {
  const blocks = blocksOf(model, wanted);
  const counts = countKinds(model.graph);
  const kinds = SITE_KINDS.map((kind) => ({
    kind,
    layers: counts.get(kind) ?? 0,
    isDefault: byDefault.includes(kind),
  }));
  return { blocks, kinds };
}
