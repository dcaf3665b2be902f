import { create } from '@bufbuild/protobuf';
import { copyModel } from './copy';
import { DataType } from './data-type';
import { ValueInfoProtoSchema } from './generated/onnx_pb';
import { shapesOf } from './infer-shapes';
import type { OnnxModel } from './model';
import type { ActivationRange } from './passes/precision-plan';
import { addValue } from './passes/rewrite';
import { ModelRunner } from './verify/runner';
import { feedsFor, IMAGENET_FORM, sampleSize } from './verify/samples';
import type { PixelForm, Sample } from './verify/samples';

export interface RangeOptions {
  readonly samples: Iterable<Sample> | AsyncIterable<Sample>;
  /** How pixels become a network's floats; ImageNet's when left out. */
  readonly form?: PixelForm;
  readonly signal?: AbortSignal;
}

/**
 * Largest and mean magnitude of every float32 value over the samples, by value name. The maxima are taken inside the
 * graph, so that no feature map leaves the runtime.
 */
export async function collectRanges(model: OnnxModel, options: RangeOptions): Promise<Map<string, ActivationRange>> {
  const { measured, names } = withMagnitudes(model);
  const runner = await ModelRunner.open(measured);
  const ranges = new Map<string, ActivationRange>();
  let count = 0;
  try {
    for await (const sample of options.samples) {
      options.signal?.throwIfAborted();
      const feeds = await feedsFor(runner.model, sample, options.form ?? IMAGENET_FORM, sampleSize(runner.model).batch);
      const results = await runner.run(
        feeds,
        [...names.values()].flatMap(({ max, mean }) => [max, mean]),
      );
      for (const [value, { max, mean }] of names) {
        const before = ranges.get(value) ?? { max: 0, mean: 0 };
        const largest = results.get(max)?.data[0] ?? 0;
        const average = results.get(mean)?.data[0] ?? 0;
        ranges.set(value, { max: Math.max(before.max, largest), mean: (before.mean * count + average) / (count + 1) });
      }
      count += 1;
    }
  } finally {
    await runner.close();
  }
  return ranges;
}

function withMagnitudes(model: OnnxModel): { measured: OnnxModel; names: Map<string, { max: string; mean: string }> } {
  const measured = copyModel(model);
  const { graph } = measured;
  const table = shapesOf(model.graph);
  const names = new Map<string, { max: string; mean: string }>();
  const values = [...graph.inputs.map(({ name }) => name), ...graph.nodes.flatMap((node) => node.output)];
  for (const value of values) {
    if (value === '' || table.elementType(value) !== DataType.FLOAT || graph.isConstant(value)) continue;
    const magnitude = addValue(graph, 'Abs', [value]);
    const reduce = (opType: string): string => addValue(graph, opType, [magnitude], { attributes: { keepdims: 0 } });
    names.set(value, { max: reduce('ReduceMax'), mean: reduce('ReduceMean') });
  }
  for (const { max, mean } of names.values()) {
    for (const name of [max, mean]) graph.exposeValue(create(ValueInfoProtoSchema, { name }));
  }
  return { measured, names };
}
