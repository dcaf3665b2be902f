import { describe, expect, test } from 'vitest';
import { evaluateDim, formatDim, nameDim, productOf, scaleDim } from '../symbolic';
import type { Dim } from '../symbolic';
import { planReshape } from './size-plan';

const N = nameDim('n');
const H = nameDim('h');
const W = nameDim('w');
const T = productOf([H, W]);
const SIZES = new Map([
  ['n', 1],
  ['h', 16],
  ['w', 16],
]);

function plan(input: readonly Dim[], target: readonly number[]): string[] | undefined {
  const numberOf = (dim: Dim): number | undefined => evaluateDim(dim, SIZES);
  const sizes = input.map((dim) => ({ dim, number: numberOf(dim) ?? NaN }));
  const partsOf = (dim: Dim): readonly Dim[] => {
    if (dim === T) return [H, W];
    return typeof dim !== 'number' && formatDim(dim) === '2*n' ? [N, 2] : [dim];
  };
  return planReshape(sizes, target, partsOf, numberOf)?.dims.map(formatDim);
}

describe('planReshape', () => {
  const cases: readonly [string, readonly Dim[], readonly number[], readonly string[] | undefined][] = [
    ['flatten', [N, 8, H, W], [1, 8, 256], ['n', '8', 'h*w']],
    ['unflatten', [N, 8, T], [1, 8, 16, 16], ['n', '8', 'h', 'w']],
    ['heads', [N, T, 8], [1, 256, 2, 4], ['n', 'h*w', '2', '4']],
    ['one head', [N, T, 8], [1, 256, 1, 8], ['n', 'h*w', '1', '8']],
    ['keys and values', [N, T, 16], [1, 256, 2, 2, 4], ['n', 'h*w', '2', '2', '4']],
    ['heads merged into the batch', [N, 2, T, 4], [2, 256, 4], ['2*n', 'h*w', '4']],
    ['one head merged', [N, 1, T, 4], [1, 256, 4], ['n', 'h*w', '4']],
    ['and out again', [scaleDim(N, 2), T, 4], [1, 2, 256, 4], ['n', '2', 'h*w', '4']],
    ['heads put back to channels', [N, T, 2, 4], [1, 256, 8], ['n', 'h*w', '8']],
    ['channels that equal a size by chance', [N, 16, T], [1, 16, 16, 16], ['n', '16', 'h', 'w']],
    ['everything flat', [N, 8, H, W], [2048], ['8*h*n*w']],
    ['ones at the end', [N, 8], [1, 8, 1, 1], ['n', '8', '1', '1']],
    ['numbers that do not fit', [N, 8, H, W], [1, 8, 255], undefined],
    ['a split inside a size that varies', [N, T], [1, 64, 4], undefined],
  ];
  test.each(cases)('%s', (_name, input, target, expected) => {
    expect(plan(input, target)).toEqual(expected);
  });
});
