import { create } from '@bufbuild/protobuf';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataTypeLabel } from './data-type';
import { ValueInfoProtoSchema } from './generated/onnx_pb';
import { inferShapes } from './infer-shapes';
import { loadOrt } from './load-ort';
import { openModel } from './model';
import type { OnnxModel } from './model';
import { modelToBytes } from './model-write';
import type { OrtTensor } from './ort';
import { evaluateDim, formatDim, namesIn } from './symbolic';
import { readDeclaredType } from './value-type';

const ort = await loadOrt();

const MODELS = join(__dirname, '../../tools/fixtures/models');

/** Every inner value as ONNX Runtime computes it, for an image of zeros. */
async function runAll(model: OnnxModel, sizes: ReadonlyMap<string, number>): Promise<Record<string, OrtTensor>> {
  const { graph } = model;
  const known = new Set(graph.outputs.map(({ name }) => name));
  for (const value of graph.nodes.flatMap(({ output }) => output)) {
    if (value !== '' && !known.has(value)) graph.proto.output.push(create(ValueInfoProtoSchema, { name: value }));
  }
  const feeds: Record<string, OrtTensor> = {};
  for (const input of graph.inputs) {
    const declared = readDeclaredType(input.type);
    const dims = (declared?.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : (sizes.get(dim ?? '') ?? 1)));
    const count = dims.reduce((product, dim) => product * dim, 1);
    const label = dataTypeLabel(declared?.type ?? 0);
    if (label === 'float32') feeds[input.name] = new ort.Tensor('float32', new Float32Array(count), dims);
    else if (label === 'float16') feeds[input.name] = new ort.Tensor('float16', new Uint16Array(count), dims);
    else feeds[input.name] = new ort.Tensor('uint8', new Uint8Array(count), dims);
  }
  const session = await ort.InferenceSession.create(modelToBytes(model), {
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
  });
  const results = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, value as OrtTensor]));
}

function sizesFor(model: OnnxModel): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const input of model.graph.inputs) {
    readDeclaredType(input.type)?.dims?.forEach((dim, axis) => {
      if (typeof dim === 'string') sizes.set(dim, [2, 3, 64, 96][axis] ?? 1);
    });
  }
  return sizes;
}

const files = ['small', 'odd'].flatMap((folder) =>
  readdirSync(join(MODELS, folder))
    // At 512 and 1024 the graphs are those at 256.
    .filter((file) => file.endsWith('.onnx') && !/-(512|1024)\./.test(file))
    .map((file) => join(folder, file)),
);

describe('every inferred shape is the one that ONNX Runtime computes', () => {
  test.each(files)('%s', async (file) => {
    const model = await openModel(join(MODELS, file)).catch(() => undefined);
    if (model === undefined || file.includes('custom-op')) return;
    const table = inferShapes(model.graph);
    const sizes = sizesFor(model);
    const results = await runAll(model, sizes).catch(() => undefined);
    // The frozen exports declare sizes that vary and then run at one only.
    if (results === undefined) return;
    const wrong: string[] = [];
    const unknown: string[] = [];
    for (const [name, value] of Object.entries(results)) {
      const dims = table.dims(name);
      const node = model.graph.producer(name);
      const label = `${node?.opType ?? 'input'} ${name}`;
      if (dims === undefined || dims.some((dim) => [...namesIn(dim)].some((part) => part.startsWith('?')))) {
        unknown.push(`${label} ${dims?.map(formatDim).join() ?? ''}`);
        if (dims !== undefined && dims.length !== value.dims.length) wrong.push(label);
        continue;
      }
      const evaluated = dims.map((dim) => evaluateDim(dim, sizes));
      if (`${evaluated}` !== `${value.dims}`)
        wrong.push(`${label}: [${dims.map(formatDim).join()}] = ${evaluated}, is ${value.dims}`);
      if (dataTypeLabel(table.elementType(name)) !== value.type)
        wrong.push(`${label}: ${table.elementType(name)} ${value.type}`);
      const values = table.values(name)?.map((element) => evaluateDim(element, sizes));
      if (
        values !== undefined &&
        `${values.map(Number)}` !== `${Array.from(value.data as ArrayLike<number>, Number)}`
      ) {
        wrong.push(`${label}: values ${values} are ${Array.from(value.data as ArrayLike<number>).join()}`);
      }
    }
    expect(wrong.slice(0, 10)).toEqual([]);
    // What a function of the model's own computes is not looked into.
    if (!file.includes('local-function')) expect(unknown.slice(0, 10)).toEqual([]);
  });
});
