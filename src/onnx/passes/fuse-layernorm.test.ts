import { describe, expect, test } from 'vitest';
import { addReduce } from '../build';
import { DataType } from '../data-type';
import { fixModel } from '../fix';
import type { Graph } from '../graph';
import { shapesOf } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { attributeFloat, attributeInt, attributeString } from '../node';
import { runPass } from '../pass';
import { fuseLayerNorm, PLUGIN_DOMAIN } from './fuse-layernorm';
import { addValue } from './rewrite';
import {
  emptyModel,
  openOdd,
  openSmall,
  randomNormal,
  relativeDifference,
  runFeeds,
  runRandom,
  SMALL_FIXTURES,
  smallFixture,
} from './test-support';
import { toFloat16 } from './to-low-precision';

interface Variant {
  readonly opset?: number;
  readonly type?: DataType;
  readonly dims?: readonly (number | string)[];
  readonly axes?: readonly number[];
  readonly square?: 'pow' | 'mul' | 'two-subs' | 'one-pass' | 'one-pass-clamped';
  readonly divide?: 'div' | 'reciprocal' | 'one-over' | 'power';
  readonly epsilonFirst?: boolean;
  readonly castTo?: DataType;
  readonly gamma?: readonly number[] | 'none' | 'early' | 'shared';
  readonly beta?: readonly number[] | 'none';
  readonly negatedMean?: boolean;
  readonly shifted?: boolean;
}

const WIDTH = 6;
const EPSILON = 1e-3;

function build(variant: Variant): OnnxModel {
  const { opset = 13, type = DataType.FLOAT, dims = ['n', 5, WIDTH], axes = [-1] } = variant;
  const model = emptyModel(opset);
  const { graph } = model;
  graph.addInput('x', type, dims);
  const constant = (name: string, shape: readonly number[], as = type): string => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    return graph.addInitializer(name, as, shape, randomNormal(count, name.length));
  };
  const scalar = (name: string, value: number): string =>
    graph.addInitializer(name, variant.castTo ?? type, [], [value]);
  const cast = (value: string, to: DataType | undefined): string =>
    to === undefined ? value : addValue(graph, 'Cast', [value], { attributes: { to } });
  const mean = (value: string): string => addReduce(graph, 'ReduceMean', value, axes, true);

  const x = cast('x', variant.castTo);
  const mu = mean(x);
  const centre = (): string =>
    variant.negatedMean === true
      ? addValue(graph, 'Add', [x, addValue(graph, 'Neg', [mu])])
      : addValue(graph, 'Sub', [x, mu]);
  const centred = centre();
  const variance = addVariance(graph, variant, { x, mu, centred, centre, mean, scalar });
  const epsilon = scalar('epsilon', EPSILON);
  const sum = addValue(graph, 'Add', variant.epsilonFirst === true ? [epsilon, variance] : [variance, epsilon]);
  const gamma = gammaValue(graph, variant, constant);
  const beta =
    variant.beta === 'none'
      ? undefined
      : constant('shift', variant.beta ?? [WIDTH], variant.castTo === undefined ? type : variant.castTo);
  const factor = addFactor(graph, variant, sum, scalar);
  let result: string;
  if (variant.shifted === true) {
    const scale = gamma === undefined ? factor.value : addValue(graph, 'Mul', [factor.value, gamma]);
    const offset = addValue(graph, 'Mul', [mu, scale]);
    const scaled = addValue(graph, 'Mul', [x, scale]);
    result =
      beta === undefined
        ? addValue(graph, 'Sub', [scaled, offset])
        : addValue(graph, 'Add', [scaled, addValue(graph, 'Sub', [beta, offset])]);
  } else {
    const early = variant.gamma === 'early' && gamma !== undefined;
    const by = early ? addValue(graph, 'Mul', [factor.value, gamma]) : factor.value;
    result = addValue(graph, factor.inverse ? 'Mul' : 'Div', [centred, by]);
    if (gamma !== undefined && !early) result = addValue(graph, 'Mul', [gamma, result]);
    if (beta !== undefined) result = addValue(graph, 'Add', [result, beta]);
  }
  const final = cast(result, variant.castTo === undefined ? undefined : type);
  graph.addNode('Identity', [final], { outputs: ['y'] });
  graph.addOutput('y', type, dims);
  return model;
}

interface Parts {
  readonly x: string;
  readonly mu: string;
  readonly centred: string;
  readonly centre: () => string;
  readonly mean: (value: string) => string;
  readonly scalar: (name: string, value: number) => string;
}

function addVariance(graph: Graph, { square = 'pow' }: Variant, parts: Parts): string {
  const { x, mu, centred, centre, mean, scalar } = parts;
  switch (square) {
    case 'pow':
      return mean(addValue(graph, 'Pow', [centred, scalar('two', 2)]));
    case 'mul':
      return mean(addValue(graph, 'Mul', [centred, centred]));
    case 'two-subs':
      return mean(addValue(graph, 'Mul', [centre(), centre()]));
    default: {
      const difference = addValue(graph, 'Sub', [
        mean(addValue(graph, 'Mul', [x, x])),
        addValue(graph, 'Mul', [mu, mu]),
      ]);
      return square === 'one-pass' ? difference : addValue(graph, 'Max', [difference, scalar('zero', 0)]);
    }
  }
}

function addFactor(
  graph: Graph,
  { divide = 'div' }: Variant,
  sum: string,
  scalar: Parts['scalar'],
): { value: string; inverse: boolean } {
  if (divide === 'power') return { value: addValue(graph, 'Pow', [sum, scalar('exponent', -0.5)]), inverse: true };
  const root = addValue(graph, 'Sqrt', [sum]);
  if (divide === 'div') return { value: root, inverse: false };
  if (divide === 'reciprocal') return { value: addValue(graph, 'Reciprocal', [root]), inverse: true };
  return { value: addValue(graph, 'Div', [scalar('one', 1), root]), inverse: true };
}

function gammaValue(
  graph: Graph,
  variant: Variant,
  constant: (name: string, shape: readonly number[], as?: DataType) => string,
): string | undefined {
  if (variant.gamma === 'none') return undefined;
  const shape = typeof variant.gamma === 'object' ? variant.gamma : [WIDTH];
  const value = constant('gain', shape, variant.castTo ?? variant.type);
  return variant.gamma === 'shared' ? addValue(graph, 'Identity', [value]) : value;
}

async function runBoth(
  model: OnnxModel,
  form: 'native' | 'plugin',
  dims: readonly number[],
): Promise<[number, number]> {
  const numbers = randomNormal(
    dims.reduce((product, dim) => product * dim, 1),
    5,
  );
  const before = await runFeeds(model, { x: { dims, numbers } });
  const { findings } = await runPass(model, fuseLayerNorm({ form }));
  if (form === 'plugin') await runPass(model, fuseLayerNorm({ form: 'native' }));
  const after = await runFeeds(model, { x: { dims, numbers } });
  return [findings.length, relativeDifference(before, after)];
}

const FORMS: readonly [string, Variant][] = [
  ['PyTorch', {}],
  ['operator set 18 with axes as input', { opset: 18 }],
  ['operator set 11', { opset: 11 }],
  ['operator set 9', { opset: 9 }],
  ['squares by Mul', { square: 'mul' }],
  ['the difference computed for each use', { square: 'two-subs' }],
  ['mean of squares minus square of mean', { square: 'one-pass' }],
  ['the same, clamped at zero', { square: 'one-pass-clamped' }],
  ['epsilon on the left', { epsilonFirst: true }],
  ['reciprocal of the root', { divide: 'reciprocal' }],
  ['one over the root', { divide: 'one-over' }],
  ['power of -0.5', { divide: 'power' }],
  ['gamma multiplied in before', { divide: 'reciprocal', gamma: 'early' }],
  ['gamma behind an Identity', { gamma: 'shared' }],
  ['gamma of one number', { gamma: [1] }],
  ['gamma and beta with leading ones', { gamma: [1, 1, WIDTH], beta: [1, WIDTH] }],
  ['no gamma', { gamma: 'none' }],
  ['no beta', { beta: 'none' }],
  ['neither', { gamma: 'none', beta: 'none' }],
  ['minus as plus the negated mean', { negatedMean: true }],
  ['scale and shift as in a batch normalisation', { divide: 'reciprocal', shifted: true }],
  ['the same without beta', { divide: 'power', shifted: true, beta: 'none' }],
  ['the same without gamma', { divide: 'one-over', shifted: true, gamma: 'none' }],
  ['an explicit last axis', { axes: [2] }],
  ['the last two axes', { axes: [-2, -1], gamma: [5, WIDTH], beta: [5, WIDTH] }],
  ['the last two axes, explicit and in another order', { axes: [2, 1], gamma: 'none', beta: 'none' }],
  ['four axes', { dims: ['n', 2, 5, WIDTH] }],
  ['in double between casts', { castTo: DataType.DOUBLE }],
];

describe('fuse-layernorm finds', () => {
  test.each(FORMS)('%s', async (_name, variant) => {
    const model = build(variant);
    const dims = variant.dims?.length === 4 ? [2, 2, 5, WIDTH] : [2, 5, WIDTH];
    const [count, difference] = await runBoth(model, 'native', dims);
    expect(count).toBe(1);
    expect(difference).toBeLessThan(1e-5);
    const nodes = model.graph.nodes.filter((node) => node.opType !== 'Identity');
    expect(nodes.map((node) => node.opType)).toEqual(['LayerNormalization']);
    const [norm] = nodes;
    expect(norm === undefined ? undefined : attributeFloat(norm, 'epsilon')).toBeCloseTo(EPSILON, 8);
  });

  test('half precision with single between casts: computed as LayerNormalization defines it', async () => {
    const model = build({ type: DataType.FLOAT16, castTo: DataType.FLOAT });
    const [count, difference] = await runBoth(model, 'native', [2, 5, WIDTH]);
    expect(count).toBe(1);
    expect(difference).toBeLessThan(2e-3);
    expect(model.graph.nodes.filter((node) => node.opType === 'Cast')).toEqual([]);
  });
});

describe('fuse-layernorm leaves alone', () => {
  const odd: readonly [string, Variant][] = [
    ['a norm over the channels of an image', { axes: [1], gamma: 'none', beta: 'none' }],
    ['a norm over the first of two axes', { axes: [-2], gamma: 'none', beta: 'none' }],
    ['gamma that varies along another axis', { gamma: [5, 1] }],
  ];
  test.each(odd.slice(0, 2))('%s', async (_name, variant) => {
    const { findings } = await runPass(build(variant), fuseLayerNorm({ form: 'native' }));
    expect(findings).toEqual([]);
  });

  test('gamma that varies along another axis: the norm is taken, the product stays', async () => {
    const model = build({ gamma: [5, 1] });
    const [count, difference] = await runBoth(model, 'native', [2, 5, WIDTH]);
    expect(count).toBe(1);
    expect(difference).toBeLessThan(1e-5);
    expect(model.graph.nodes.map((node) => node.opType)).toEqual(['LayerNormalization', 'Mul', 'Add', 'Identity']);
  });

  test('epsilon added to the root instead of under it', async () => {
    const model = emptyModel(17);
    const { graph } = model;
    graph.addInput('x', DataType.FLOAT, ['n', WIDTH]);
    const centred = addValue(graph, 'Sub', ['x', addReduce(graph, 'ReduceMean', 'x', [-1], true)]);
    const variance = addReduce(graph, 'ReduceMean', addValue(graph, 'Mul', [centred, centred]), [-1], true);
    const epsilon = graph.addInitializer('epsilon', DataType.FLOAT, [], [1e-6]);
    const deviation = addValue(graph, 'Add', [addValue(graph, 'Sqrt', [variance]), epsilon]);
    graph.addNode('Div', [centred, deviation], { outputs: ['y'] });
    graph.addOutput('y', DataType.FLOAT, ['n', WIDTH]);
    expect(await fuseLayerNorm({ form: 'native' }).match(model)).toEqual([]);
  });

  test('the mean of something else', async () => {
    const model = emptyModel(17);
    const { graph } = model;
    graph.addInput('x', DataType.FLOAT, ['n', WIDTH]);
    const other = addValue(graph, 'Relu', ['x']);
    const centred = addValue(graph, 'Sub', ['x', addReduce(graph, 'ReduceMean', other, [-1], true)]);
    const variance = addReduce(graph, 'ReduceMean', addValue(graph, 'Mul', [centred, centred]), [-1], true);
    const sum = addValue(graph, 'Add', [variance, graph.addInitializer('epsilon', DataType.FLOAT, [], [1e-6])]);
    graph.addNode('Div', [centred, addValue(graph, 'Sqrt', [sum])], { outputs: ['y'] });
    graph.addOutput('y', DataType.FLOAT, ['n', WIDTH]);
    expect(await fuseLayerNorm({ form: 'native' }).match(model)).toEqual([]);
  });

  test('a network without any', async () => {
    expect(await fuseLayerNorm({ form: 'plugin' }).match(await openOdd('tiny-unet.onnx'))).toEqual([]);
  });
});

describe('fuse-layernorm on exports', () => {
  test.each(SMALL_FIXTURES.map((fixture) => [fixture.file, fixture] as const))(
    '%s: every norm, in both forms',
    async (file, fixture) => {
      const model = await openSmall(file);
      const native = await runPass(model, fuseLayerNorm({ form: 'native' }));
      expect(native.findings).toHaveLength(fixture.expect['fuse-layernorm']);
      const norms = model.graph.nodes.filter((node) => node.opType === 'LayerNormalization');
      expect(norms).toHaveLength(fixture.expect.layerNorms);
      const plugin = await runPass(model, fuseLayerNorm({ form: 'plugin' }));
      expect(plugin.findings).toHaveLength(fixture.expect.layerNorms);
      const made = model.graph.nodes.filter((node) => node.domain === PLUGIN_DOMAIN);
      expect(made).toHaveLength(fixture.expect.layerNorms);
      expect(made.every((node) => node.input.length === 3 && attributeInt(node, 'axis') === -1)).toBe(true);
      expect(made.every((node) => attributeString(node, 'plugin_namespace') === PLUGIN_DOMAIN)).toBe(true);
      expect(made.every((node) => attributeString(node, 'plugin_version') === '1')).toBe(true);
      expect(model.opset(PLUGIN_DOMAIN)).toBe(1);
    },
  );

  test.each([
    ['original-ts11-dynamic.onnx', 1e-4],
    ['transformers-ts13-dynamic.onnx', 1e-4],
    ['original-ts13-256-half.onnx', 3e-2],
  ])('%s gives the same logits', async (file, tolerance) => {
    const size = { height: file.includes('256') ? 256 : 64, width: file.includes('256') ? 256 : 96 };
    const model = await openSmall(file);
    const before = await runRandom(model, size);
    await runPass(model, fuseLayerNorm({ form: 'plugin' }));
    await runPass(model, fuseLayerNorm({ form: 'native' }));
    expect(relativeDifference(before, await runRandom(model, size))).toBeLessThan(tolerance);
  });

  test('only the chosen ones', async () => {
    const model = await openSmall('original-ts13-dynamic.onnx');
    const all = await fuseLayerNorm({ form: 'plugin' }).match(model);
    const chosen = all.slice(3, 6).map(({ nodes: [name = ''] }) => name);
    const { findings } = await runPass(model, fuseLayerNorm({ form: 'plugin', only: chosen }));
    expect(findings.map(({ nodes: [name] }) => name)).toEqual(chosen);
    expect(model.graph.nodes.filter((node) => node.domain === PLUGIN_DOMAIN)).toHaveLength(3);
    expect(model.opset('')).toBe(13);
  });
});

describe('fuse-layernorm with the addition in front', () => {
  const sums = (model: OnnxModel): number => model.graph.nodes.filter(({ opType }) => opType === 'AddLayerNorm').length;

  /** norm(x + y), or with a second norm of the same sum; the sum is an output as well. */
  function withSum(variant: { readonly dims?: readonly number[]; readonly twice?: boolean } = {}): OnnxModel {
    const model = emptyModel(17);
    const { graph } = model;
    graph.addInput('x', DataType.FLOAT, [2, 5, WIDTH]);
    graph.addInput('y', DataType.FLOAT, variant.dims ?? [2, 5, WIDTH]);
    const sum = addValue(graph, 'Add', ['x', 'y']);
    const gamma = graph.addInitializer('gamma', DataType.FLOAT, [WIDTH], randomNormal(WIDTH, 1));
    const beta = graph.addInitializer('beta', DataType.FLOAT, [WIDTH], randomNormal(WIDTH, 2));
    for (const values of variant.twice === true
      ? [
          [sum, gamma, beta],
          [sum, beta, gamma],
        ]
      : [[sum, gamma, beta]])
      graph.addOutput(addValue(graph, 'LayerNormalization', values), DataType.FLOAT, [2, 5, WIDTH]);
    graph.addOutput(sum, DataType.FLOAT, [2, 5, WIDTH]);
    return model;
  }

  function run(model: OnnxModel, dims: readonly number[] = [2, 5, WIDTH]): ReturnType<typeof runFeeds> {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const x = { dims: [2, 5, WIDTH], numbers: randomNormal(2 * 5 * WIDTH, 5) };
    return runFeeds(model, { x, y: { dims, numbers: randomNormal(count, 6) } });
  }

  test.each([
    ['one norm', {}, ['AddLayerNorm']],
    ['two norms of one sum: the first takes it', { twice: true }, ['AddLayerNorm', 'LayerNorm']],
  ])('%s', async (_, variant, made) => {
    const model = withSum(variant);
    const before = await run(model);
    await runPass(model, fuseLayerNorm({ form: 'plugin', residual: true }));
    expect(model.graph.nodes.map(({ opType }) => opType)).toEqual(made);
    const [node] = model.graph.nodes;
    expect(node?.input.slice(0, 2)).toEqual(['x', 'y']);
    expect(node?.output).toHaveLength(2);
    expect(node === undefined ? undefined : attributeString(node, 'plugin_namespace')).toBe(PLUGIN_DOMAIN);
    await runPass(model, fuseLayerNorm({ form: 'native' }));
    expect(relativeDifference(before, await run(model))).toBeLessThan(1e-6);
  });

  test.each([
    ['a summand is repeated over rows', [WIDTH]],
    ['a summand is repeated over pictures', [1, 5, WIDTH]],
  ])('stays two nodes where %s', async (_, dims) => {
    const model = withSum({ dims });
    await runPass(model, fuseLayerNorm({ form: 'plugin', residual: true }));
    expect(model.graph.nodes.map(({ opType }) => opType)).toEqual(['Add', 'LayerNorm']);
  });

  test('is left out unless asked for', async () => {
    const model = withSum();
    await runPass(model, fuseLayerNorm({ form: 'plugin' }));
    expect(model.graph.nodes.map(({ opType }) => opType)).toEqual(['Add', 'LayerNorm']);
  });

  test.each([
    ['original-ts13-dynamic.onnx', 1e-4],
    ['transformers-ts17-dynamic.onnx', 1e-4],
    ['original-ts13-256-half.onnx', 3e-2],
  ])('%s gives the same logits', async (file, tolerance) => {
    const size = { height: file.includes('256') ? 256 : 64, width: file.includes('256') ? 256 : 96 };
    const { model } = await fixModel(await openSmall(file), { verify: false });
    const before = await runRandom(model, size);
    await runPass(model, fuseLayerNorm({ form: 'plugin', residual: true }));
    // At the least each block's second norm, which reads the sum of the attention and what went around it.
    expect(sums(model)).toBeGreaterThan(smallFixture(file).expect.layerNorms / 3);
    await runPass(model, fuseLayerNorm({ form: 'native' }));
    expect(sums(model)).toBe(0);
    expect(relativeDifference(before, await runRandom(model, size))).toBeLessThan(tolerance);
  });

  test('is proven on pictures like every other form', async () => {
    const model = await openSmall('transformers-ts17-dynamic.onnx');
    const passes = ['dynamic-flatten', 'simplify', 'fuse-layernorm'];
    const fixed = await fixModel(model, { passes, layerNorm: 'plugin', residual: true });
    expect(sums(fixed.model)).toBeGreaterThan(0);
    expect(fixed.report.verdict?.isEqual).toBe(true);
  });

  test('computes in 16 bits where the graph does', async () => {
    const { model } = await fixModel(await openSmall('original-ts13-256.onnx'), { verify: false });
    await runPass(model, fuseLayerNorm({ form: 'plugin', residual: true }));
    await runPass(model, toFloat16());
    const table = shapesOf(model.graph);
    const made = model.graph.nodes.filter(({ opType }) => opType === 'AddLayerNorm');
    expect(made.flatMap(({ input, output }) => [...input, ...output].map((value) => table.elementType(value)))).toEqual(
      Array.from({ length: made.length * 6 }, () => DataType.FLOAT16),
    );
  });
});
