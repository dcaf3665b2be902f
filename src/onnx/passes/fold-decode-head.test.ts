import { describe, expect, test } from 'vitest';
import { DataType } from '../data-type';
import type { OnnxModel } from '../model';
import { setAttribute } from '../node';
import { runPass } from '../pass';
import { foldDecodeHead } from './fold-decode-head';
import { addValue, remakeValue } from './rewrite';
import {
  emptyModel,
  openOdd,
  openSmall,
  randomNormal,
  relativeDifference,
  runFeeds,
  runRandom,
  SMALL_FIXTURES,
} from './test-support';

interface HeadOptions {
  readonly widths?: readonly number[];
  readonly inner?: number;
  readonly outer?: number;
  readonly mode?: string;
  readonly coordinates?: string;
  readonly resizeInput?: 'sizes' | 'scales' | 'upsample';
  readonly batchNorm?: boolean;
  readonly convBias?: boolean;
  readonly activation?: boolean;
  readonly kernel?: number;
  readonly linear?: 'convolution' | 'tokens' | 'feature';
  readonly opset?: number;
}

/** Two maps of 4x6 and 8x12, projected to `inner` channels, joined at 8x12 and fused to `outer`. */
function build(options: HeadOptions = {}): OnnxModel {
  const { widths = [3, 5], inner = 4, outer = 4, mode = 'linear', linear = 'convolution', opset = 13 } = options;
  const model = emptyModel(opset);
  const { graph } = model;
  const random = (name: string, dims: readonly number[]): string => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return graph.addInitializer(name, DataType.FLOAT, dims, randomNormal(count, name.length + count));
  };
  const ints = (values: readonly number[]): string =>
    graph.addInitializer('ints', DataType.INT64, [values.length], values);
  const maps = widths.map((width, index) => {
    const [h, w] = index === 0 ? [4, 6] : [8, 12];
    graph.addInput(`x${index}`, DataType.FLOAT, linear === 'tokens' ? [1, h * w, width] : [1, width, h, w]);
    let value = `x${index}`;
    if (linear === 'convolution')
      value = addValue(graph, 'Conv', [value, random(`w${index}`, [inner, width, 1, 1]), random(`b${index}`, [inner])]);
    else {
      if (linear === 'feature') {
        value = addValue(graph, 'Reshape', [value, ints([0, width, -1])]);
        value = addValue(graph, 'Transpose', [value], { attributes: { perm: [0, 2, 1] } });
      }
      value = addValue(graph, 'MatMul', [value, random(`w${index}`, [width, inner])]);
      value = addValue(graph, 'Add', [random(`b${index}`, [inner]), value]);
      value = addValue(graph, 'Transpose', [value], { attributes: { perm: [0, 2, 1] } });
      value = addValue(graph, 'Reshape', [value, ints([1, inner, h, w])]);
    }
    if (options.activation === true) value = addValue(graph, 'Relu', [value]);
    if (index === 1) return value;
    const scales = graph.addInitializer('scales', DataType.FLOAT, [4], [1, 1, 2, 2]);
    if (options.resizeInput === 'upsample')
      return addValue(graph, 'Upsample', [value, scales], { attributes: { mode } });
    const attributes = { mode, coordinate_transformation_mode: options.coordinates ?? 'half_pixel' };
    const region = graph.addInitializer('region', DataType.FLOAT, [8], [0, 0, 0, 0, 1, 1, 1, 1]);
    const inputs =
      options.resizeInput === 'scales' ? [value, region, scales] : [value, region, '', ints([1, inner, 8, 12])];
    return addValue(graph, 'Resize', inputs, { attributes });
  });
  const joined = addValue(graph, 'Concat', maps.reverse(), { attributes: { axis: 1 } });
  const { kernel = 1 } = options;
  const pads = [kernel, kernel, kernel, kernel].map((size) => (size - 1) / 2);
  const weights = [joined, random('fuse', [outer, inner * 2, kernel, kernel])];
  if (options.convBias === true) weights.push(random('fuse_bias', [outer]));
  let value = addValue(graph, 'Conv', weights, { attributes: { kernel_shape: [kernel, kernel], pads } });
  if (options.batchNorm !== false) {
    const variance = graph.addInitializer('variance', DataType.FLOAT, [outer], new Float32Array(outer).fill(0.7));
    const statistics = [random('gamma', [outer]), random('beta', [outer]), random('mean', [outer]), variance];
    value = addValue(graph, 'BatchNormalization', [value, ...statistics], { attributes: { epsilon: { float: 1e-2 } } });
  }
  graph.addNode('Relu', [value], { outputs: ['y'] });
  graph.addOutput('y', DataType.FLOAT, [1, outer, 8, 12]);
  return model;
}

function feedsOf(options: HeadOptions): Parameters<typeof runFeeds>[1] {
  const [first = 3, second = 5] = options.widths ?? [];
  const shape = (width: number, h: number, w: number): number[] =>
    options.linear === 'tokens' ? [1, h * w, width] : [1, width, h, w];
  return {
    x0: { dims: shape(first, 4, 6), numbers: randomNormal(first * 24, 2) },
    x1: { dims: shape(second, 8, 12), numbers: randomNormal(second * 96, 3) },
  };
}

describe('fold-decode-head folds', () => {
  const forms: readonly [string, HeadOptions][] = [
    ['1x1 convolutions', {}],
    ['linear layers on flattened maps', { linear: 'feature' }],
    ['linear layers on tokens whose map is not there', { linear: 'tokens' }],
    ['nearest', { mode: 'nearest', coordinates: 'asymmetric' }],
    ['cubic', { mode: 'cubic' }],
    ['aligned corners', { coordinates: 'align_corners' }],
    ['a resize by scales', { resizeInput: 'scales' }],
    ['an Upsample', { resizeInput: 'upsample', opset: 9 }],
    ['no batch normalisation, a bias in the convolution', { batchNorm: false, convBias: true }],
    ['both', { convBias: true }],
    ['more channels out than in', { inner: 4, outer: 7 }],
    ['fewer channels out than in, on flattened maps', { inner: 6, outer: 2, linear: 'feature' }],
  ];
  test.each(forms)('%s', async (_name, options) => {
    const model = build(options);
    const before = await runFeeds(model, feedsOf(options));
    const { findings } = await runPass(model, foldDecodeHead);
    expect(findings).toHaveLength(1);
    const operators = model.graph.nodes.map((node) => node.opType);
    expect(operators).not.toContain('Concat');
    expect(operators).not.toContain('BatchNormalization');
    expect(relativeDifference(before, await runFeeds(model, feedsOf(options)))).toBeLessThan(1e-5);
  });
});

describe('fold-decode-head refuses', () => {
  const others: readonly [string, HeadOptions][] = [
    ['an activation between the linear map and the resize', { activation: true }],
    ['a fusing convolution that looks at neighbours', { kernel: 3 }],
    ['a resize that crops and fills in', { coordinates: 'tf_crop_and_resize' }],
    ['tokens whose channels change in number', { linear: 'tokens', inner: 6, outer: 2 }],
  ];
  test.each(others)('%s', async (_name, options) => {
    expect(await foldDecodeHead.match(build(options))).toEqual([]);
  });

  test('a map that something else reads too', async () => {
    const model = build();
    const resize = model.graph.nodes.find((node) => node.opType === 'Resize');
    model.graph.addNode('Relu', [resize?.output[0] ?? ''], { outputs: ['aux'] });
    model.graph.addOutput('aux', DataType.FLOAT, [1, 4, 8, 12]);
    expect(await foldDecodeHead.match(model)).toEqual([]);
  });

  test('a resize that mixes channels', async () => {
    const model = build({ resizeInput: 'scales' });
    const resize = model.graph.nodes.find((node) => node.opType === 'Resize');
    const scales = model.graph.addInitializer('scales', DataType.FLOAT, [4], [1, 2, 2, 2]);
    if (resize !== undefined) model.graph.setInput(resize, 2, scales);
    expect(await foldDecodeHead.match(model)).toEqual([]);
  });

  test('a batch normalisation that is still training', async () => {
    const model = build();
    const norm = model.graph.nodes.find((node) => node.opType === 'BatchNormalization');
    if (norm !== undefined) setAttribute(norm, 'training_mode', 1);
    model.setOpset('', 14);
    const { findings } = await runPass(model, foldDecodeHead);
    // The convolution alone is folded; the normalisation stays behind it.
    expect(findings).toHaveLength(1);
    expect(model.graph.nodes.map((node) => node.opType)).toContain('BatchNormalization');
  });

  test('tokens that are put back at another size than they came from', async () => {
    const model = build({ linear: 'feature' });
    const { graph } = model;
    const reshapes = graph.nodes.filter(
      (node) => node.opType === 'Reshape' && node.input[0]?.includes('Transpose') === true,
    );
    for (const node of reshapes) {
      const turned = graph.addInitializer(
        'turned',
        DataType.INT64,
        [4],
        node === reshapes[0] ? [1, 4, 6, 4] : [1, 4, 8, 12],
      );
      remakeValue(graph, node.output[0] ?? '', 'Reshape', [node.input[0] ?? '', turned]);
    }
    graph.removeDeadNodes();
    const before = await runFeeds(model, feedsOf({ linear: 'feature' }));
    await runPass(model, foldDecodeHead);
    // The products are folded, but on the tokens: a convolution on the map would see its rows in the wrong order.
    expect(model.graph.nodes.map((node) => node.opType)).toContain('MatMul');
    expect(relativeDifference(before, await runFeeds(model, feedsOf({ linear: 'feature' })))).toBeLessThan(1e-5);
  });

  test.each(['tiny-unet.onnx', 'channels.onnx', 'int8-qdq.onnx'])('%s: no SegFormer', async (file) => {
    expect(await foldDecodeHead.match(await openOdd(file))).toEqual([]);
  });
});

describe('fold-decode-head on exports', () => {
  test.each(SMALL_FIXTURES.map((fixture) => [fixture.file, fixture] as const))('%s', async (file, fixture) => {
    const model = await openSmall(file);
    const { findings } = await runPass(model, foldDecodeHead);
    expect(findings).toHaveLength(fixture.expect['fold-decode-head']);
  });

  test.each([
    ['original-dynamo18-dynamic.onnx', 1e-4],
    ['transformers-dynamo18-dynamic.onnx', 1e-4],
    ['transformers-ts13-dynamic-half.onnx', 5e-3],
    ['original-ts13-dynamic-align-corners.onnx', 1e-4],
  ])('%s gives the same logits', async (file, tolerance) => {
    const size = { batch: 2, height: 32, width: 64 };
    const model = await openSmall(file);
    const before = await runRandom(model, size);
    await runPass(model, foldDecodeHead);
    expect(model.graph.nodes.filter((node) => node.opType === 'MatMul' && node.name.includes('_folded'))).toEqual([]);
    expect(relativeDifference(before, await runRandom(model, size))).toBeLessThan(tolerance);
  });
});
