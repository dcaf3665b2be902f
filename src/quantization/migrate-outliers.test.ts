import { describe, expect, it } from 'vitest';
import { DataType } from '../onnx/data-type';
import type { OnnxModel } from '../onnx/model';
import { isOp } from '../onnx/node';
import { emptyModel, randomNormal } from '../onnx/passes/test-support';
import { verifyModels } from '../onnx/verify';
import { randomSamples, sampleSize } from '../onnx/verify/samples';
import { collectStatistics } from './collect-statistics';
import { migrateOutliers } from './migrate-outliers';
import { quantizeModel } from './quantize-model';
import { fixedSmall, madeUpInputs } from './testing';

/** The relative difference of a model's output from another's, on made-up pictures. */
async function distance(one: OnnxModel, other: OnnxModel, mean = false): Promise<number> {
  const samples = randomSamples(2, sampleSize(one, { batch: 1, height: 64, width: 96 }), 9);
  const { outputs } = await verifyModels(one, other, { samples, tolerance: { relative: 1 } });
  const difference = outputs[0]?.difference;
  return (mean ? difference?.meanRelative : difference?.maxRelative) ?? NaN;
}

describe('migrateOutliers', () => {
  it.each(['original-ts13-dynamic.onnx', 'transformers-ts17-dynamic.onnx', 'original-dynamo18-dynamic.onnx'])(
    '%s: computes the same, in every LayerNorm that only layers with weights read',
    async (file) => {
      const model = await fixedSmall(file);
      const statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 2) });
      const { model: migrated, migrations } = migrateOutliers(model, statistics, { alpha: 0.7 });
      // Five blocks with two norms each, three of which reduce their keys with a third; four at the ends of stages.
      expect(migrations.length).toBeGreaterThanOrEqual(5 * 2 + 4);
      expect(await distance(model, migrated)).toBeLessThan(2e-5);
      // Something was moved indeed.
      const weights = migrated.graph.nodes.flatMap((node) => node.input).filter((name) => name.includes('_migrated'));
      expect(weights.length).toBeGreaterThan(migrations.length * 2);
    },
  );

  it('makes a network with outliers bearable in 8 bits', async () => {
    const model = widened(await fixedSmall('original-ts13-dynamic.onnx'));
    const inputs = await madeUpInputs(model, 3);
    const statistics = await collectStatistics(model, { inputs });
    const plain = quantizeModel(model, statistics, { method: 'min-max' }).model;
    const { model: migrated, migrations } = migrateOutliers(model, statistics);
    expect(Math.max(...migrations.map(({ before }) => before))).toBeGreaterThan(5);
    expect(Math.max(...migrations.map(({ after }) => after))).toBeLessThan(4);
    const again = await collectStatistics(migrated, { inputs });
    const helped = quantizeModel(migrated, again, { method: 'min-max' }).model;
    expect(await distance(model, migrated)).toBeLessThan(1e-4);
    expect(await distance(model, helped, true)).toBeLessThan((await distance(model, plain, true)) / 2);
  });

  it('evens out across a linear layer and a depthwise convolution', async () => {
    const model = linearThenDepthwise();
    const inputs = await madeUpInputs(model, 2);
    const statistics = await collectStatistics(model, { inputs, channels: 'all' });
    const { model: migrated, migrations } = migrateOutliers(model, statistics);
    expect(migrations.map(({ readers }) => readers)).toEqual([['depthwise']]);
    expect(await distance(model, migrated)).toBeLessThan(1e-5);
  });

  it('leaves alone what something without weights reads, and says so', async () => {
    const model = linearThenDepthwise({ relu: true });
    const inputs = await madeUpInputs(model, 1);
    const statistics = await collectStatistics(model, { inputs, channels: 'all' });
    const { migrations, skipped } = migrateOutliers(model, statistics);
    expect(migrations).toEqual([]);
    expect(skipped).toEqual([{ source: 'bias', reason: expect.stringContaining('beside') }]);
  });
});

/** One channel of each LayerNorm forty times as wide, what reads it as much smaller: as trained transformers come out. */
function widened(model: OnnxModel): OnnxModel {
  const { graph } = model;
  for (const node of graph.nodes) {
    if (!isOp(node, 'LayerNormalization')) continue;
    const readers = graph.consumers(node.output[0]);
    if (!readers.every((reader) => isOp(reader, 'MatMul'))) continue;
    for (const index of [1, 2]) scale(model, node, index, 1, 40);
    for (const reader of readers) scale(model, reader, 1, graph.constant(reader.input[1])?.dims[1] ?? 1, 1 / 40);
  }
  return model;
}

/** Multiplies the first `count` numbers of a weight. */
function scale(
  { graph }: OnnxModel,
  node: OnnxModel['graph']['nodes'][number],
  index: number,
  count: number,
  by: number,
): void {
  const constant = graph.constant(node.input[index]);
  if (constant === undefined) return;
  const numbers = new Float32Array(constant.bytes.slice().buffer);
  for (let at = 0; at < count; at += 1) numbers[at] = (numbers[at] ?? 0) * by;
  graph.setInput(node, index, graph.addInitializer('widened', DataType.FLOAT, constant.dims, numbers));
}

function linearThenDepthwise({ relu = false } = {}): OnnxModel {
  const model = emptyModel(17);
  const { graph } = model;
  graph.addInput('x', DataType.FLOAT, [1, 3, 8, 12]);
  const weight = (name: string, dims: readonly number[], seed: number): string =>
    graph.addInitializer(
      name,
      DataType.FLOAT,
      dims,
      randomNormal(
        dims.reduce((product, dim) => product * dim, 1),
        seed,
      ),
    );
  const node = (opType: string, inputs: readonly string[], name: string, attributes = {}): string =>
    graph.addNode(opType, inputs, { name, attributes }).output[0] ?? '';
  const shape = (name: string, dims: readonly number[]): string =>
    graph.addInitializer(name, DataType.INT64, [dims.length], dims);
  const rows = node('Transpose', [node('Reshape', ['x', shape('flat', [1, 3, 96])], 'flatten')], 'rows', {
    perm: [0, 2, 1],
  });
  const product = node('MatMul', [rows, weight('w', [3, 6], 1)], 'linear');
  const value = node('Add', [product, weight('b', [6], 2)], 'bias');
  if (relu) {
    graph.addNode('Relu', [value], { name: 'beside', outputs: ['z'] });
    graph.addOutput('z', DataType.FLOAT, [1, 96, 6]);
  }
  const planes = node(
    'Reshape',
    [node('Transpose', [value], 'columns', { perm: [0, 2, 1] }), shape('planes', [1, 6, 8, 12])],
    'unflatten',
  );
  const attributes = { group: 6, kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  graph.addNode('Conv', [planes, weight('d', [6, 1, 3, 3], 3)], { name: 'depthwise', outputs: ['y'], attributes });
  graph.addOutput('y', DataType.FLOAT, [1, 6, 8, 12]);
  return model;
}
