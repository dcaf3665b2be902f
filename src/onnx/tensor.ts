import { create } from '@bufbuild/protobuf';
import { AppError } from '../shared/app-error';
import { DataType, dataTypeLabel, packedByteLength } from './data-type';
import type { ExternalData } from './external-data';
import { isExternal } from './external-data';
import { TensorProtoSchema } from './generated/onnx_pb';
import type { TensorProto } from './generated/onnx_pb';
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from './half-float';

/** A constant tensor's value, wherever the model keeps it: initialiser or `Constant` node, inline or external. */
export interface Constant {
  readonly type: DataType;
  readonly dims: readonly number[];
  /** Elements as ONNX packs them: little-endian, row-major, two 4-bit elements a byte. Usually a view: do not write. */
  readonly bytes: Uint8Array;
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export function tensorDims(tensor: TensorProto): number[] {
  return tensor.dims.map(Number);
}

/** Bytes that the shape and type ask for; undefined for strings and types that this version does not know. */
export function tensorByteLength(tensor: TensorProto): number | undefined {
  return packedByteLength(tensor.dataType, elementCount(tensorDims(tensor)));
}

/** @throws ONNX_INITIALIZER_SIZE when the data does not fit the shape, ONNX_EXTERNAL_… when it cannot be read. */
export function readTensor(tensor: TensorProto, external: ExternalData | undefined): Constant {
  const dims = tensorDims(tensor);
  const byteLength = tensorByteLength(tensor);
  if (byteLength === undefined) {
    throw new AppError('ONNX_TYPE_UNSUPPORTED', `The tensor ${tensor.name} holds ${dataTypeLabel(tensor.dataType)}.`);
  }
  let bytes: Uint8Array;
  if (isExternal(tensor)) {
    if (external === undefined) {
      throw new AppError('ONNX_EXTERNAL_MISSING', `The tensor ${tensor.name} lies in another file.`);
    }
    bytes = external.read(external.locate(tensor, byteLength));
  } else if (tensor.rawData.length > 0 || byteLength === 0) bytes = tensor.rawData;
  else bytes = packTypedFields(tensor);
  if (bytes.length !== byteLength) {
    throw new AppError(
      'ONNX_INITIALIZER_SIZE',
      `The tensor ${tensor.name} of shape [${dims.join(', ')}] needs ${byteLength} bytes and has ${bytes.length}.`,
      { hint: 'Export the model again.', details: { tensor: tensor.name } },
    );
  }
  return { type: tensor.dataType, dims, bytes };
}

/** Element count that the typed fields of a tensor hold, where it has no raw data. */
export function typedFieldLength(tensor: TensorProto): number {
  switch (tensor.dataType) {
    case DataType.FLOAT:
      return tensor.floatData.length;
    case DataType.COMPLEX64:
      return tensor.floatData.length / 2;
    case DataType.DOUBLE:
      return tensor.doubleData.length;
    case DataType.COMPLEX128:
      return tensor.doubleData.length / 2;
    case DataType.INT64:
      return tensor.int64Data.length;
    case DataType.UINT32:
    case DataType.UINT64:
      return tensor.uint64Data.length;
    case DataType.STRING:
      return tensor.stringData.length;
    default:
      return tensor.int32Data.length;
  }
}

function packTypedFields(tensor: TensorProto): Uint8Array {
  switch (tensor.dataType) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return viewBytes(Float32Array.from(tensor.floatData));
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return viewBytes(Float64Array.from(tensor.doubleData));
    case DataType.INT64:
      return viewBytes(BigInt64Array.from(tensor.int64Data));
    case DataType.UINT64:
      return viewBytes(BigUint64Array.from(tensor.uint64Data));
    case DataType.UINT32:
      return viewBytes(Uint32Array.from(tensor.uint64Data, Number));
    case DataType.INT32:
      return viewBytes(Int32Array.from(tensor.int32Data));
    case DataType.INT16:
    case DataType.UINT16:
    case DataType.FLOAT16:
    case DataType.BFLOAT16:
      return viewBytes(Uint16Array.from(tensor.int32Data));
    // The narrow types put one packed byte into each element: a whole number for bool and the 8-bit types, two elements
    // for the 4-bit and four for the 2-bit ones.
    default:
      return Uint8Array.from(tensor.int32Data);
  }
}

/**
 * The elements as numbers, for any float, integer or bool type. FLOAT data that lies aligned is a view: do not write.
 * 64-bit integers past 2^53 lose their low bits; use {@link toBigInts} where that matters.
 */
export function toNumbers(constant: Constant): Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array {
  const { type } = constant;
  const count = elementCount(constant.dims);
  switch (type) {
    case DataType.FLOAT:
      return new Float32Array(...aligned(constant.bytes, 4), count);
    case DataType.DOUBLE:
      return new Float64Array(...aligned(constant.bytes, 8), count);
    case DataType.FLOAT16:
      return Float32Array.from(new Uint16Array(...aligned(constant.bytes, 2), count), float16ToNumber);
    case DataType.BFLOAT16:
      return Float32Array.from(new Uint16Array(...aligned(constant.bytes, 2), count), bfloat16ToNumber);
    case DataType.INT64:
      return Float64Array.from(new BigInt64Array(...aligned(constant.bytes, 8), count), Number);
    case DataType.UINT64:
      return Float64Array.from(new BigUint64Array(...aligned(constant.bytes, 8), count), Number);
    case DataType.INT32:
      return new Int32Array(...aligned(constant.bytes, 4), count);
    case DataType.UINT32:
      return new Uint32Array(...aligned(constant.bytes, 4), count);
    case DataType.INT16:
      return Int32Array.from(new Int16Array(...aligned(constant.bytes, 2), count));
    case DataType.UINT16:
      return Int32Array.from(new Uint16Array(...aligned(constant.bytes, 2), count));
    case DataType.INT8:
      return Int32Array.from(new Int8Array(...aligned(constant.bytes, 1), count));
    case DataType.UINT8:
    case DataType.BOOL:
      return constant.bytes;
    case DataType.INT4:
      return Int32Array.from({ length: count }, (_, index) => (nibble(constant.bytes, index) << 28) >> 28);
    case DataType.UINT4:
      return Int32Array.from({ length: count }, (_, index) => nibble(constant.bytes, index));
    default:
      throw new AppError('ONNX_TYPE_UNSUPPORTED', `Elements of ${dataTypeLabel(type)} cannot be read as numbers.`);
  }
}

export function toBigInts(constant: Constant): bigint[] {
  const count = elementCount(constant.dims);
  if (constant.type === DataType.INT64) return [...new BigInt64Array(...aligned(constant.bytes, 8), count)];
  if (constant.type === DataType.UINT64) return [...new BigUint64Array(...aligned(constant.bytes, 8), count)];
  return Array.from(toNumbers(constant), BigInt);
}

/** The single element of a scalar or one-element tensor, else undefined. */
export function toScalar(constant: Constant | undefined): number | undefined {
  if (constant === undefined || elementCount(constant.dims) !== 1) return undefined;
  const width = packedByteLength(constant.type, 1);
  return width === undefined ? undefined : toNumbers(constant)[0];
}

/** `data` as numbers (rounded to the type, ties to even), 64-bit integers, or bytes that are packed already. */
export function makeTensor(
  name: string,
  type: DataType,
  dims: readonly number[],
  data: Uint8Array | ArrayLike<number> | BigInt64Array,
): TensorProto {
  const rawData = data instanceof Uint8Array ? data : packNumbers(type, data);
  const needed = packedByteLength(type, elementCount(dims));
  if (rawData.length !== needed) {
    throw new Error(
      `${name}: [${dims.join(', ')}] of ${dataTypeLabel(type)} needs ${needed} bytes, got ${rawData.length}`,
    );
  }
  return create(TensorProtoSchema, { name, dataType: type, dims: dims.map(BigInt), rawData });
}

export function constantToTensor(name: string, constant: Constant): TensorProto {
  return makeTensor(name, constant.type, constant.dims, constant.bytes);
}

function packNumbers(type: DataType, data: ArrayLike<number> | BigInt64Array): Uint8Array {
  if (data instanceof BigInt64Array) return viewBytes(data);
  switch (type) {
    case DataType.FLOAT:
      return viewBytes(data instanceof Float32Array ? data : Float32Array.from(data));
    case DataType.DOUBLE:
      return viewBytes(Float64Array.from(data));
    case DataType.FLOAT16:
      return viewBytes(Uint16Array.from(data, numberToFloat16));
    case DataType.BFLOAT16:
      return viewBytes(Uint16Array.from(data, numberToBfloat16));
    case DataType.INT64:
      return viewBytes(BigInt64Array.from(Array.from(data), BigInt));
    case DataType.UINT64:
      return viewBytes(BigUint64Array.from(Array.from(data), BigInt));
    case DataType.INT32:
      return viewBytes(Int32Array.from(data));
    case DataType.UINT32:
      return viewBytes(Uint32Array.from(data));
    case DataType.INT16:
      return viewBytes(Int16Array.from(data));
    case DataType.UINT16:
      return viewBytes(Uint16Array.from(data));
    case DataType.INT8:
      return viewBytes(Int8Array.from(data));
    case DataType.BOOL:
    case DataType.UINT8:
      return Uint8Array.from(data);
    case DataType.INT4:
    case DataType.UINT4:
      return packNibbles(data);
    default:
      throw new AppError('ONNX_TYPE_UNSUPPORTED', `Elements of ${dataTypeLabel(type)} cannot be written from numbers.`);
  }
}

function packNibbles(data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(data.length / 2));
  for (let index = 0; index < data.length; index += 1) {
    const byte = index >> 1;
    bytes[byte] = (bytes[byte] ?? 0) | (((data[index] ?? 0) & 0xf) << (4 * (index & 1)));
  }
  return bytes;
}

function nibble(bytes: Uint8Array, index: number): number {
  return ((bytes[index >> 1] ?? 0) >> (4 * (index & 1))) & 0xf;
}

/** Typed arrays need their offset to be a multiple of the width, which a view into a file seldom has. */
function aligned(bytes: Uint8Array, width: number): [ArrayBufferLike, number] {
  const view = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return [view.buffer, view.byteOffset];
}

function viewBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
