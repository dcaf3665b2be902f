import { describe, expect, test } from 'vitest';
import {
  addDims,
  ceilDivide,
  evaluateDim,
  floorDivide,
  formatDim,
  maxDims,
  multiplyDims,
  nameDim,
  productOf,
  sameDim,
  scaleDim,
  subtractDims,
  unknownDim,
} from './symbolic';
import type { Dim } from './symbolic';

const H = nameDim('H');
const W = nameDim('W');
const N = nameDim('N');

/** A convolution's output size. */
const strided = (size: Dim, kernel: number, stride: number, pad: number): Dim =>
  addDims(floorDivide(addDims(size, 2 * pad - kernel), stride), 1);

describe('sizes that are the same compare equal', () => {
  test.each<[string, Dim, Dim]>([
    ['stride 4, kernel 7, pad 3', strided(H, 7, 4, 3), ceilDivide(H, 4)],
    [
      'four stages of SegFormer',
      strided(strided(strided(strided(H, 7, 4, 3), 3, 2, 1), 3, 2, 1), 3, 2, 1),
      ceilDivide(H, 32),
    ],
    ['flatten and back', floorDivide(productOf([N, 32, H, W]), productOf([N, H, W])), 32],
    ['sums in any order', addDims(addDims(H, 2), W), addDims(W, addDims(H, 2))],
    ['difference of equals', subtractDims(multiplyDims(H, W), multiplyDims(W, H)), 0],
    ['a product over one factor', floorDivide(multiplyDims(H, W), W), H],
    ['even parts leave the floor', floorDivide(addDims(scaleDim(H, 8), 5), 4), addDims(scaleDim(H, 2), 1)],
    [
      'multiplied out',
      multiplyDims(addDims(H, 1), addDims(W, 1)),
      addDims(addDims(multiplyDims(H, W), H), addDims(W, 1)),
    ],
    ['a size is at least 1', maxDims(H, 1), H],
    ['a ceiling through negation', scaleDim(floorDivide(scaleDim(H, -1), 32), -32), scaleDim(ceilDivide(H, 32), 32)],
    ['a formula over itself', floorDivide(scaleDim(ceilDivide(H, 4), 6), ceilDivide(H, 4)), 6],
  ])('%s', (_, one, other) => {
    expect(formatDim(one)).toBe(formatDim(other));
    expect(sameDim(one, other)).toBe(true);
  });

  test('unknowns equal only themselves', () => {
    const unknown = unknownDim();
    expect(sameDim(unknown, unknown)).toBe(true);
    expect(sameDim(unknown, unknownDim())).toBe(false);
    expect(formatDim(unknown)).toBe('?');
  });
});

test('every formula has the value of the arithmetic it stands for', () => {
  for (let height = 1; height < 70; height += 1) {
    const sizes = new Map([
      ['H', height],
      ['W', 3],
    ]);
    const stage = strided(strided(H, 7, 4, 3), 3, 2, 1);
    const first = Math.floor((height - 1) / 4) + 1;
    expect(evaluateDim(stage, sizes)).toBe(Math.floor((first - 1) / 2) + 1);
    const mixed = addDims(
      floorDivide(addDims(multiplyDims(H, W), -7), 5),
      scaleDim(maxDims(subtractDims(H, 20), W), 2),
    );
    expect(evaluateDim(mixed, sizes)).toBe(Math.floor((height * 3 - 7) / 5) + 2 * Math.max(height - 20, 3));
  }
});
