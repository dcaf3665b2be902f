import { describe, expect, test } from 'vitest';
import { AppError } from '../shared/app-error';
import { copyModel } from './copy';
import { DataType } from './data-type';
import { diffModels } from './diff';
import { fixModel } from './fix';
import { inspectModel } from './inspect';
import { countMacs } from './macs';
import { modelToBytes } from './model-write';
import { runPass } from './pass';
import { emptyModel, openOdd, openSmall } from './passes/test-support';
import { simplify } from './passes/simplify';
import { cutModel } from './subgraph';
import { ModelRunner } from './verify/runner';
import { feedsFor, IMAGENET_FORM, randomSamples } from './verify/samples';

describe('inspectModel', () => {
  test('says what a model is and what each pass would do, and changes nothing', async () => {
    const model = await openSmall('original-ts13-256.onnx');
    const before = modelToBytes(model);
    const found = await inspectModel(model);
    expect(Buffer.compare(modelToBytes(model), before)).toBe(0);
    expect(found).toMatchObject({
      opsets: { 'ai.onnx': 13 },
      inputs: [{ name: 'image', type: 'float32', dims: [1, 3, 256, 256] }],
      outputs: [{ name: 'logits', type: 'float32', dims: [1, 6, 64, 64] }],
      nodes: 492,
      operators: { Conv: 15, MatMul: 39 },
    });
    const counts = Object.fromEntries(found.passes.map(({ pass, findings }) => [pass, findings.length]));
    expect(counts).toMatchObject({ 'fuse-layernorm': 22, 'fold-decode-head': 1, 'mask-output': 1, 'image-input': 1 });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  test('a model that is no segmentation network is described all the same', async () => {
    const found = await inspectModel(await openOdd('vector-output.onnx'));
    expect(found.io).toBeNull();
    expect(found.notSegmentation).toContain('neither logits nor class ids');
    expect(found.passes.find(({ pass }) => pass === 'mask-output')?.problem).toContain('neither logits nor class ids');
  });
});

describe('countMacs', () => {
  /** Conv 3→8, kernel 3, stride 2, then MatMul of 8 channels with an 8x5 weight. */
  function small(): ReturnType<typeof emptyModel> {
    const model = emptyModel(17);
    const { graph } = model;
    graph.addInput('image', DataType.FLOAT, [1, 3, 'h', 'w']);
    const weight = graph.addInitializer('w', DataType.FLOAT, [8, 3, 3, 3], new Float32Array(216));
    const conv = graph.addNode('Conv', ['image', weight], { attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } });
    const rows = graph.addNode('Transpose', [conv.output[0] ?? ''], { attributes: { perm: [0, 2, 3, 1] } });
    const matrix = graph.addInitializer('m', DataType.FLOAT, [8, 5], new Float32Array(40));
    graph.addNode('MatMul', [rows.output[0] ?? '', matrix], { outputs: ['logits'] });
    graph.addOutput('logits', DataType.FLOAT, [1, 'a', 'b', 5]);
    return model;
  }

  test('counts products, at the size that is asked for', () => {
    const report = countMacs(small(), { height: 32, width: 64 });
    expect(report).toMatchObject({ height: 32, width: 64, uncounted: [] });
    expect(report?.total).toBe(16 * 32 * (8 * 27 + 8 * 5));
  });
});

describe('diffModels', () => {
  test('a model and its copy are equal', async () => {
    const model = await openSmall('transformers-ts17-256.onnx');
    expect(diffModels(model, copyModel(model)).isEqual).toBe(true);
  });

  test('nodes, weights, versions and borders that changed are named', async () => {
    const model = await openOdd('channels.onnx');
    const other = copyModel(model);
    other.setOpset('', 14);
    other.setMetadata('author', 'me');
    const [conv] = other.graph.nodes;
    const weight = other.graph.addInitializer('other', DataType.FLOAT, [3, 3, 1, 1], new Float32Array(9));
    if (conv !== undefined) other.graph.setInput(conv, 1, weight);
    other.graph.addNode('Relu', ['logits'], { name: 'extra', outputs: ['z'] });
    const diff = diffModels(model, other);
    expect(diff).toMatchObject({
      isEqual: false,
      model: ['opset 13 → 14', 'metadata author: none → me'],
      operators: { Relu: 1 },
      addedNodes: ['Relu extra'],
      removedNodes: [],
      changedNodes: [{ opType: 'Conv', changes: ['input weight → other'] }],
      addedWeights: ['other'],
    });
  });
});

describe('cutModel', () => {
  test('the part from an inner value on computes what the whole does', async () => {
    const model = await openSmall('original-ts17-256.onnx');
    const border = model.graph.nodes.find(({ opType }) => opType === 'LayerNormalization')?.output[0] ?? '';
    const head = cutModel(model, { inputs: [], outputs: [border] });
    const tail = cutModel(model, { inputs: [border], outputs: ['logits'] });
    expect(head.graph.nodes.length).toBeLessThan(20);
    expect(tail.graph.inputs.map(({ name }) => name)).toContain(border);
    const [sample] = [...randomSamples(1, { width: 256, height: 256, batch: 1 })];
    if (sample === undefined) throw new Error('no sample');
    const feeds = await feedsFor(model, sample, IMAGENET_FORM, 1);
    const [whole, first, second] = await Promise.all([model, head, tail].map((part) => ModelRunner.open(part)));
    const expected = await whole?.run(feeds);
    const middle = await first?.runRaw(feeds);
    const actual = await second?.run({ ...(tail.graph.isInput('image') ? feeds : {}), ...middle });
    expect(actual?.get('logits')?.data).toEqual(expected?.get('logits')?.data);
    for (const runner of [whole, first, second]) await runner?.close();
  });

  test('unknown names and empty parts are refused', async () => {
    const model = await openOdd('channels.onnx');
    const cut = (inputs: string[], outputs: string[]) => () => cutModel(model, { inputs, outputs });
    const coded = (code: string): Error => expect.objectContaining({ code }) as Error;
    expect(cut([], ['nothing'])).toThrow(coded('ONNX_VALUE_UNKNOWN'));
    expect(cut([], [model.graph.inputs[0]?.name ?? ''])).toThrow(coded('ONNX_CUT_EMPTY'));
  });
});

describe('fixModel', () => {
  test.each([
    ['as it is', undefined, [1, 3, 256, 256]],
    ['for any size', 'dynamic' as const, ['batch', 3, 'height', 'width']],
    ['for another size', { height: 128, width: 192, batch: 2 }, [2, 3, 128, 192]],
  ])('%s', async (_, target, dims) => {
    const original = await openSmall('original-ts13-256.onnx');
    const before = modelToBytes(original);
    const { model, report } = await fixModel(original, target === undefined ? {} : { target });
    expect(Buffer.compare(modelToBytes(original), before)).toBe(0);
    expect(report.verdict?.isEqual).toBe(true);
    expect(report.verdict?.pixelAgreement).toBe(1);
    expect((await inspectModel(model, { findings: false })).inputs[0]?.dims).toEqual(dims);
    expect(report.nodesAfter).toBeLessThan(report.nodesBefore * 0.6);
    expect(model.graph.nodes.filter(({ opType }) => opType === 'LayerNormalization').length).toBe(22);
  });

  test('LayerNorms are kept when that is asked for, and only named passes run', async () => {
    const original = await openSmall('original-ts13-256.onnx');
    const kept = await fixModel(original, { layerNorm: 'keep', verify: false });
    expect(kept.report.passes.map(({ pass }) => pass)).not.toContain('fuse-layernorm');
    const one = await fixModel(original, { passes: ['fuse-layernorm'], layerNorm: 'plugin' });
    expect(one.report.passes.map(({ pass }) => pass)).toEqual(['fuse-layernorm']);
    expect(one.report.verdict?.isEqual).toBe(true);
  });

  test('a pass that does not exist is refused before anything runs', async () => {
    const original = await openOdd('channels.onnx');
    await expect(fixModel(original, { passes: ['simplify', 'nonsense'] })).rejects.toThrow(AppError);
  });

  test('cancelling stops between passes', async () => {
    const stop = new AbortController();
    const original = await openSmall('original-ts13-256.onnx');
    const onPass = (name: string): void => (name === 'fuse-layernorm' ? stop.abort() : undefined);
    const work = fixModel(original, { signal: stop.signal, onPass });
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('the runner counts nodes before and after', async () => {
  const model = await openOdd('tiny-unet.onnx');
  const report = await runPass(model, simplify());
  expect(report).toMatchObject({ pass: 'simplify', nodesBefore: 9, nodesAfter: 8 });
});
