import { describe, expect, it } from 'vitest';
import { float8ToNumber, FORMATS, numberToFloat8, roundTiesToEven } from './number-format';

describe('float8 E4M3FN', () => {
  it('every number of the format comes back as itself', () => {
    for (let bits = 0; bits < 256; bits += 1) {
      const value = float8ToNumber(bits);
      if (!Number.isNaN(value)) expect(numberToFloat8(value)).toBe(bits);
    }
  });

  it('rounds to the nearest, ties to even', () => {
    const numbers = Array.from({ length: 127 }, (_, bits) => float8ToNumber(bits));
    for (let low = 0; low + 1 < numbers.length; low += 1) {
      const [below = 0, above = 0] = [numbers[low], numbers[low + 1]];
      const middle = (below + above) / 2;
      expect(numberToFloat8(middle)).toBe(low % 2 === 0 ? low : low + 1);
      expect(numberToFloat8(middle - (above - below) / 100)).toBe(low);
      expect(numberToFloat8(-middle - (above - below) / 100)).toBe((low + 1) | 0x80);
    }
  });

  it('saturates', () => {
    expect([1e9, 460, Infinity].map((value) => float8ToNumber(numberToFloat8(value)))).toEqual([448, 448, 448]);
    expect(float8ToNumber(numberToFloat8(-1e9))).toBe(-448);
    expect(float8ToNumber(numberToFloat8(NaN))).toBeNaN();
  });
});

describe('int8', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [126.6, 127],
    [500, 127],
    [-500, -127],
  ])('%d becomes %d', (value, expected) => expect(FORMATS.int8.encode(value)).toBeCloseTo(expected, 12));

  it('rounds like the runtime', () => expect([3.5, 4.5, 5.49].map(roundTiesToEven)).toEqual([4, 4, 5]));
});
