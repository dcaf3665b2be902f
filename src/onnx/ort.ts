import type * as Ort from 'onnxruntime-node';
import { DataType } from './data-type';
import { loadOrt } from './load-ort';
import type { Constant } from './tensor';
import { elementCount } from './tensor';

/* ONNX Runtime as this folder uses it: to evaluate constants and to compare two models. */

export type OrtTensor = Ort.Tensor;
export type OrtSession = Ort.InferenceSession;

export interface SessionOptions {
  /** `off` runs every node as it is written, which constants and layer-by-layer comparison need. */
  readonly optimise?: boolean;
  readonly threads?: number;
  /** Gives memory back after each node instead of keeping it for the next run, and keeps no rearranged copy of weights. */
  readonly isFrugal?: boolean;
  /** Threads sleep while they wait for each other instead of spinning: for long work beside which others shall live. */
  readonly isPatient?: boolean;
}

/** From a file, or from a model in memory. Release it when done. */
export async function createSession(source: string | Uint8Array, options: SessionOptions = {}): Promise<OrtSession> {
  const ort = await loadOrt();
  const settings: Ort.InferenceSession.SessionOptions = {
    logSeverityLevel: 4,
    graphOptimizationLevel: options.optimise === true ? 'all' : 'disabled',
    ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
    ...(options.isFrugal === true ? { enableCpuMemArena: false, enableMemPattern: false } : {}),
    extra: {
      session: {
        ...(options.isFrugal === true ? { disable_prepacking: '1' } : {}),
        ...(options.isPatient === true ? { intra_op: { allow_spinning: '0' } } : {}),
      },
    },
  };
  return typeof source === 'string'
    ? ort.InferenceSession.create(source, settings)
    : ort.InferenceSession.create(source, settings);
}

/** What ONNX Runtime's JavaScript side can hand over, by ONNX type. */
const TYPE_NAMES = {
  [DataType.FLOAT]: 'float32',
  [DataType.DOUBLE]: 'float64',
  [DataType.FLOAT16]: 'float16',
  [DataType.INT8]: 'int8',
  [DataType.UINT8]: 'uint8',
  [DataType.INT16]: 'int16',
  [DataType.UINT16]: 'uint16',
  [DataType.INT32]: 'int32',
  [DataType.UINT32]: 'uint32',
  [DataType.INT64]: 'int64',
  [DataType.UINT64]: 'uint64',
  [DataType.BOOL]: 'bool',
} as const;

const TYPES_BY_NAME: ReadonlyMap<string, DataType> = new Map(
  Object.entries(TYPE_NAMES).map(([type, name]) => [name, Number(type)]),
);

export function isOrtType(type: number): boolean {
  return type in TYPE_NAMES;
}

/** Undefined for text and whatever else has no packed bytes. */
export function tensorToConstant(tensor: OrtTensor): Constant | undefined {
  const type = TYPES_BY_NAME.get(tensor.type);
  const { data } = tensor;
  if (type === undefined || !ArrayBuffer.isView(data)) return undefined;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { type, dims: [...tensor.dims], bytes };
}

export async function constantToTensor(constant: Constant): Promise<OrtTensor> {
  const ort = await loadOrt();
  const { bytes } = constant;
  const dims = [...constant.dims];
  const count = elementCount(dims);
  // A copy, so that the element type's alignment holds.
  const buffer = bytes.slice().buffer;
  switch (constant.type) {
    case DataType.FLOAT:
      return new ort.Tensor('float32', new Float32Array(buffer, 0, count), dims);
    case DataType.FLOAT16:
      return new ort.Tensor('float16', new Uint16Array(buffer, 0, count), dims);
    case DataType.DOUBLE:
      return new ort.Tensor('float64', new Float64Array(buffer, 0, count), dims);
    case DataType.INT64:
      return new ort.Tensor('int64', new BigInt64Array(buffer, 0, count), dims);
    case DataType.INT32:
      return new ort.Tensor('int32', new Int32Array(buffer, 0, count), dims);
    case DataType.UINT8:
      return new ort.Tensor('uint8', new Uint8Array(buffer, 0, count), dims);
    case DataType.BOOL:
      return new ort.Tensor('bool', new Uint8Array(buffer, 0, count), dims);
    default:
      throw new Error(`no ONNX Runtime tensor for element type ${constant.type}`);
  }
}
