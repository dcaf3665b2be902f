import { create } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataType } from '../data-type';
import { float16ToNumber, numberToFloat16 } from '../half-float';
import { shapesOf } from '../infer-shapes';
import { GraphProtoSchema, ModelProtoSchema } from '../generated/onnx_pb';
import { loadOrt } from '../load-ort';
import { modelFromBytes, OnnxModel, openModel } from '../model';
import { modelToBytes } from '../model-write';
import type { OrtTensor } from '../ort';

const ort = await loadOrt();

/** For tests of passes only: the committed fixtures, and models run on ONNX Runtime. */

const FIXTURES = join(__dirname, '../../../tools/fixtures/models');

export interface SmallFixture {
  readonly file: string;
  readonly family: 'original' | 'transformers';
  readonly exporter: 'torchscript' | 'dynamo';
  readonly opset: number;
  readonly dynamic: boolean;
  readonly half: boolean;
  readonly form: string;
  readonly height: number;
  readonly width: number;
  readonly expect: {
    readonly layerNorms: number;
    readonly layerNormForm: 'native' | 'decomposed';
    readonly 'fuse-layernorm': number;
    readonly 'fuse-layernorm:plugin': number;
    readonly 'fold-decode-head': number;
    readonly 'shape-reshape': number;
    readonly frozen: boolean;
  };
}

export const SMALL_FIXTURES = JSON.parse(readFileSync(join(FIXTURES, 'small/index.json'), 'utf8')) as SmallFixture[];

export function smallFixture(file: string): SmallFixture {
  const found = SMALL_FIXTURES.find((fixture) => fixture.file === file);
  if (found === undefined) throw new Error(`no fixture ${file}`);
  return found;
}

export function openSmall(file: string): Promise<OnnxModel> {
  return openModel(join(FIXTURES, 'small', file));
}

export function openOdd(file: string): Promise<OnnxModel> {
  return openModel(join(FIXTURES, 'odd', file));
}

/** A model with nothing in it, to be filled through its graph. */
export function emptyModel(opset: number): OnnxModel {
  const model = new OnnxModel(
    create(ModelProtoSchema, { irVersion: 8n, graph: create(GraphProtoSchema, { name: 'test' }) }),
  );
  model.setOpset('', opset);
  return model;
}

/** Standard normal numbers (Box and Muller) from a small congruential generator, the same on every machine. */
export function randomNormal(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

export interface Outcome {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** Runs each input with random numbers of the given shape and returns the first output. */
export async function runRandom(
  model: OnnxModel,
  size: { readonly batch?: number; readonly height: number; readonly width: number },
): Promise<Outcome> {
  const [input] = model.graph.inputs;
  if (input === undefined) throw new Error('the model has no input');
  const dims = [size.batch ?? 1, 3, size.height, size.width];
  const numbers = randomNormal(dims.reduce((product, dim) => product * dim, 1));
  return runFeeds(model, { [input.name]: { dims, numbers } });
}

export async function runFeeds(
  model: OnnxModel,
  feeds: Readonly<Record<string, { readonly dims: readonly number[]; readonly numbers: Float32Array }>>,
): Promise<Outcome> {
  const bytes = modelToBytes(model);
  modelFromBytes(bytes);
  // Without the runtime's own fusions: its LayerNorm fusion takes the wrong epsilon where that is the left operand.
  const session = await ort.InferenceSession.create(bytes, {
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
  });
  try {
    const types = shapesOf(model.graph);
    const tensors = Object.entries(feeds).map(([name, { dims, numbers }]): [string, OrtTensor] => [
      name,
      types.elementType(name) === DataType.FLOAT16
        ? new ort.Tensor('float16', Uint16Array.from(numbers, numberToFloat16), dims)
        : new ort.Tensor('float32', numbers, dims),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    const first = results[session.outputNames[0] ?? ''] as OrtTensor;
    return { dims: first.dims, data: toDoubles(first) };
  } finally {
    await session.release();
  }
}

function toDoubles(tensor: OrtTensor): Float64Array {
  if (tensor.type === 'float16') return Float64Array.from(new Uint16Array(halfBits(tensor)), float16ToNumber);
  return Float64Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** Node 24 hands out Float16Array, older ones Uint16Array: both are views of the same bits. */
function halfBits(tensor: OrtTensor): Uint16Array {
  const view = tensor.data as unknown as ArrayBufferView;
  return new Uint16Array(view.buffer, view.byteOffset, view.byteLength / 2);
}

/** Largest difference over the largest magnitude of the reference; infinite when shapes differ or a number is not finite. */
export function relativeDifference(reference: Outcome, other: Outcome): number {
  if (reference.dims.join() !== other.dims.join()) return Infinity;
  let difference = 0;
  let magnitude = 0;
  for (const [index, value] of reference.data.entries()) {
    const delta = Math.abs(value - (other.data[index] ?? NaN));
    if (!Number.isFinite(delta)) return Infinity;
    difference = Math.max(difference, delta);
    magnitude = Math.max(magnitude, Math.abs(value));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}
