import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { DataType } from './data-type';
import { GraphProtoSchema, ValueInfoProtoSchema } from './generated/onnx_pb';
import type { Graph } from './graph';
import type { OnnxModel } from './model';
import { makeNode, setAttribute } from './node';
import { emptyModel } from './passes/test-support';

/** x → Relu → a → Neg → y, with the nodes given in the wrong order. */
function chain(): OnnxModel {
  const model = emptyModel(17);
  const { graph } = model;
  graph.addInput('x', DataType.FLOAT, [2]);
  graph.insertNode(makeNode('Neg', ['a'], ['y'], { name: 'neg' }));
  graph.insertNode(makeNode('Relu', ['x'], ['a'], { name: 'relu' }));
  graph.addOutput('y', DataType.FLOAT, [2]);
  return model;
}

const names = (graph: Graph): string[] => graph.nodes.map(({ name }) => name);

describe('Graph', () => {
  test('knows who produces and who reads', () => {
    const { graph } = chain();
    expect(graph.producer('a')?.name).toBe('relu');
    expect(graph.consumers('a').map(({ name }) => name)).toEqual(['neg']);
    expect(graph.soleConsumer('y')).toBeUndefined();
    expect(graph.isUsed('y')).toBe(true);
  });

  test('sorts producers before consumers, and nodes added last to just before their first reader', () => {
    const { graph } = chain();
    graph.sort();
    expect(names(graph)).toEqual(['relu', 'neg']);
    graph.addNode('Abs', ['x'], { name: 'free', outputs: ['z'] });
    const abs = graph.addNode('Abs', ['a'], { name: 'abs' });
    const [neg] = graph.nodes.filter(({ name }) => name === 'neg');
    if (neg !== undefined) graph.setInput(neg, 0, abs.output[0] ?? '');
    graph.sort();
    expect(names(graph)).toEqual(['relu', 'abs', 'neg', 'free']);
  });

  test('names a cycle', () => {
    const { graph } = chain();
    const relu = graph.producer('a');
    if (relu !== undefined) graph.setInput(relu, 0, 'y');
    expect(() => graph.sort()).toThrow(expect.objectContaining({ code: 'ONNX_CYCLE' }) as Error);
  });

  test('an output keeps its name when its value is replaced', () => {
    const { graph } = chain();
    const abs = graph.addNode('Abs', ['a'], { name: 'abs' });
    expect(graph.replaceAllUses('y', abs.output[0] ?? '')).toBe('y');
    graph.removeDeadNodes();
    expect(graph.producer('y')?.name).toBe('abs');
    expect(names(graph).sort()).toEqual(['abs', 'relu']);
  });

  test('an output that becomes an input or another output gets an Identity', () => {
    const { graph } = chain();
    graph.replaceAllUses('y', 'x');
    expect(graph.producer('y')).toMatchObject({ opType: 'Identity', input: ['x'] });
    graph.removeDeadNodes();
    expect(graph.nodes.length).toBe(1);
  });

  test('a node can be put behind a value without reading itself', () => {
    const { graph } = chain();
    const cast = graph.addNode('Abs', ['y'], { name: 'wrap' });
    graph.replaceAllUses('y', cast.output[0] ?? '', cast);
    graph.sort();
    expect(graph.producer('y')?.name).toBe('wrap');
    expect(names(graph)).toEqual(['relu', 'neg', 'wrap']);
  });

  test('dead nodes go with what only they read', () => {
    const { graph } = chain();
    graph.addInitializer('w', DataType.FLOAT, [2], [1, 2]);
    graph.insertNode(makeNode('Add', ['a', 'w'], ['d1'], { name: 'dead1' }));
    graph.insertNode(makeNode('Abs', ['d1'], ['d2'], { name: 'dead2' }));
    expect(
      graph
        .removeDeadNodes()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['dead1', 'dead2']);
    expect(graph.initializers.size).toBe(0);
  });

  test('renaming reaches inputs, outputs, weights and readers', () => {
    const { graph } = chain();
    graph.renameValue('x', 'image');
    graph.renameValue('y', 'logits');
    graph.flush();
    expect(graph.proto.input.map(({ name }) => name)).toEqual(['image']);
    expect(graph.proto.output.map(({ name }) => name)).toEqual(['logits']);
    expect(graph.proto.node.map(({ input, output }) => [...input, ...output])).toEqual([
      ['image', 'a'],
      ['a', 'logits'],
    ]);
    expect(() => graph.renameValue('a', 'logits')).toThrow(/already/);
  });

  test('constants are read from initialisers and Constant nodes alike', () => {
    const { graph } = chain();
    const weight = graph.addInitializer('half', DataType.FLOAT16, [2], [0.5, -2]);
    const node = graph.addNode('Constant', [], { attributes: { value_ints: [3, 4] } });
    expect(graph.isConstant('x')).toBe(false);
    expect(graph.constant(weight)).toMatchObject({ type: DataType.FLOAT16, dims: [2] });
    expect(graph.constant(node.output[0])).toMatchObject({ type: DataType.INT64, dims: [2] });
  });

  test('weights of an IR 3 file need IR 4 to stand alone', () => {
    const model = chain();
    model.proto.irVersion = 3n;
    model.graph.addInitializer('w', DataType.FLOAT, [1], [1]);
    expect(model.irVersion).toBe(4);
  });
});

describe('subgraphs', () => {
  /** If(c) { Abs(a) } else { Neg(a) }: both branches capture `a`. */
  function branching(): OnnxModel {
    const model = chain();
    const { graph } = model;
    const branch = (opType: string) =>
      create(GraphProtoSchema, {
        name: opType,
        node: [makeNode(opType, ['a'], [`${opType}_out`], { name: opType })],
        output: [create(ValueInfoProtoSchema, { name: `${opType}_out` })],
      });
    graph.addInput('c', DataType.BOOL, []);
    const node = makeNode('If', ['c'], ['r'], { name: 'if' });
    setAttribute(node, 'then_branch', { graph: branch('Abs') });
    setAttribute(node, 'else_branch', { graph: branch('Neg') });
    graph.insertNode(node);
    graph.addOutput('r', DataType.FLOAT, [2]);
    return model;
  }

  test('what a branch captures is read by the node that carries it', () => {
    const { graph } = branching();
    expect(graph.consumers('a').map(({ name }) => name)).toEqual(['neg', 'if']);
    graph.sort();
    expect(names(graph)).toEqual(['relu', 'neg', 'if']);
  });

  test('a captured value is renamed inside, and a rewritten branch changes what is captured', () => {
    const { graph } = branching();
    graph.renameValue('a', 'b');
    const node = graph.producer('r');
    if (node === undefined) throw new Error('no If');
    const [inner] = graph.subgraphs(node);
    expect(inner?.nodes[0]?.input).toEqual(['b']);
    const [abs] = inner?.nodes ?? [];
    if (inner !== undefined && abs !== undefined) inner.setInput(abs, 0, 'x');
    expect(graph.consumers('x').map(({ name }) => name)).toEqual(['relu', 'if']);
  });

  test('names made up are new in the whole model', () => {
    const { graph } = branching();
    expect(graph.uniqueName('Abs_out')).toBe('Abs_out_1');
    expect(graph.uniqueName('Abs_out')).toBe('Abs_out_2');
  });
});
