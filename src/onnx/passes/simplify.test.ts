import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { copyModel } from '../copy';
import { DataType } from '../data-type';
import { ValueInfoProtoSchema } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { modelFromBytes } from '../model';
import type { OnnxModel } from '../model';
import { modelToBytes } from '../model-write';
import { countNodes, runPass } from '../pass';
import { makeTensor } from '../tensor';
import { readDeclaredType } from '../value-type';
import { verifyModels } from '../verify';
import { randomSamples, sampleSize } from '../verify/samples';
import { simplify, simplifyModel } from './simplify';
import type { SimplifyKind } from './simplify';
import { emptyModel, openOdd, openSmall } from './test-support';

/** Nodes that onnxsim 0.8.1 leaves, Constant nodes not counted. */
const ONNXSIM: readonly (readonly [file: string, nodes: number])[] = [
  ['original-dynamo18-256-half.onnx', 268],
  ['original-dynamo18-256.onnx', 281],
  ['original-dynamo18-dynamic.onnx', 451],
  ['original-ts11-128x192-slide.onnx', 922],
  ['original-ts11-256.onnx', 457],
  ['original-ts11-dynamic-pad.onnx', 662],
  ['original-ts11-dynamic.onnx', 637],
  ['original-ts13-128x192-slide.onnx', 922],
  ['original-ts13-250x330-pad.onnx', 458],
  ['original-ts13-256-fresh.onnx', 377],
  ['original-ts13-256-half.onnx', 488],
  ['original-ts13-256.onnx', 457],
  ['original-ts13-dynamic-align-corners.onnx', 637],
  ['original-ts13-dynamic-class-ids.onnx', 646],
  ['original-ts13-dynamic-frozen-flatten.onnx', 532],
  ['original-ts13-dynamic-frozen.onnx', 460],
  ['original-ts13-dynamic-pad.onnx', 662],
  ['original-ts13-dynamic.onnx', 637],
  ['original-ts14-256.onnx', 457],
  ['original-ts17-128x192-slide.onnx', 570],
  ['original-ts17-256-half.onnx', 268],
  ['original-ts17-256.onnx', 281],
  ['original-ts17-dynamic-pad.onnx', 483],
  ['original-ts17-dynamic.onnx', 458],
  ['transformers-dynamo18-256.onnx', 303],
  ['transformers-dynamo18-dynamic.onnx', 509],
  ['transformers-ts11-256.onnx', 459],
  ['transformers-ts11-dynamic.onnx', 660],
  ['transformers-ts13-256.onnx', 459],
  ['transformers-ts13-dynamic-half.onnx', 714],
  ['transformers-ts13-dynamic.onnx', 660],
  ['transformers-ts14-dynamic.onnx', 694],
  ['transformers-ts17-256-half.onnx', 278],
  ['transformers-ts17-256.onnx', 288],
  ['transformers-ts17-dynamic.onnx', 494],
];

/** Exports whose input varies by declaration only: they run at no other size, before and after. */
const isFrozen = (file: string): boolean => file.includes('frozen');

describe('simplify leaves no more nodes than onnxsim, and the same network', () => {
  test.each(ONNXSIM)('%s', async (file, nodes) => {
    const reference = await openSmall(file);
    const model = copyModel(reference);
    const declared = reference.graph.inputs.map(({ type }) => readDeclaredType(type));
    await runPass(model, simplify());
    expect(countNodes(model)).toBeLessThanOrEqual(nodes);
    expect(model.graph.inputs.map(({ type }) => readDeclaredType(type))).toEqual(declared);
    // What was written is read and accepted again.
    modelFromBytes(modelToBytes(model));
    if (isFrozen(file)) return;
    // Another size, and two pictures at once, where the input says that they vary.
    const size = sampleSize(reference, { width: 96, height: 64, batch: 2 });
    const verdict = await verifyModels(reference, model, {
      samples: randomSamples(1, size),
      tolerance: { relative: file.includes('half') ? 1e-2 : 1e-5 },
    });
    expect(verdict.outputs).toMatchObject([{ difference: { notFinite: 0 } }]);
    expect(verdict.isEqual).toBe(true);
  });
});

describe('what simplify does, one by one', () => {
  const F = DataType.FLOAT;

  function model(build: (graph: Graph) => string, dims: readonly (number | string)[] = ['n', 4, 'h']): OnnxModel {
    const made = emptyModel(13);
    made.graph.addInput('x', F, dims);
    const result = build(made.graph);
    made.graph.renameValue(result, 'y');
    made.graph.exposeValue(create(ValueInfoProtoSchema, { name: 'y' }));
    return made;
  }

  const out = (graph: Graph, opType: string, inputs: string[], attributes = {}): string =>
    graph.addNode(opType, inputs, { attributes }).output[0] ?? '';

  const CASES: readonly (readonly [
    what: string,
    kind: SimplifyKind,
    left: string[],
    build: (graph: Graph) => string,
  ])[] = [
    [
      'a chain of constants',
      'fold-constants',
      ['Add'],
      (graph) => {
        const two = graph.addInitializer('two', F, [], [2]);
        return out(graph, 'Add', ['x', out(graph, 'Sqrt', [out(graph, 'Mul', [two, two])])]);
      },
    ],
    [
      'Identity and Dropout',
      'drop-no-ops',
      ['Abs'],
      (graph) => out(graph, 'Abs', [out(graph, 'Dropout', [out(graph, 'Identity', ['x'])])]),
    ],
    [
      'a cast to the same type',
      'drop-no-ops',
      ['Abs'],
      (graph) => out(graph, 'Abs', [out(graph, 'Cast', ['x'], { to: F })]),
    ],
    [
      'a cast to a wider type and back',
      'merge-pairs',
      ['Abs'],
      (graph) =>
        out(graph, 'Abs', [out(graph, 'Cast', [out(graph, 'Cast', ['x'], { to: DataType.DOUBLE })], { to: F })]),
    ],
    [
      'transposes that cancel',
      'merge-pairs',
      ['Abs'],
      (graph) =>
        out(graph, 'Abs', [
          out(graph, 'Transpose', [out(graph, 'Transpose', ['x'], { perm: [1, 2, 0] })], { perm: [2, 0, 1] }),
        ]),
    ],
    [
      'transposes that add up',
      'merge-pairs',
      ['Transpose'],
      (graph) => out(graph, 'Transpose', [out(graph, 'Transpose', ['x'], { perm: [0, 2, 1] })], { perm: [1, 0, 2] }),
    ],
    [
      'adding nothing',
      'drop-no-ops',
      ['Abs'],
      (graph) => out(graph, 'Abs', [out(graph, 'Add', [graph.addInitializer('zero', F, [1], [0]), 'x'])]),
    ],
    [
      'the same twice',
      'merge-duplicates',
      ['Abs', 'Add'],
      (graph) => out(graph, 'Add', [out(graph, 'Abs', ['x']), out(graph, 'Abs', ['x'])]),
    ],
    [
      'a reshape by sizes that are computed',
      'shape-arithmetic',
      ['Reshape'],
      (graph) => {
        const shape = out(graph, 'Shape', ['x']);
        const [zero, one] = [0, 1].map((value) => graph.addInitializer('index', DataType.INT64, [1], [value]));
        const batch = out(graph, 'Gather', [shape, zero ?? '']);
        const rest = graph.addInitializer('rest', DataType.INT64, [1], [-1]);
        return out(graph, 'Reshape', [
          'x',
          out(graph, 'Concat', [batch, out(graph, 'Gather', [shape, one ?? '']), rest], { axis: 0 }),
        ]);
      },
    ],
  ];

  test.each(CASES)('%s', async (_, kind, left, build) => {
    // Identical shapes with nothing to rearrange would fold a reshape away: the rank makes it one.
    const made = model(build, kind === 'shape-arithmetic' ? ['n', 4, 'h', 'w'] : ['n', 4, 'h']);
    const log = await simplifyModel(made);
    expect([...log.keys()]).toContain(kind);
    expect(made.graph.nodes.map(({ opType }) => opType).sort()).toEqual(left);
  });

  const KEPT: readonly (readonly [what: string, left: string[], build: (graph: Graph) => string])[] = [
    [
      'a cast that rounds',
      ['Cast', 'Cast'],
      (graph) => out(graph, 'Cast', [out(graph, 'Cast', ['x'], { to: DataType.FLOAT16 })], { to: F }),
    ],
    [
      'a zero that widens the shape',
      ['Add'],
      (graph) => out(graph, 'Add', ['x', graph.addInitializer('zero', F, [3, 1, 1, 1], [0, 0, 0])]),
    ],
    [
      'an expand to a size that varies',
      ['Expand', 'Shape'],
      (graph) => out(graph, 'Expand', [graph.addInitializer('one', F, [1, 1, 1], [7]), out(graph, 'Shape', ['x'])]),
    ],
    [
      'a constant that would grow a thousand times',
      ['Add', 'Expand'],
      (graph) => {
        const shape = graph.addInitializer('shape', DataType.INT64, [3], [64, 4, 4096]);
        return out(graph, 'Add', ['x', out(graph, 'Expand', [graph.addInitializer('one', F, [1], [1]), shape])]);
      },
    ],
    [
      'random numbers',
      ['Add', 'RandomNormal', 'RandomNormal'],
      (graph) => {
        const noise = (): string => out(graph, 'RandomNormal', [], { shape: [1] });
        return out(graph, 'Add', [out(graph, 'Add', ['x', noise()]), noise()]);
      },
    ],
  ];

  test.each(KEPT)('stays: %s', async (what, left, build) => {
    const made = model(build);
    await simplifyModel(made);
    const expected = what === 'random numbers' ? ['Add', ...left] : left;
    expect(made.graph.nodes.map(({ opType }) => opType).sort()).toEqual([...expected].sort());
  });

  test('batch normalisation and bias become part of the convolution', async () => {
    const reference = await openOdd('tiny-unet.onnx');
    const made = copyModel(reference);
    await runPass(made, simplify());
    expect(made.graph.nodes.some(({ opType }) => opType === 'BatchNormalization')).toBe(false);
    const verdict = await verifyModels(reference, made, {
      samples: randomSamples(1, { width: 32, height: 32, batch: 1 }),
    });
    expect(verdict.outputs[0]?.difference?.maxRelative).toBeLessThan(1e-5);
  });

  test.each([
    [1, ['Conv']],
    [0, ['Conv', 'Mul']],
  ])('an If whose condition is always %i becomes its branch', async (flag, left) => {
    const reference = await openOdd('subgraph.onnx');
    reference.graph.setInitializer(makeTensor('flag', DataType.BOOL, [], [flag]));
    const made = copyModel(reference);
    await simplifyModel(made);
    expect(made.graph.nodes.map(({ opType }) => opType)).toEqual(left);
    const verdict = await verifyModels(reference, made, {
      samples: randomSamples(1, { width: 8, height: 8, batch: 1 }),
      tolerance: { relative: 0 },
    });
    expect(verdict.isEqual).toBe(true);
  });

  test('quantised weights stay quantised', async () => {
    const made = await openOdd('int8-qdq.onnx');
    await simplifyModel(made);
    expect(made.graph.nodes.filter(({ opType }) => opType === 'DequantizeLinear').length).toBeGreaterThan(0);
    expect([...made.graph.initializers.values()].some(({ dataType }) => dataType === DataType.INT8)).toBe(true);
  });

  test('match changes nothing, and apply does what was chosen', async () => {
    const reference = await openSmall('original-ts13-dynamic.onnx');
    const before = modelToBytes(reference);
    const findings = await simplify().match(reference);
    expect(Buffer.compare(modelToBytes(reference), before)).toBe(0);
    const chosen = findings.filter(({ data }) => data === 'merge-duplicates');
    expect(chosen.length).toBe(1);
    await simplify().apply(reference, chosen);
    expect(reference.graph.nodes.length).toBeLessThan(1079);
    expect(reference.graph.nodes.some(({ opType }) => opType === 'Shape')).toBe(true);
  });
});
