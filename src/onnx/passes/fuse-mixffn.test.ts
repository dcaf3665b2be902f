import { describe, expect, test } from 'vitest';
import { copyModel } from '../copy';
import { DataType } from '../data-type';
import { fixModel } from '../fix';
import { shapesOf } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { attributeInt, attributeString, isOp } from '../node';
import { runPass } from '../pass';
import { PLUGIN_DOMAIN } from './fuse-layernorm';
import { DEPTHWISE_GELU, expandDepthwiseGelus, fuseMixFfn } from './fuse-mixffn';
import { addValue } from './rewrite';
import {
  emptyModel,
  openSmall,
  randomNormal,
  relativeDifference,
  runFeeds,
  runRandom,
  SMALL_FIXTURES,
} from './test-support';
import { toFloat16 } from './to-low-precision';

const CHANNELS = 6;
const HEIGHT = 4;
const WIDTH = 5;

type Gelu = 'exported' | 'half first' | 'half on the input' | 'scaled by a product' | 'divided by two' | 'whole';

interface Variant {
  readonly gelu?: Gelu | 'tanh' | 'another scale' | 'no half';
  readonly bias?: boolean;
  readonly computedShape?: boolean;
  readonly shape?: readonly number[];
  readonly attributes?: Readonly<Record<string, readonly number[] | number>>;
  readonly groups?: number;
  readonly back?: readonly number[];
  readonly afterShape?: readonly number[];
  readonly shows?: 'map' | 'convolved' | 'tokens';
}

function build(variant: Variant = {}): OnnxModel {
  const { gelu = 'exported', groups = CHANNELS, shape = [2, CHANNELS, HEIGHT, WIDTH] } = variant;
  const model = emptyModel(gelu === 'whole' ? 20 : 13);
  const { graph } = model;
  graph.addInput('x', DataType.FLOAT, [2, HEIGHT * WIDTH, CHANNELS]);
  const weights = randomNormal((CHANNELS * CHANNELS * 9) / groups, 3);
  const weight = graph.addInitializer('w', DataType.FLOAT, [CHANNELS, CHANNELS / groups, 3, 3], weights);
  const bias =
    variant.bias === false ? [] : [graph.addInitializer('b', DataType.FLOAT, [CHANNELS], randomNormal(CHANNELS, 4))];
  const integers = (name: string, values: readonly number[]): string =>
    graph.addInitializer(name, DataType.INT64, [values.length], [...values]);
  const turned = addValue(graph, 'Transpose', ['x'], { attributes: { perm: [0, 2, 1] } });
  const sizes =
    variant.computedShape === true
      ? addValue(graph, 'Concat', [addValue(graph, 'Shape', ['y']), integers('rest', [HEIGHT, WIDTH])], {
          attributes: { axis: 0 },
        })
      : integers('sizes', shape);
  if (variant.computedShape === true) graph.addInput('y', DataType.FLOAT, [2, CHANNELS]);
  const map = addValue(graph, 'Reshape', [turned, sizes]);
  const attributes = { group: groups, pads: [1, 1, 1, 1], ...variant.attributes };
  const convolved = addValue(graph, 'Conv', [map, weight, ...bias], { attributes });
  const after = integers('after', variant.afterShape ?? [0, CHANNELS, -1]);
  const flat = addValue(graph, 'Reshape', [convolved, after]);
  const tokens = addValue(graph, 'Transpose', [flat], { attributes: { perm: variant.back ?? [0, 2, 1] } });
  graph.addOutput(addGelu(model, tokens, gelu), DataType.FLOAT, undefined);
  const shown = { map, convolved, tokens }[variant.shows ?? 'map'];
  if (variant.shows !== undefined) graph.addOutput(shown, DataType.FLOAT, undefined);
  return model;
}

function addGelu({ graph }: OnnxModel, x: string, form: NonNullable<Variant['gelu']>): string {
  const number = (value: number): string => graph.addInitializer('number', DataType.FLOAT, [], [value]);
  const product = (...inputs: readonly string[]): string => addValue(graph, 'Mul', inputs);
  if (form === 'whole') return addValue(graph, 'Gelu', [x]);
  if (form === 'tanh') return product(x, addValue(graph, 'Tanh', [x]));
  const root = form === 'another scale' ? 2 : Math.SQRT2;
  const scaled =
    form === 'scaled by a product' ? product(number(Math.SQRT1_2), x) : addValue(graph, 'Div', [x, number(root)]);
  const sum = addValue(graph, 'Add', [addValue(graph, 'Erf', [scaled]), number(1)]);
  switch (form) {
    case 'half first':
      return product(x, product(sum, number(0.5)));
    case 'half on the input':
      return product(product(x, number(0.5)), sum);
    case 'divided by two':
      return addValue(graph, 'Div', [product(sum, x), number(2)]);
    case 'no half':
      return product(x, sum);
    default:
      return product(product(x, sum), number(0.5));
  }
}

async function results(model: OnnxModel, computedShape = false): ReturnType<typeof runFeeds> {
  const tokens = { dims: [2, HEIGHT * WIDTH, CHANNELS], numbers: randomNormal(2 * HEIGHT * WIDTH * CHANNELS, 9) };
  const y = { dims: [2, CHANNELS], numbers: randomNormal(2 * CHANNELS, 1) };
  return runFeeds(model, computedShape ? { x: tokens, y } : { x: tokens });
}

describe('the middle of a MixFFN', () => {
  test.each<[string, Variant]>([
    ['as exported', {}],
    ['with the half taken first', { gelu: 'half first' }],
    ['with the half on the input', { gelu: 'half on the input' }],
    ['with a product instead of a quotient', { gelu: 'scaled by a product' }],
    ['with a quotient instead of a half', { gelu: 'divided by two' }],
    ['with GELU as one node', { gelu: 'whole' }],
    ['without a bias', { bias: false }],
    ['with sizes that are computed', { computedShape: true }],
    ['with sizes that are copied', { shape: [0, 0, HEIGHT, WIDTH] }],
    ['with one size left open', { shape: [0, CHANNELS, -1, WIDTH] }],
  ])('becomes one node that computes the same, %s', async (_, variant) => {
    const model = build(variant);
    const fused = copyModel(model);
    const { findings } = await runPass(fused, fuseMixFfn);
    expect(findings).toHaveLength(1);
    const [node, ...others] = fused.graph.nodes.filter(({ domain }) => domain === PLUGIN_DOMAIN);
    expect(others).toEqual([]);
    expect(node === undefined ? [] : [node.opType, attributeString(node, 'plugin_namespace')]).toEqual([
      DEPTHWISE_GELU,
      PLUGIN_DOMAIN,
    ]);
    expect(fused.graph.nodes.filter((each) => isOp(each, 'Transpose', 'Conv', 'Erf', 'Gelu'))).toEqual([]);
    expect(shapesOf(fused.graph).dims(fused.graph.outputs[0]?.name)).toEqual([2, HEIGHT * WIDTH, CHANNELS]);
    expandDepthwiseGelus(fused.graph);
    const before = await results(model, variant.computedShape);
    expect(relativeDifference(before, await results(fused, variant.computedShape))).toBeLessThan(1e-5);
  });

  test.each<[string, Variant]>([
    ['the GELU is an approximation', { gelu: 'tanh' }],
    ['the GELU has another scale', { gelu: 'another scale' }],
    ['the GELU is not halved', { gelu: 'no half' }],
    ['channels are mixed', { groups: 2 }],
    ['the convolution skips pixels', { attributes: { strides: [2, 2] }, afterShape: [0, CHANNELS, -1] }],
    ['the convolution is dilated', { attributes: { dilations: [2, 2], pads: [2, 2, 2, 2] } }],
    ['the border is cut off', { attributes: { pads: [0, 0, 0, 0] } }],
    ['the map is not transposed back', { back: [0, 1, 2] }],
    ['pictures are mixed', { afterShape: [1, 2 * CHANNELS, -1] }],
    ['the map is wanted elsewhere', { shows: 'map' }],
    ['the convolution is wanted elsewhere', { shows: 'convolved' }],
    ['what GELU reads is wanted elsewhere', { shows: 'tokens' }],
  ])('stays as it is where %s', async (_, variant) => {
    expect((await runPass(build(variant), fuseMixFfn)).findings).toEqual([]);
  });
});

describe('fuse-mixffn on exports', () => {
  const depthwise = (model: OnnxModel): number =>
    model.graph.nodes.filter((node) => isOp(node, 'Conv') && attributeInt(node, 'group', 1) > 1).length;

  test.each(SMALL_FIXTURES.map(({ file }) => file))('%s: every MixFFN', async (file) => {
    const { model } = await fixModel(await openSmall(file), { verify: false });
    const count = depthwise(model);
    const { findings } = await runPass(model, fuseMixFfn);
    expect(findings).toHaveLength(count);
    expect(count).toBeGreaterThan(0);
    expect(depthwise(model)).toBe(0);
  });

  test.each([
    ['original-ts11-dynamic.onnx', 1e-4],
    ['transformers-ts13-dynamic.onnx', 1e-4],
    ['original-dynamo18-dynamic.onnx', 1e-4],
    ['original-ts13-256-half.onnx', 3e-2],
  ])('%s gives the same logits', async (file, tolerance) => {
    const size = { height: file.includes('256') ? 256 : 64, width: file.includes('256') ? 256 : 96 };
    const { model } = await fixModel(await openSmall(file), { verify: false });
    const before = await runRandom(model, size);
    await runPass(model, fuseMixFfn);
    expandDepthwiseGelus(model.graph);
    expect(relativeDifference(before, await runRandom(model, size))).toBeLessThan(tolerance);
  });

  test('is proven on pictures like every other pass', async () => {
    const passes = ['dynamic-flatten', 'simplify', 'fuse-mixffn'];
    const { model, report } = await fixModel(await openSmall('transformers-ts17-dynamic.onnx'), { passes });
    expect(model.graph.nodes.some(({ opType }) => opType === DEPTHWISE_GELU)).toBe(true);
    expect(report.verdict?.isEqual).toBe(true);
  });

  test('computes in 16 bits where the graph does', async () => {
    const { model } = await fixModel(await openSmall('original-ts13-256.onnx'), { verify: false });
    await runPass(model, fuseMixFfn);
    await runPass(model, toFloat16());
    const table = shapesOf(model.graph);
    const made = model.graph.nodes.filter(({ opType }) => opType === DEPTHWISE_GELU);
    expect(made.flatMap(({ input }) => input.map((value) => table.elementType(value)))).toEqual(
      Array.from({ length: made.length * 3 }, () => DataType.FLOAT16),
    );
  });
});
