import { join } from 'node:path';
import type { EngineRecord } from '../../shared/domain/engine';
import { isStatic } from '../../shared/domain/engine';
import type { ModelSummary, Preprocessing, Rgb, SizePolicy } from '../../shared/domain/model';
import type { EngineToOpen } from '../../runtimes/tensorrt/engine-geometry';
import type { Machine } from './engine-state';
import { deviceFor } from './engine-state';

/** What of a model may have been chosen anew since the engine was built. */
type Chosen = Pick<ModelSummary, 'preprocessing' | 'labels'>;

/**
 * An engine with all that running it needs.
 *
 * @param chosen the model as it is now; what was true at the build when left out
 */
export function engineToOpen(
  { record, folder }: { readonly record: EngineRecord; readonly folder: string },
  machine: Machine,
  chosen: Chosen = record.model,
): EngineToOpen {
  const { recipe, input, output } = record;
  const { family } = recipe.runtime;
  if (family === 'onnxruntime') throw new Error('This engine is opened by ONNX Runtime.');
  const { preprocessing, zeroPixel } = pixelForm(record, chosen.preprocessing);
  return {
    id: record.id,
    planPath: join(folder, record.plan.file),
    family,
    device: deviceFor(recipe, machine)?.index ?? 0,
    precision: precisionLabel(recipe.precision),
    input,
    output,
    preprocessing: { ...preprocessing, size: servedSize(preprocessing.size, record) },
    zeroPixel,
    shapes: recipe.shapes,
    classes: Math.max(output.classes ?? 0, ...chosen.labels.map(({ id }) => id + 1)),
  };
}

/** An engine of ONNX Runtime is a network like any other: the rewritten graph, with the size policy that it can serve. */
export interface ProcessorEngine {
  readonly model: ModelSummary;
  /** What normalises to zero, in pixels, where the engine normalises by itself. */
  readonly zeroPixel: Rgb | null;
}

/** @param chosen the model as it is now; what was true at the build when left out */
export function processorEngine(
  { record, folder }: { readonly record: EngineRecord; readonly folder: string },
  chosen: Chosen = record.model,
): ProcessorEngine {
  const { preprocessing, zeroPixel } = pixelForm(record, chosen.preprocessing);
  const { model, input, output } = record;
  const size = servedSize(preprocessing.size, record);
  const path = join(folder, record.plan.file);
  const { labels } = chosen;
  return { model: { ...model, path, input, output, labels, preprocessing: { ...preprocessing, size } }, zeroPixel };
}

export function precisionLabel(precision: EngineRecord['recipe']['precision']): string {
  return precision.toUpperCase();
}

/** An engine of one size serves that size only; one that takes a range leaves the model's policy as it is. */
export function servedSize(size: SizePolicy, { recipe: { shapes } }: Pick<EngineRecord, 'recipe'>): SizePolicy {
  const { opt, min, max } = shapes;
  if (size.mode === 'native') {
    if (isStatic(shapes)) return { mode: 'stretch', height: opt.height, width: opt.width };
    return { ...size, maxSide: Math.min(size.maxSide, max.height, max.width) };
  }
  const fits =
    size.height >= min.height && size.height <= max.height && size.width >= min.width && size.width <= max.width;
  return fits ? size : { ...size, height: opt.height, width: opt.width };
}

/** Where the graph normalises by itself, pixels go in as they are. */
export function pixelForm(
  { recipe }: Pick<EngineRecord, 'recipe'>,
  chosen: Preprocessing,
): { preprocessing: Preprocessing; zeroPixel: Rgb | null } {
  const step = recipe.passes.flatMap((each) => (each.pass === 'image-input' ? [each] : []))[0];
  if (step === undefined) return { preprocessing: chosen, zeroPixel: null };
  const { mean, scale, channelOrder } = step.preprocessing;
  const level = (channel: number): number => Math.min(255, Math.max(0, Math.round((mean[channel] ?? 0) / scale)));
  const order = channelOrder === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  const [red = 0, green = 0, blue = 0] = order.map(level);
  const plain = { channelOrder: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const preprocessing: Preprocessing = { ...chosen, ...plain, mean: [0, 0, 0], std: [1, 1, 1] };
  return { preprocessing, zeroPixel: [red, green, blue] };
}
