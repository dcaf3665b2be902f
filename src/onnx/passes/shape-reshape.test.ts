import { describe, expect, test } from 'vitest';
import { DataType } from '../data-type';
import type { Graph } from '../graph';
import type { OnnxModel } from '../model';
import { runPass } from '../pass';
import { addValue } from './rewrite';
import { shapeReshape } from './shape-reshape';
import { emptyModel, openSmall, relativeDifference, runFeeds, runRandom, SMALL_FIXTURES } from './test-support';

type Step = 'rows' | 'columns' | 'turn' | 'half';

function integers(graph: Graph, values: readonly (number | bigint)[]): string {
  return graph.addInitializer('list', DataType.INT64, [values.length], BigInt64Array.from(values, BigInt));
}

/** Shape of a 4-D input, twice in a row, through `Reshape → steps → Reshape`. */
function build(steps: readonly Step[], target: readonly number[] = [-1, 2], end = -(2n ** 63n) + 1n): OnnxModel {
  const model = emptyModel(13);
  const { graph } = model;
  graph.addInput('x', DataType.FLOAT, ['a', 'b', 'c', 'd']);
  const shape = addValue(graph, 'Shape', ['x']);
  const list = addValue(graph, 'Concat', [shape, addValue(graph, 'Mul', [shape, integers(graph, [10])])], {
    attributes: { axis: 0 },
  });
  let value = addValue(graph, 'Reshape', [list, integers(graph, target)]);
  for (const step of steps) {
    if (step === 'turn') value = addValue(graph, 'Transpose', [value], { attributes: { perm: [1, 0] } });
    else {
      const axis = step === 'columns' ? 1 : 0;
      const bounds = step === 'half' ? [0, 2, axis, 1] : [-1, end, axis, -1];
      value = addValue(graph, 'Slice', [value, ...bounds.map((bound) => integers(graph, [bound]))]);
    }
  }
  graph.addNode('Reshape', [value, integers(graph, [-1])], { outputs: ['y'] });
  graph.addOutput('y', DataType.INT64, [undefined]);
  return model;
}

const FEEDS = { x: { dims: [2, 3, 5, 7], numbers: new Float32Array(210) } };

describe('shape-reshape', () => {
  const orders: [string, readonly Step[], readonly number[]][] = [
    ['reverse, turn: what F.pad is exported as', ['rows', 'turn'], [-1, 2]],
    ['turn, reverse', ['turn', 'columns'], [-1, 2]],
    ['turn alone', ['turn'], [-1, 2]],
    ['reverse both ways, turn', ['rows', 'columns', 'turn'], [-1, 2]],
    ['reverse, turn, reverse', ['columns', 'turn', 'columns'], [-1, 2]],
    ['turn three times', ['turn', 'turn', 'turn'], [-1, 2]],
    ['rows written out', ['rows', 'turn'], [4, 2]],
    ['columns left to be computed', ['rows', 'turn'], [4, -1]],
    ['four columns', ['rows', 'turn'], [2, 4]],
  ];
  test.each(orders)('%s', async (_name, steps, target) => {
    const model = build(steps, target);
    const before = await runFeeds(model, FEEDS);
    const { findings } = await runPass(model, shapeReshape);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.after).toBe('[8]');
    const operators = model.graph.nodes.map((node) => node.opType);
    expect(operators).not.toContain('Reshape');
    expect(operators).not.toContain('Transpose');
    expect(relativeDifference(before, await runFeeds(model, FEEDS))).toBe(0);
  });

  const others: readonly [string, OnnxModel][] = [
    ['a slice that takes only some rows', build(['half', 'turn'])],
    ['a slice whose end drops the first row', build(['rows', 'turn'], [-1, 2], 0n)],
    ['no turn: the pairs stay together', build(['rows'])],
    ['turned twice', build(['turn', 'turn'])],
  ];
  test.each(others)('leaves alone: %s', async (_name, model) => {
    expect(await shapeReshape.match(model)).toEqual([]);
  });

  test('leaves a matrix of floats alone: only sizes are refused', async () => {
    const model = emptyModel(13);
    const { graph } = model;
    graph.addInput('x', DataType.FLOAT, [8]);
    const matrix = addValue(graph, 'Reshape', ['x', integers(graph, [-1, 2])]);
    const turned = addValue(graph, 'Transpose', [matrix], { attributes: { perm: [1, 0] } });
    graph.addNode('Reshape', [turned, integers(graph, [-1])], { outputs: ['y'] });
    graph.addOutput('y', DataType.FLOAT, [8]);
    expect(await shapeReshape.match(model)).toEqual([]);
  });

  test.each(SMALL_FIXTURES.map((fixture) => [fixture.file, fixture] as const))('%s', async (file, fixture) => {
    const model = await openSmall(file);
    const { findings } = await runPass(model, shapeReshape);
    expect(findings).toHaveLength(fixture.expect['shape-reshape']);
  });

  test.each([
    ['original-ts11-dynamic-pad.onnx', 75, 90],
    ['original-ts13-128x192-slide.onnx', 128, 192],
  ])('%s gives the very same logits', async (file, height, width) => {
    const model = await openSmall(file);
    const before = await runRandom(model, { height, width });
    await runPass(model, shapeReshape);
    expect(relativeDifference(before, await runRandom(model, { height, width }))).toBe(0);
  });
});
