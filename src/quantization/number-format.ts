import { DataType } from '../onnx/data-type';

/** The 8-bit numbers that values become. */
export type NumberFormat = 'int8' | 'fp8';

interface FormatFacts {
  readonly type: DataType;
  /** What the range is mapped to. */
  readonly largest: number;
  /** Operator set from which QuantizeLinear makes it. */
  readonly opset: number;
  encode(value: number): number;
}

export const FORMATS: Readonly<Record<NumberFormat, FormatFacts>> = {
  // -128 is left out: the grid is as wide below zero as above, which TensorRT's symmetric form means.
  int8: {
    type: DataType.INT8,
    largest: 127,
    opset: 13,
    encode: (value) => Math.max(-127, Math.min(127, roundTiesToEven(value))),
  },
  fp8: { type: DataType.FLOAT8E4M3FN, largest: 448, opset: 19, encode: numberToFloat8 },
};

/** As QuantizeLinear rounds. */
export function roundTiesToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(value);
}

/** E4M3FN (OCP 8-bit floating point, 2023): 4 bits of exponent with bias 7, 3 of fraction, no infinity; saturates at 448. */
export function numberToFloat8(value: number): number {
  if (Number.isNaN(value)) return 0x7f;
  const sign = value < 0 || Object.is(value, -0) ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(value), 448);
  if (magnitude === 0) return sign;
  const exponent = Math.max(-6, Math.floor(Math.log2(magnitude)));
  // In steps of the last bit at this exponent; rounding up to 16 steps carries into the next one by itself.
  const steps = roundTiesToEven(magnitude / 2 ** (exponent - 3));
  const bits = exponent === -6 ? steps : ((exponent + 7) << 3) + steps - 8;
  return sign | Math.min(bits, 0x7e);
}

export function float8ToNumber(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 7;
  if (exponent === 15 && fraction === 7) return NaN;
  return exponent === 0 ? sign * fraction * 2 ** -9 : sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}
