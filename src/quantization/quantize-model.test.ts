import { describe, expect, it } from 'vitest';
import { DataType } from '../onnx/data-type';
import type { OnnxModel } from '../onnx/model';
import { modelFromBytes } from '../onnx/model';
import { modelToBytes } from '../onnx/model-write';
import { isOp, nodeLabel } from '../onnx/node';
import { runPass } from '../onnx/pass';
import { toFloat16 } from '../onnx/passes/to-low-precision';
import { emptyModel } from '../onnx/passes/test-support';
import { toNumbers } from '../onnx/tensor';
import { ModelRunner } from '../onnx/verify/runner';
import { collectStatistics } from './collect-statistics';
import { quantizeModel } from './quantize-model';
import { findSites } from './sites';
import { fixedSmall, madeUpInputs } from './testing';
import { ValueStatistics } from './value-statistics';

const FIXTURES = ['original-ts13-256.onnx', 'transformers-ts17-256.onnx', 'original-dynamo18-dynamic.onnx'];

async function logits(model: OnnxModel): Promise<Float32Array> {
  const [input] = await madeUpInputs(model, 1, 77);
  const runner = await ModelRunner.open(model);
  try {
    const [result] = [...(await runner.run(input?.feeds ?? {})).values()];
    return Float32Array.from(result?.data ?? []);
  } finally {
    await runner.close();
  }
}

/** Signal to noise in decibels. */
function fidelity(reference: Float32Array, other: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [index, value] of reference.entries()) {
    signal += value ** 2;
    noise += (value - (other[index] ?? NaN)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

describe('collectStatistics', () => {
  it('knows the extremes that the values have, channel by channel where a LayerNorm makes them', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const inputs = await madeUpInputs(model, 2);
    const statistics = await collectStatistics(model, { inputs });
    const norms = model.graph.nodes.filter((node) => isOp(node, 'LayerNormalization'));
    const seen = norms.map((node) => node.output[0] ?? '').filter((value) => statistics.has(value));
    expect(seen.length).toBeGreaterThan(8);
    const runner = await ModelRunner.open(exposing(model, seen));
    const lows = new Map<string, number[]>();
    const highs = new Map<string, number[]>();
    for (const { feeds } of inputs) {
      const results = await runner.run(feeds, seen);
      for (const name of seen) {
        const { data, dims } = results.get(name) ?? { data: [], dims: [1] };
        const channels = dims.at(-1) ?? 1;
        const low = lows.get(name) ?? Array<number>(channels).fill(Infinity);
        const high = highs.get(name) ?? Array<number>(channels).fill(-Infinity);
        Array.from(data).forEach((value, index) => {
          low[index % channels] = Math.min(low[index % channels] ?? 0, value);
          high[index % channels] = Math.max(high[index % channels] ?? 0, value);
        });
        lows.set(name, low);
        highs.set(name, high);
      }
    }
    await runner.close();
    for (const name of seen) {
      const record = statistics.get(name)?.toRecord();
      expect(record?.low.length).toBe(lows.get(name)?.length);
      record?.low.forEach((value, channel) => expect(value).toBeCloseTo(lows.get(name)?.[channel] ?? NaN, 4));
      record?.high.forEach((value, channel) => expect(value).toBeCloseTo(highs.get(name)?.[channel] ?? NaN, 4));
    }
  });

  it('takes the same sample whether it goes on or starts anew', async () => {
    const model = await fixedSmall('transformers-ts17-256.onnx');
    const inputs = await madeUpInputs(model, 3);
    const whole = await collectStatistics(model, { inputs, samplesPerPicture: 100 });
    const first = await collectStatistics(model, { inputs: inputs.slice(0, 1), samplesPerPicture: 100 });
    const rest = { inputs: inputs.slice(1), samplesPerPicture: 100, statistics: first, inputsBefore: 1 };
    const resumed = await collectStatistics(model, rest);
    expect([...resumed].map(([name, value]) => [name, value.toRecord()])).toEqual(
      [...whole].map(([name, value]) => [name, value.toRecord()]),
    );
  });

  it('refuses a network that computes NaN, and names the picture', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const conv = model.graph.nodes.find((node) => isOp(node, 'Conv'));
    const bias = conv?.input[2] ?? '';
    const constant = model.graph.constant(bias);
    const numbers = Array.from(toNumbers(constant ?? { type: DataType.FLOAT, dims: [0], bytes: new Uint8Array() }));
    const broken = model.graph.addInitializer('broken', DataType.FLOAT, constant?.dims ?? [], [
      NaN,
      ...numbers.slice(1),
    ]);
    if (conv !== undefined) model.graph.setInput(conv, 2, broken);
    const inputs = await madeUpInputs(model, 1);
    await expect(collectStatistics(model, { inputs })).rejects.toMatchObject({
      code: 'CALIBRATION_NOT_FINITE',
      message: expect.stringContaining('random 1'),
    });
  });

  it('refuses a network without layers to quantise', async () => {
    const model = emptyModel(17);
    model.graph.addInput('x', DataType.FLOAT, [1, 3, 8, 8]);
    model.graph.addNode('Relu', ['x'], { outputs: ['y'] });
    model.graph.addOutput('y', DataType.FLOAT, [1, 3, 8, 8]);
    await expect(collectStatistics(model, { inputs: [] })).rejects.toMatchObject({ code: 'CALIBRATION_NOTHING' });
  });
});

function exposing(model: OnnxModel, names: readonly string[]): OnnxModel {
  const copy = modelFromBytes(modelToBytes(model));
  for (const name of names) copy.graph.addOutput(name, DataType.FLOAT, undefined);
  return copy;
}

describe('findSites', () => {
  it.each(FIXTURES)('%s: every block of the encoder, the head and the classifier', async (file) => {
    const sites = findSites((await fixedSmall(file)).graph);
    const count = (kind: string): number => sites.filter((site) => site.kind === kind).length;
    expect(count('classifier')).toBe(1);
    // Five blocks: two products in each attention, one depthwise convolution in each MixFFN.
    expect(count('attention')).toBe(10);
    expect(count('depthwise')).toBe(5);
    const blocks = [...new Set(sites.map(({ block }) => block))];
    expect(blocks.slice(0, 5)).toEqual([
      'stage 1, embedding',
      'stage 1, block 1, attention',
      'stage 1, block 1, feed-forward',
      'stage 1, block 2, attention',
      'stage 1, block 2, feed-forward',
    ]);
    expect(blocks).toHaveLength(4 + 5 * 2 + 2);
    expect(blocks).toContain('head');
  });
});

describe('quantizeModel', () => {
  it.each(FIXTURES)('%s: runs, and stays close', async (file) => {
    const model = await fixedSmall(file);
    const statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 4) });
    const { model: quantized, report } = quantizeModel(model, statistics, { method: 'min-max' });
    expect(fidelity(await logits(model), await logits(quantized))).toBeGreaterThan(20);
    const dequantized = quantized.graph.nodes.filter((node) => isOp(node, 'DequantizeLinear'));
    expect(dequantized).toHaveLength(report.activationPairs + report.weights);
    expect(quantized.graph.nodes.filter((node) => isOp(node, 'QuantizeLinear'))).toHaveLength(report.activationPairs);
    expect(report.sites.every(({ reason }) => reason.length > 20)).toBe(true);
    expect(report.quantized + report.kept).toBe(report.sites.length);
    // The original was not touched.
    expect(model.graph.nodes.some((node) => isOp(node, 'QuantizeLinear'))).toBe(false);
  });

  it('is symmetric: zero points 0, weights one scale a channel, biases in float', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 1) });
    const { graph } = quantizeModel(model, statistics).model;
    for (const node of graph.nodes) {
      if (isOp(node, 'QuantizeLinear', 'DequantizeLinear')) {
        const zero = graph.constant(node.input[2]);
        expect(zero?.type).toBe(DataType.INT8);
        expect([...(zero?.bytes ?? [1])].every((byte) => byte === 0)).toBe(true);
      }
      if (!isOp(node, 'Conv') || !isOp(graph.producer(node.input[1]), 'DequantizeLinear')) continue;
      const weight = graph.producer(node.input[1]);
      const packed = graph.constant(weight?.input[0]);
      expect(packed?.type).toBe(DataType.INT8);
      expect(graph.constant(weight?.input[1])?.dims).toEqual([packed?.dims[0]]);
      const bytes = new Int8Array(packed?.bytes.slice().buffer ?? new ArrayBuffer(0));
      expect(Math.max(...bytes.map(Math.abs))).toBe(127);
      if ((node.input[2] ?? '') !== '') expect(graph.constant(node.input[2])?.type).toBe(DataType.FLOAT);
    }
  });

  it('leaves alone what is asked for, block by block and node by node', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 1) });
    const node = nodeLabel(findSites(model.graph).filter(({ kind }) => kind === 'linear')[5]?.node ?? never());
    const { report } = quantizeModel(model, statistics, { keep: ['stage 1, block 1, attention', node] });
    const kept = report.sites.filter(({ isQuantized, reason }) => !isQuantized && reason.includes('asked for'));
    expect(kept.map((site) => site.node)).toContain(node);
    expect(kept.filter(({ block }) => block === 'stage 1, block 1, attention').length).toBeGreaterThan(2);
    const only = quantizeModel(model, statistics, { only: ['head'] }).report;
    expect(new Set(only.sites.filter(({ isQuantized }) => isQuantized).map(({ block }) => block))).toEqual(
      new Set(['head']),
    );
  });

  it('gives both sides of an addition one scale', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const inputs = await madeUpInputs(model, 1);
    const statistics = await collectStatistics(model, { inputs, kinds: ['linear', 'residual'] });
    const kinds = { residual: true, convolution: false };
    const { model: quantized, report } = quantizeModel(model, statistics, { kinds });
    const added = report.sites.filter(({ kind }) => kind === 'residual');
    expect(added).toHaveLength(5 * 2 + 3);
    for (const { ranges } of added) expect(ranges?.[0]).toBe(ranges?.[1]);
    expect(fidelity(await logits(model), await logits(quantized))).toBeGreaterThan(15);
  });

  it('carries FP16 scales in a graph that computes in FP16', async () => {
    const model = await fixedSmall('transformers-ts17-256.onnx');
    const statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 2) });
    const reference = await logits(model);
    await runPass(model, toFloat16());
    const { model: quantized, report } = quantizeModel(model, statistics, { method: 'min-max' });
    const { graph } = quantized;
    expect(quantized.opset('')).toBe(19);
    const scales = graph.nodes
      .filter((node) => isOp(node, 'QuantizeLinear'))
      .map((node) => graph.constant(node.input[1]));
    expect(scales.every((scale) => scale?.type === DataType.FLOAT16)).toBe(true);
    expect(report.quantized).toBe(findSites(model.graph).filter(isDefault).length);
    // Stored in 8 bits, those of convolutions came out wrong on a GPU.
    const forms = graph.nodes.flatMap((node) => {
      const narrow = graph.producer(graph.producer(node.input[1])?.input[0]);
      const isQuantized = isOp(node, 'Conv', 'MatMul') && isOp(graph.producer(node.input[1]), 'DequantizeLinear');
      return isQuantized
        ? [`${node.opType} ${narrow?.opType ?? 'stored'} of ${graph.constant(narrow?.input[0])?.type}`]
        : [];
    });
    expect(new Set(forms)).toEqual(
      new Set([`Conv QuantizeLinear of ${DataType.FLOAT16}`, 'MatMul stored of undefined']),
    );
    expect(fidelity(reference, await logits(quantized))).toBeGreaterThan(20);
  });

  it('writes FP8 as well, one scale a weight', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 2) });
    const { model: quantized } = quantizeModel(model, statistics, { format: 'fp8', method: 'min-max' });
    const zero = quantized.graph.nodes.find((node) => isOp(node, 'QuantizeLinear'))?.input[2];
    expect(quantized.graph.constant(zero)?.type).toBe(DataType.FLOAT8E4M3FN);
    expect(fidelity(await logits(model), await logits(quantized))).toBeGreaterThan(15);
  });

  it('refuses a model that is quantised already', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const inputs = await madeUpInputs(model, 1);
    const statistics = await collectStatistics(model, { inputs });
    const { model: quantized } = quantizeModel(model, statistics);
    expect(() => quantizeModel(quantized, statistics)).toThrow(
      expect.objectContaining({ code: 'MODEL_ALREADY_QUANTIZED' }),
    );
    await expect(collectStatistics(quantized, { inputs })).rejects.toMatchObject({ code: 'MODEL_ALREADY_QUANTIZED' });
  });

  it('refuses statistics of another model, and settings that leave nothing', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const foreign = new Map([['elsewhere', ValueStatistics.ofRange(3)]]);
    expect(() => quantizeModel(model, foreign)).toThrow(expect.objectContaining({ code: 'CALIBRATION_CACHE_FOREIGN' }));
    const kinds = { linear: false, convolution: false };
    expect(() => quantizeModel(model, foreign, { kinds })).toThrow(
      expect.objectContaining({ code: 'QUANTIZATION_NOTHING' }),
    );
  });
});

function isDefault({ kind }: { readonly kind: string }): boolean {
  return kind === 'linear' || kind === 'convolution';
}

function never(): never {
  throw new Error('there is no such node');
}
