import { TensorProto_DataType as DataType } from './generated/onnx_pb';

export { DataType };

interface DataTypeFacts {
  /** As TensorRT, NumPy and the studio's own pages write it: `float32`, `uint8`. */
  readonly label: string;
  /** Width of one element in a packed tensor; 0 for strings, which have none. */
  readonly bits: number;
  readonly kind: 'float' | 'int' | 'bool' | 'string' | 'complex';
}

const FACTS: Readonly<Record<number, DataTypeFacts>> = {
  [DataType.FLOAT]: { label: 'float32', bits: 32, kind: 'float' },
  [DataType.UINT8]: { label: 'uint8', bits: 8, kind: 'int' },
  [DataType.INT8]: { label: 'int8', bits: 8, kind: 'int' },
  [DataType.UINT16]: { label: 'uint16', bits: 16, kind: 'int' },
  [DataType.INT16]: { label: 'int16', bits: 16, kind: 'int' },
  [DataType.INT32]: { label: 'int32', bits: 32, kind: 'int' },
  [DataType.INT64]: { label: 'int64', bits: 64, kind: 'int' },
  [DataType.STRING]: { label: 'string', bits: 0, kind: 'string' },
  [DataType.BOOL]: { label: 'bool', bits: 8, kind: 'bool' },
  [DataType.FLOAT16]: { label: 'float16', bits: 16, kind: 'float' },
  [DataType.DOUBLE]: { label: 'float64', bits: 64, kind: 'float' },
  [DataType.UINT32]: { label: 'uint32', bits: 32, kind: 'int' },
  [DataType.UINT64]: { label: 'uint64', bits: 64, kind: 'int' },
  [DataType.COMPLEX64]: { label: 'complex64', bits: 64, kind: 'complex' },
  [DataType.COMPLEX128]: { label: 'complex128', bits: 128, kind: 'complex' },
  [DataType.BFLOAT16]: { label: 'bfloat16', bits: 16, kind: 'float' },
  [DataType.FLOAT8E4M3FN]: { label: 'float8e4m3fn', bits: 8, kind: 'float' },
  [DataType.FLOAT8E4M3FNUZ]: { label: 'float8e4m3fnuz', bits: 8, kind: 'float' },
  [DataType.FLOAT8E5M2]: { label: 'float8e5m2', bits: 8, kind: 'float' },
  [DataType.FLOAT8E5M2FNUZ]: { label: 'float8e5m2fnuz', bits: 8, kind: 'float' },
  [DataType.UINT4]: { label: 'uint4', bits: 4, kind: 'int' },
  [DataType.INT4]: { label: 'int4', bits: 4, kind: 'int' },
  [DataType.FLOAT4E2M1]: { label: 'float4e2m1', bits: 4, kind: 'float' },
  [DataType.FLOAT8E8M0]: { label: 'float8e8m0', bits: 8, kind: 'float' },
  [DataType.UINT2]: { label: 'uint2', bits: 2, kind: 'int' },
  [DataType.INT2]: { label: 'int2', bits: 2, kind: 'int' },
};

export function dataTypeFacts(type: number): DataTypeFacts | undefined {
  return FACTS[type];
}

export function dataTypeLabel(type: number): string {
  return FACTS[type]?.label ?? `type ${type}`;
}

/** Bytes that `count` packed elements take, or undefined for strings and for types this version does not know. */
export function packedByteLength(type: number, count: number): number | undefined {
  const bits = FACTS[type]?.bits;
  return bits === undefined || bits === 0 ? undefined : Math.ceil((bits * count) / 8);
}

export function isFloatType(type: number): boolean {
  return FACTS[type]?.kind === 'float';
}
