import { describe, expect, test } from 'vitest';
import { copyModel } from '../copy';
import { DataType } from '../data-type';
import { shapesOf } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { runPass } from '../pass';
import { expandDecodeHeads, fuseDecodeHead } from './fuse-decode-head';
import { addValue } from './rewrite';
import { toFloat16 } from './to-low-precision';
import { emptyModel, randomNormal, relativeDifference, runFeeds } from './test-support';

interface EndOptions {
  readonly channels?: number;
  readonly inner?: number;
  readonly classes?: number;
  readonly maps?: number;
  readonly coordinates?: string;
  readonly mode?: string;
  readonly biasOfConvolution?: boolean;
  readonly keepsSum?: boolean;
  readonly kernel?: number;
}

/** relu(conv(x) + resize(a) + resize(b) + resize(c)) → classifier, at 8 x 12. */
function build(options: EndOptions = {}): OnnxModel {
  const { channels = 16, inner = 64, classes = 5, maps = 3, mode = 'linear', kernel = 1 } = options;
  const model = emptyModel(13);
  const { graph } = model;
  const random = (name: string, dims: readonly number[]): string => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return graph.addInitializer(name, DataType.FLOAT, dims, randomNormal(count, name.length + count));
  };
  graph.addInput('x', DataType.FLOAT, [1, channels, 8, 12]);
  const bias = options.biasOfConvolution === false ? [] : [random('b', [inner])];
  const pads = { pads: Array.from({ length: 4 }, () => (kernel - 1) / 2) };
  let sum = addValue(graph, 'Conv', ['x', random('w', [inner, channels, kernel, kernel]), ...bias], {
    attributes: pads,
  });
  for (let index = 0; index < maps; index++) {
    const name = `map${index}`;
    graph.addInput(name, DataType.FLOAT, [1, inner, 4 >> index, 6 >> index]);
    const sizes = graph.addInitializer('sizes', DataType.INT64, [4], [1, inner, 8, 12]);
    const coordinates = options.coordinates ?? 'pytorch_half_pixel';
    const attributes = { mode, coordinate_transformation_mode: coordinates };
    // The order in which a head adds its parts up is the exporter's.
    const enlarged = addValue(graph, 'Resize', [name, '', '', sizes], { attributes });
    sum = addValue(graph, 'Add', index % 2 === 0 ? [sum, enlarged] : [enlarged, sum]);
  }
  const relu = addValue(graph, 'Relu', [sum]);
  const logits = addValue(graph, 'Conv', [relu, random('v', [classes, inner, 1, 1]), random('c', [classes])]);
  graph.addOutput(logits, DataType.FLOAT, [1, classes, 8, 12]);
  if (options.keepsSum === true) graph.addOutput(relu, DataType.FLOAT, [1, inner, 8, 12]);
  return model;
}

function feedsFor(model: OnnxModel): Parameters<typeof runFeeds>[1] {
  const entries = model.graph.inputs.map(({ name }, index) => {
    const dims = (shapesOf(model.graph).dims(name) ?? []).map(Number);
    const count = dims.reduce((product, dim) => product * dim, 1);
    return [name, { dims, numbers: randomNormal(count, index) }];
  });
  return Object.fromEntries(entries);
}

describe('the end of a folded decode head', () => {
  test.each<[string, EndOptions]>([
    ['with all biases', {}],
    ['without a bias in the convolution', { biasOfConvolution: false }],
    ['with ONNX’s pixel centres', { coordinates: 'half_pixel' }],
    ['with many classes', { classes: 150, inner: 128, channels: 32 }],
  ])('becomes one node that computes the same, %s', async (_, options) => {
    const model = build(options);
    const fused = copyModel(model);
    const report = await runPass(fused, fuseDecodeHead);
    expect(report.findings).toHaveLength(1);
    expect(fused.graph.nodes.map(({ opType }) => opType)).toEqual(['DecodeHead']);
    const [output] = fused.graph.outputs;
    expect(shapesOf(fused.graph).dims(output?.name)).toEqual([1, options.classes ?? 5, 8, 12]);
    const expanded = copyModel(fused);
    expandDecodeHeads(expanded.graph);
    expect(
      relativeDifference(await runFeeds(model, feedsFor(model)), await runFeeds(expanded, feedsFor(model))),
    ).toBeLessThan(1e-5);
  });

  test('computes in 16 bits where the graph does', async () => {
    const model = build();
    await runPass(model, fuseDecodeHead);
    await runPass(model, toFloat16());
    const head = model.graph.nodes.find(({ opType }) => opType === 'DecodeHead');
    const types = head?.input.map((value) => shapesOf(model.graph).elementType(value));
    expect(types).toEqual(Array.from({ length: 8 }, () => DataType.FLOAT16));
  });

  test.each<[string, EndOptions]>([
    ['a map is missing', { maps: 2 }],
    ['pixels are repeated', { mode: 'nearest' }],
    ['corners are aligned', { coordinates: 'align_corners' }],
    ['the sum is wanted elsewhere', { keepsSum: true }],
    ['the convolution sees neighbours', { kernel: 3 }],
    ['the kernel has no such width', { inner: 40 }],
    ['there are too many channels', { channels: 144 }],
    ['there are too many classes', { classes: 161 }],
  ])('stays as it is where %s', async (_, options) => {
    expect((await runPass(build(options), fuseDecodeHead)).findings).toEqual([]);
  });
});
