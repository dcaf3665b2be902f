import { expect, it } from 'vitest';
import { DataType } from '../onnx/data-type';
import { isOp } from '../onnx/node';
import { runPass } from '../onnx/pass';
import { toFloat16 } from '../onnx/passes/to-low-precision';
import { collectStatistics } from './collect-statistics';
import { float16Ranges } from './float16-ranges';
import { fixedSmall, madeUpInputs } from './testing';
import { ValueStatistics } from './value-statistics';

it('gives the largest and the mean magnitude', () => {
  const value = new ValueStatistics();
  value.add([-3], [2], Float32Array.of(-3, 2, 0, 1, 1, -1));
  const range = float16Ranges(new Map([['x', value]])).get('x');
  expect(range?.max).toBe(3);
  expect(range?.mean).toBeCloseTo(8 / 6, 1);
});

it('keeps a layer in float32 whose input float16 cannot hold', async () => {
  const model = await fixedSmall('original-ts13-256.onnx');
  const [norm] = model.graph.nodes.filter(
    (node) =>
      isOp(node, 'LayerNormalization') &&
      model.graph.consumers(node.output[0]).every((reader) => isOp(reader, 'MatMul')),
  );
  const gamma = model.graph.constant(norm?.input[1]);
  if (norm === undefined || gamma === undefined) throw new Error('the fixture has such a norm');
  const size = gamma.dims[0] ?? 1;
  const wide = model.graph.addInitializer('wide', DataType.FLOAT, gamma.dims, new Float32Array(size).fill(60_000));
  model.graph.setInput(norm, 1, wide);
  const readers = model.graph.consumers(norm.output[0]);
  const ranges = float16Ranges(await collectStatistics(model, { inputs: await madeUpInputs(model, 1) }));
  const { findings } = await runPass(model, toFloat16({ ranges }));
  for (const reader of readers) {
    expect(findings.some(({ nodes, reason }) => nodes[0] === reader.name && reason.includes('stays in float32'))).toBe(
      true,
    );
  }
});
