import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DataType } from '../data-type';
import type { OnnxModel } from '../model';
import { modelFromBytes } from '../model';
import { modelToBytes } from '../model-write';
import { runPass } from '../pass';
import { fuseLayerNorm } from './fuse-layernorm';
import { fuseMixFfn } from './fuse-mixffn';
import { addValue } from './rewrite';
import { toBfloat16, toFloat16 } from './to-low-precision';
import { emptyModel, randomNormal } from './test-support';

/**
 * The plugins' own tests have TensorRT for RTX build these files: they must be what our passes write. After a change
 * that is meant, write them anew: UPDATE_FIXTURES=1 npx vitest run src/onnx/passes/plugin-fixture.test.ts
 */
const FOLDER = join(__dirname, '../../../plugins/common/tests/data');
const CHANNELS = 32;
const SIDE = 4;
const TOKENS = [1, SIDE * SIDE, CHANNELS];

/** norm → + → norm → depthwise convolution → GELU → + → norm, as in a SegFormer's block. */
function block(): OnnxModel {
  const model = emptyModel(17);
  const { graph } = model;
  const weights = (name: string, dims: readonly number[]): string =>
    graph.addInitializer(
      name,
      DataType.FLOAT,
      dims,
      randomNormal(
        dims.reduce((all, dim) => all * dim, 1),
        name.length,
      ),
    );
  const integers = (name: string, values: readonly number[]): string =>
    graph.addInitializer(name, DataType.INT64, [values.length], [...values]);
  const number = (value: number): string => graph.addInitializer('number', DataType.FLOAT, [], [value]);
  const norm = (value: string): string =>
    addValue(graph, 'LayerNormalization', [value, weights('gamma', [CHANNELS]), weights('shift', [CHANNELS])], {
      attributes: { axis: -1, epsilon: { float: 1e-6 } },
    });
  const turn = (value: string): string => addValue(graph, 'Transpose', [value], { attributes: { perm: [0, 2, 1] } });
  graph.addInput('x', DataType.FLOAT, TOKENS);
  graph.addInput('y', DataType.FLOAT, TOKENS);
  const sum = addValue(graph, 'Add', [norm('x'), 'y']);
  const map = addValue(graph, 'Reshape', [turn(norm(sum)), integers('map', [1, CHANNELS, SIDE, SIDE])]);
  const attributes = { group: CHANNELS, pads: [1, 1, 1, 1], kernel_shape: [3, 3] };
  const inputs = [map, weights('kernel', [CHANNELS, 1, 3, 3]), weights('bias', [CHANNELS])];
  const convolved = addValue(graph, 'Conv', inputs, { attributes });
  const tokens = turn(addValue(graph, 'Reshape', [convolved, integers('tokens', [0, CHANNELS, -1])]));
  const erf = addValue(graph, 'Erf', [addValue(graph, 'Div', [tokens, number(Math.SQRT2)])]);
  const scaled = addValue(graph, 'Mul', [tokens, addValue(graph, 'Add', [erf, number(1)])]);
  const gelu = addValue(graph, 'Mul', [scaled, number(0.5)]);
  graph.addOutput(norm(addValue(graph, 'Add', [sum, gelu])), DataType.FLOAT, TOKENS);
  return model;
}

test.each([
  ['block-float32.onnx', undefined],
  ['block-float16.onnx', toFloat16()],
  ['block-bfloat16.onnx', toBfloat16()],
])('%s is what the passes write', async (file, precision) => {
  const model = block();
  await runPass(model, fuseLayerNorm({ form: 'plugin', residual: true }));
  await runPass(model, fuseMixFfn);
  if (precision !== undefined) await runPass(model, precision);
  const path = join(FOLDER, file);
  if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(path, modelToBytes(model));
  const tracked = modelFromBytes(new Uint8Array(readFileSync(path)));
  const written = modelFromBytes(new Uint8Array(modelToBytes(model)));
  const describe = ({ graph }: OnnxModel): unknown =>
    graph.nodes.map(({ opType, domain, input, output, attribute }) => [opType, domain, input, output, attribute]);
  expect(describe(tracked)).toEqual(describe(written));
  const weights = ({ graph }: OnnxModel): unknown =>
    [...graph.initializers.values()].map(({ name, dims, dataType }) => [name, dims, dataType]);
  expect(weights(tracked)).toEqual(weights(written));
  const own = tracked.graph.nodes.filter(({ domain }) => domain === 'maskforge').map(({ opType }) => opType);
  expect(own.sort()).toEqual(['AddLayerNorm', 'AddLayerNorm', 'DepthwiseGelu', 'LayerNorm']);
});
