import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyModel } from '../copy';
import { DataType } from '../data-type';
import { openModel } from '../model';
import type { OnnxModel } from '../model';
import { isOp } from '../node';
import { runPass } from '../pass';
import { fuseLayerNorm } from '../passes/fuse-layernorm';
import { imageInput } from '../passes/image-input';
import { maskOutput } from '../passes/mask-output';
import { simplify } from '../passes/simplify';
import { makeTensor, toNumbers } from '../tensor';
import { verifyModels } from '../verify';
import type { Verdict } from '../verify';
import { agreement, difference, resizeBilinear, winners } from './metrics';
import { IMAGENET_FORM, randomSamples, sampleSize } from './samples';

const SMALL = join(__dirname, '../../../tools/fixtures/models/small');
const open = (file: string): Promise<OnnxModel> => openModel(join(SMALL, file));

const verify = (one: OnnxModel, other: OnnxModel, findDivergence = false): Promise<Verdict> =>
  verifyModels(one, other, {
    samples: randomSamples(1, sampleSize(one, { width: 96, height: 64 })),
    tolerance: { relative: 1e-4 },
    findDivergence,
  });

describe('verifyModels', () => {
  test.each(['original-ts13-dynamic.onnx', 'transformers-dynamo18-256.onnx', 'original-ts17-256-half.onnx'])(
    'a simplified %s is the same network',
    async (file) => {
      const reference = await open(file);
      const other = copyModel(reference);
      await runPass(other, simplify());
      const verdict = await verify(reference, other);
      expect(verdict.isEqual).toBe(true);
      expect(verdict.pixelAgreement).toBe(1);
      expect(verdict.outputs[0]?.difference?.cosine).toBeCloseTo(1, 6);
    },
  );

  test('nodes for the TensorRT plugin run as the operator that they stand for', async () => {
    const reference = await open('original-ts13-256.onnx');
    const other = copyModel(reference);
    await runPass(other, fuseLayerNorm({ form: 'plugin' }));
    expect(other.graph.nodes.some(({ domain }) => domain === 'maskforge')).toBe(true);
    expect((await verify(reference, other)).isEqual).toBe(true);
  });

  test('a model from pixels to mask agrees with the logits that it was made from', async () => {
    const reference = await open('original-ts13-dynamic.onnx');
    const other = copyModel(reference);
    await runPass(other, imageInput({ preprocessing: IMAGENET_FORM }));
    await runPass(other, maskOutput({ size: 'input' }));
    const verdict = await verify(reference, other);
    expect(verdict.outputs[0]?.difference).toBeUndefined();
    expect(verdict.pixelAgreement).toBeGreaterThan(0.999);
    expect(verdict.isEqual).toBe(true);
  });

  test('outputs of other shapes are not equal', async () => {
    const reference = await open('original-ts13-256.onnx');
    const other = await open('original-ts13-dynamic.onnx');
    other.graph.removeOutput('logits');
    const resized = other.graph.addNode('Transpose', ['logits'], { attributes: { perm: [0, 1, 3, 2] } });
    other.graph.renameValue('logits', 'inner');
    other.graph.renameValue(resized.output[0] ?? '', 'logits');
    const concat = other.graph.addNode('Concat', ['logits', 'logits'], { attributes: { axis: 1 } });
    other.graph.renameValue('logits', 'once');
    other.graph.renameValue(concat.output[0] ?? '', 'logits');
    other.graph.addOutput('logits', DataType.FLOAT, undefined);
    const verdict = await verify(reference, other);
    expect(verdict.isEqual).toBe(false);
    expect(verdict.outputs[0]?.mismatch).toBe('[1, 6, 64, 64] against [1, 12, 64, 64]');
  });

  test('one changed weight is found, and the layer that it belongs to is named', async () => {
    const reference = await open('original-ts13-256.onnx');
    const other = copyModel(reference);
    const convolutions = other.graph.nodes.filter((node) => isOp(node, 'Conv'));
    const target = convolutions[7];
    const name = target?.input[1] ?? '';
    const weight = other.graph.constant(name);
    expect(weight?.type).toBe(DataType.FLOAT);
    if (weight === undefined) return;
    const numbers = Float32Array.from(toNumbers(weight));
    numbers[0] = (numbers[0] ?? 0) + 1;
    other.graph.setInitializer(makeTensor(name, weight.type, weight.dims, numbers));
    const verdict = await verify(reference, other, true);
    expect(verdict.isEqual).toBe(false);
    expect(verdict.divergence).toMatchObject({ value: target?.output[0], opType: 'Conv' });
  });
});

describe('metrics', () => {
  test('differences are relative to the reference', () => {
    const found = difference([3, -4, 0], [3, -2, 0]);
    expect(found).toMatchObject({ maxAbsolute: 2, maxRelative: 0.5, notFinite: 0 });
    expect(found.meanAbsolute).toBeCloseTo(2 / 3);
    expect(found.meanRelative).toBeCloseTo(2 / 7);
    expect(found.cosine).toBeCloseTo(17 / (5 * Math.sqrt(13)));
  });

  test('a NaN on one side is counted, never compared', () => {
    expect(difference([1, NaN], [1, NaN])).toMatchObject({ notFinite: 0, finite: 1 });
    expect(difference([1, 2, Infinity], [1, NaN, 3])).toMatchObject({ notFinite: 2, maxAbsolute: 0 });
  });

  test('the winner is the class of the largest logit, the lower of two equal ones', () => {
    expect([...winners({ data: [1, 5, 9, 5, 2, 5], dims: [1, 3, 1, 2] })]).toEqual([1, 0]);
    expect(agreement([1, 2, 3, 4], [1, 2, 0, 4])).toBe(0.75);
  });

  test('resizing samples between pixel centres', () => {
    const { data } = resizeBilinear({ data: [0, 4], dims: [1, 1, 1, 2] }, 1, 4);
    expect(Array.from(data)).toEqual([0, 1, 3, 4]);
  });
});
