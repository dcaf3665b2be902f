import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AppError } from '../shared/app-error';
import { DataType } from './data-type';
import { ValueInfoProtoSchema } from './generated/onnx_pb';
import type { Graph } from './graph';
import type { OnnxModel } from './model';
import type { AttributeValue } from './node';
import { upgradeOpset } from './opset-upgrade';
import {
  emptyModel,
  openOdd,
  openSmall,
  randomNormal,
  relativeDifference,
  runFeeds,
  runRandom,
} from './passes/test-support';

const DIMS = [2, 3, 4, 6];

type Attributes = Readonly<Record<string, AttributeValue>>;

interface Case {
  readonly opType: string;
  readonly opset: number;
  readonly target?: number;
  readonly attributes?: Attributes;
  readonly constants?: readonly (readonly number[])[];
  readonly outputs?: number;
}

function build({ opType, opset, attributes = {}, constants = [], outputs = 1 }: Case): OnnxModel {
  const model = emptyModel(opset);
  const { graph } = model;
  graph.addInput('x', DataType.FLOAT, DIMS);
  const inputs = ['x', ...constants.map((values) => floats(graph, values))];
  const names = Array.from({ length: outputs }, (_, index) => (index === 0 ? 'y' : `rest_${index}`));
  graph.addNode(opType, inputs, { attributes, outputs: names });
  graph.addOutput('y', DataType.FLOAT, [undefined]);
  // No shape at all: it differs from case to case.
  graph.proto.output[0] = create(ValueInfoProtoSchema, { name: 'y' });
  return model;
}

function floats(graph: Graph, values: readonly number[]): string {
  return graph.addInitializer('constant', DataType.FLOAT, [values.length], values);
}

const FEEDS = { x: { dims: DIMS, numbers: randomNormal(144) } };

const CASES: readonly Case[] = [
  { opType: 'Slice', opset: 9, attributes: { starts: [1], ends: [3], axes: [3] } },
  { opType: 'Slice', opset: 9, attributes: { starts: [0, 1], ends: [1, 2] } },
  { opType: 'Pad', opset: 10, attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: { float: 1.5 } } },
  { opType: 'Pad', opset: 10, attributes: { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'reflect' } },
  { opType: 'Clip', opset: 10, attributes: { min: { float: -0.5 }, max: { float: 0.25 } } },
  { opType: 'Clip', opset: 9, attributes: { max: { float: 0.25 } } },
  { opType: 'Dropout', opset: 9, attributes: { ratio: { float: 0.3 } } },
  { opType: 'Resize', opset: 10, attributes: { mode: 'nearest' }, constants: [[1, 1, 2, 2]] },
  { opType: 'Resize', opset: 10, attributes: { mode: 'linear' }, constants: [[1, 1, 2, 2]] },
  { opType: 'Unsqueeze', opset: 11, attributes: { axes: [0] } },
  { opType: 'ReduceSum', opset: 11, attributes: { axes: [-1, 1], keepdims: 1 } },
  { opType: 'ReduceSum', opset: 11 },
  { opType: 'Softmax', opset: 11, attributes: { axis: 3 } },
  { opType: 'Softmax', opset: 12, attributes: { axis: -1 } },
  { opType: 'LogSoftmax', opset: 11, attributes: { axis: 3 } },
  { opType: 'Split', opset: 11, attributes: { axis: 3, split: [2, 4] }, outputs: 2 },
  { opType: 'Split', opset: 11, attributes: { axis: 3 }, outputs: 2, target: 18 },
  { opType: 'ReduceMean', opset: 13, attributes: { axes: [2, 3], keepdims: 0 }, target: 18 },
  { opType: 'ReduceMax', opset: 11, attributes: { axes: [1] }, target: 18 },
  {
    opType: 'BatchNormalization',
    opset: 9,
    constants: [
      [1, 2, 3],
      [0.1, 0.2, 0.3],
      [0, 1, 2],
      [1, 0.5, 2],
    ],
  },
];

describe('upgradeOpset', () => {
  test.each(CASES.map((entry) => [`${entry.opType} from ${entry.opset} to ${entry.target ?? 17}`, entry] as const))(
    '%s',
    async (_name, entry) => {
      const model = build(entry);
      const before = await runFeeds(model, FEEDS);
      upgradeOpset(model, entry.target ?? 17, () => DIMS.length);
      expect(model.opset('')).toBe(entry.target ?? 17);
      expect(relativeDifference(before, await runFeeds(model, FEEDS))).toBeLessThan(1e-6);
    },
  );

  const refused: readonly [string, Case][] = [
    ['a softmax over several axes at once', { opType: 'Softmax', opset: 11, attributes: { axis: 1 } }],
    ['a softmax whose default axis is not the last', { opType: 'Softmax', opset: 11 }],
    ['Upsample', { opType: 'Upsample', opset: 9, constants: [[1, 1, 2, 2]] }],
    ['an operator it does not know', { opType: 'RoiAlign', opset: 11 }],
  ];
  test.each(refused)('refuses %s and leaves the model as it was', (_name, entry) => {
    const model = build(entry);
    expect(() => upgradeOpset(model, 17, () => DIMS.length)).toThrow(AppError);
    expect(model.opset('')).toBe(entry.opset);
  });

  test('refuses local functions, whose bodies have operator sets of their own', async () => {
    const model = await openOdd('local-function.onnx');
    expect(() => upgradeOpset(model, 17)).toThrow(/ONNX_OPSET_CONVERSION|functions of its own/);
  });

  test('leaves a newer model alone', async () => {
    const model = await openSmall('original-dynamo18-256.onnx');
    upgradeOpset(model, 17);
    expect(model.opset('')).toBe(18);
  });

  test('an exported SegFormer gives the same logits', async () => {
    const model = await openSmall('transformers-ts11-dynamic.onnx');
    const before = await runRandom(model, { height: 64, width: 64 });
    upgradeOpset(model, 18, () => 4);
    expect(relativeDifference(before, await runRandom(model, { height: 64, width: 64 }))).toBeLessThan(1e-5);
  });
});
