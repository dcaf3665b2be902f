import { describe, expect, test } from 'vitest';
import { collectRanges } from '../activation-ranges';
import { DataType } from '../data-type';
import { inferShapes } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { isOp } from '../node';
import { runPass } from '../pass';
import { toNumbers } from '../tensor';
import { readDeclaredType } from '../value-type';
import { emulateBfloat16 } from '../verify/emulate-bfloat16';
import { randomSamples } from '../verify/samples';
import { fuseLayerNorm } from './fuse-layernorm';
import { addValue } from './rewrite';
import { emptyModel, openOdd, openSmall, relativeDifference, runFeeds, runRandom } from './test-support';
import { toBfloat16, toFloat16 } from './to-low-precision';

const SIZE = { batch: 1, height: 32, width: 64 };

function types(model: OnnxModel): Set<number> {
  const table = inferShapes(model.graph);
  return new Set(model.graph.nodes.flatMap((node) => node.output.map((value) => table.elementType(value))));
}

describe('to-float16', () => {
  test.each(['original-ts11-dynamic.onnx', 'original-dynamo18-dynamic.onnx', 'transformers-dynamo18-dynamic.onnx'])(
    '%s: close to single precision, inputs and outputs as they were',
    async (file) => {
      const model = await openSmall(file);
      const before = await runRandom(model, SIZE);
      const pass = toFloat16();
      await runPass(model, pass);
      const [input] = model.graph.inputs;
      const [output] = model.graph.outputs;
      expect(readDeclaredType(input?.type)?.type).toBe(DataType.FLOAT);
      expect(readDeclaredType(output?.type)?.type).toBe(DataType.FLOAT);
      expect(relativeDifference(before, await runRandom(model, SIZE))).toBeLessThan(pass.tolerance.relative);
    },
  );

  test('with whole LayerNorms two casts are enough: one at each end', async () => {
    const model = await openSmall('original-dynamo18-dynamic.onnx');
    await runPass(model, toFloat16());
    expect(model.graph.nodes.filter((node) => isOp(node, 'Cast'))).toHaveLength(2);
    const floats = [...model.graph.initializers.values()].filter((tensor) => tensor.dataType === DataType.FLOAT);
    expect(floats).toEqual([]);
  });

  test('inputs and outputs too when asked', async () => {
    const model = await openSmall('original-dynamo18-dynamic.onnx');
    await runPass(model, toFloat16({ keepIo: false }));
    expect(readDeclaredType(model.graph.inputs[0]?.type)?.type).toBe(DataType.FLOAT16);
    expect(readDeclaredType(model.graph.outputs[0]?.type)?.type).toBe(DataType.FLOAT16);
    expect(types(model).has(DataType.FLOAT)).toBe(false);
  });

  test('a LayerNorm step by step stays in float32', async () => {
    const model = await openSmall('original-ts13-dynamic.onnx');
    await runPass(model, toFloat16());
    const table = inferShapes(model.graph);
    const reductions = model.graph.nodes.filter((node) => isOp(node, 'ReduceMean', 'Pow', 'Sqrt'));
    expect(reductions.length).toBeGreaterThan(40);
    expect(reductions.every((node) => table.elementType(node.output[0]) === DataType.FLOAT)).toBe(true);
  });

  test.each(['float16.onnx', 'class-ids.onnx'])('%s has nothing to convert but copies', async (file) => {
    const { findings } = await runPass(await openOdd(file), toFloat16());
    expect(findings).toEqual([]);
  });

  test.each(['subgraph.onnx', 'int8-qdq.onnx', 'uint8-input.onnx', 'tiny-unet.onnx', 'two-outputs.onnx'])(
    '%s still runs',
    async (file) => {
      const model = await openOdd(file);
      if (file === 'uint8-input.onnx') {
        await runPass(model, toFloat16());
        expect(types(model).has(DataType.FLOAT16)).toBe(true);
        return;
      }
      const before = await runRandom(model, { height: 16, width: 16 });
      await runPass(model, toFloat16());
      expect(relativeDifference(before, await runRandom(model, { height: 16, width: 16 }))).toBeLessThan(1e-2);
    },
  );

  /** x * weight, then halved. */
  function scaled(weight: number): OnnxModel {
    const model = emptyModel(17);
    const { graph } = model;
    graph.addInput('x', DataType.FLOAT, [1, 3, 4, 4]);
    const big = addValue(graph, 'Mul', ['x', graph.addInitializer('weight', DataType.FLOAT, [1], [weight])], {
      name: 'scale',
    });
    graph.addNode('Mul', [big, graph.addInitializer('half', DataType.FLOAT, [1], [0.5])], {
      outputs: ['y'],
      name: 'halve',
    });
    graph.addOutput('y', DataType.FLOAT, [1, 3, 4, 4]);
    return model;
  }

  const weights: readonly [number, RegExp][] = [
    [1e5, /beyond what float16 can hold \(65504\).*stays in float32/],
    [1e-6, /loses precision/],
  ];
  test.each(weights)('names a weight of %s and keeps its node', async (weight, reason) => {
    const model = scaled(weight);
    const feeds = { x: { dims: [1, 3, 4, 4], numbers: new Float32Array(48).fill(3) } };
    const before = await runFeeds(model, feeds);
    const { findings } = await runPass(model, toFloat16());
    expect(findings).toHaveLength(2);
    expect(findings[1]?.nodes).toEqual(['scale']);
    expect(findings[1]?.reason).toMatch(reason);
    const weightsLeft = [...model.graph.initializers.values()].map((tensor) => tensor.dataType);
    expect(weightsLeft.sort()).toEqual([DataType.FLOAT, DataType.FLOAT16]);
    const after = await runFeeds(model, feeds);
    expect(weight < 1 ? relativeDifference(before, after) : 0).toBeLessThan(1e-3);
  });

  test('activations beyond the range are found on sample pictures, and their nodes named', async () => {
    const model = scaled(6e4);
    const ranges = await collectRanges(model, { samples: randomSamples(2, { batch: 1, height: 4, width: 4 }) });
    expect(ranges.get('x')?.max).toBeGreaterThan(1);
    expect(await toFloat16().match(model)).toHaveLength(1);
    const findings = await toFloat16({ ranges }).match(model);
    expect(findings).toEqual([]);
    const tame = await collectRanges(scaled(2), { samples: randomSamples(1, { batch: 1, height: 4, width: 4 }) });
    expect(await toFloat16({ ranges: tame }).match(scaled(2))).toHaveLength(1);
  });

  test('a risk that the user does not take up is converted with the rest', async () => {
    const model = scaled(1e5);
    const pass = toFloat16();
    const findings = await pass.match(model);
    await pass.apply(model, findings.slice(0, 1));
    model.graph.removeDeadNodes();
    const weight = [...model.graph.initializers.values()].find((tensor) => tensor.name.startsWith('weight'));
    expect(weight?.dataType).toBe(DataType.FLOAT16);
    expect(toNumbers({ type: DataType.FLOAT16, dims: [1], bytes: weight?.rawData ?? new Uint8Array(2) })[0]).toBe(
      Infinity,
    );
  });
});

describe('to-bfloat16', () => {
  test.each(['original-ts11-dynamic.onnx', 'transformers-dynamo18-dynamic.onnx'])(
    '%s: as close as 8 bits allow, rounded value by value',
    async (file) => {
      const model = await openSmall(file);
      const before = await runRandom(model, SIZE);
      const pass = toBfloat16();
      await runPass(model, pass);
      const difference = relativeDifference(before, await runRandom(emulateBfloat16(model), SIZE));
      expect(difference).toBeGreaterThan(1e-3);
      expect(difference).toBeLessThan(pass.tolerance.relative);
    },
  );

  test('raises the operator set to one that defines convolutions for it', async () => {
    const model = await openSmall('original-ts13-dynamic.onnx');
    await runPass(model, fuseLayerNorm({ form: 'native' }));
    await runPass(model, toBfloat16());
    expect(model.opset('')).toBe(22);
    expect(model.irVersion).toBeGreaterThanOrEqual(10);
    const table = inferShapes(model.graph);
    const convolutions = model.graph.nodes.filter((node) => isOp(node, 'Conv'));
    expect(convolutions.every((node) => table.elementType(node.output[0]) === DataType.BFLOAT16)).toBe(true);
  });
});
