import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { DataType } from './data-type';
import { TensorProtoSchema } from './generated/onnx_pb';
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from './half-float';
import { makeTensor, readTensor, toBigInts, toNumbers, toScalar } from './tensor';

describe('16-bit floats', () => {
  test.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [1e9, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -25, 0x0400],
    // Ties go to the even neighbour.
    [2049, 0x6800],
    [2051, 0x6802],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])('%d is float16 0x%x', (value, bits) => {
    expect(numberToFloat16(value)).toBe(bits);
  });

  test('every float16 comes back as it was', () => {
    for (let bits = 0; bits < 65536; bits += 1) {
      const value = float16ToNumber(bits);
      if (Number.isNaN(value)) expect(float16ToNumber(numberToFloat16(value))).toBeNaN();
      else expect(numberToFloat16(value)).toBe(bits);
    }
  });

  test('every bfloat16 comes back as it was, and between them ties go to even', () => {
    for (let bits = 0; bits < 65536; bits += 7) {
      const value = bfloat16ToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToBfloat16(value)).toBe(bits);
    }
    expect(numberToBfloat16(1 + 2 ** -8)).toBe(0x3f80);
    expect(numberToBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(numberToBfloat16(3.4e38)).toBe(0x7f80);
  });
});

describe('tensors', () => {
  test.each([
    [DataType.FLOAT, [1.5, -2, 3]],
    [DataType.DOUBLE, [1e300, -2]],
    [DataType.FLOAT16, [0.5, 65504, -1]],
    [DataType.BFLOAT16, [1, -256]],
    [DataType.INT64, [-1, 2 ** 40]],
    [DataType.UINT64, [0, 2 ** 40]],
    [DataType.INT32, [-5, 7]],
    [DataType.UINT32, [4e9]],
    [DataType.INT16, [-300, 300]],
    [DataType.UINT16, [65535]],
    [DataType.INT8, [-128, 127]],
    [DataType.UINT8, [255, 0]],
    [DataType.BOOL, [1, 0, 1]],
    [DataType.INT4, [-8, 7, -1]],
    [DataType.UINT4, [15, 0, 9]],
  ])('elements of type %i are written and read', (type, values) => {
    const constant = readTensor(makeTensor('t', type, [values.length], values), undefined);
    expect(Array.from(toNumbers(constant))).toEqual(values);
  });

  test('raw data that does not lie aligned is read all the same', () => {
    const bytes = new Uint8Array(13);
    bytes.set(new Uint8Array(Float32Array.of(1, 2, 3).buffer), 1);
    const tensor = makeTensor('t', DataType.FLOAT, [3], bytes.subarray(1));
    expect(Array.from(toNumbers(readTensor(tensor, undefined)))).toEqual([1, 2, 3]);
  });

  test.each([
    ['float', { dataType: DataType.FLOAT, floatData: [1, 2] }],
    ['int64', { dataType: DataType.INT64, int64Data: [1n, 2n] }],
    ['int32', { dataType: DataType.INT32, int32Data: [1, 2] }],
    ['uint8', { dataType: DataType.UINT8, int32Data: [1, 2] }],
    ['half', { dataType: DataType.FLOAT16, int32Data: [0x3c00, 0x4000] }],
    ['double', { dataType: DataType.DOUBLE, doubleData: [1, 2] }],
    ['uint64', { dataType: DataType.UINT64, uint64Data: [1n, 2n] }],
  ])('typed fields of %s are read like raw data', (_, fields) => {
    const tensor = create(TensorProtoSchema, { name: 't', dims: [2n], ...fields });
    expect(Array.from(toNumbers(readTensor(tensor, undefined)))).toEqual([1, 2]);
  });

  test('64-bit integers keep all their bits', () => {
    const tensor = makeTensor('t', DataType.INT64, [1], BigInt64Array.of(2n ** 62n + 1n));
    expect(toBigInts(readTensor(tensor, undefined))).toEqual([2n ** 62n + 1n]);
  });

  test('a scalar is one element of any rank', () => {
    const one = (dims: number[]): number | undefined =>
      toScalar(readTensor(makeTensor('t', DataType.FLOAT, dims, [7]), undefined));
    expect([one([]), one([1]), one([1, 1, 1])]).toEqual([7, 7, 7]);
    expect(toScalar(readTensor(makeTensor('t', DataType.FLOAT, [2], [7, 8]), undefined))).toBeUndefined();
  });

  test('data that does not fit the shape is refused', () => {
    const tensor = create(TensorProtoSchema, { name: 't', dataType: DataType.FLOAT, dims: [3n], floatData: [1, 2] });
    expect(() => readTensor(tensor, undefined)).toThrow(/needs 12 bytes and has 8/);
    expect(() => makeTensor('t', DataType.FLOAT, [3], [1, 2])).toThrow(/needs 12 bytes, got 8/);
  });
});
