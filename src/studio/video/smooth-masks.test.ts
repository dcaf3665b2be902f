import { describe, expect, it } from 'vitest';
import type { Mask } from '../../shared/domain/mask';
import { MaskSmoother, vote } from './smooth-masks';

function mask(...ids: number[]): Mask {
  return { width: ids.length, height: 1, bytesPerId: 1, data: Uint8Array.from(ids) };
}

function wide(...ids: number[]): Mask {
  return { width: ids.length, height: 1, bytesPerId: 2, data: new Uint8Array(Uint16Array.from(ids).buffer) };
}

describe('vote', () => {
  it.each([
    ['one mask stays as it is', [mask(1, 2)], [1, 2]],
    ['two cannot outvote each other: the newer one', [mask(1, 1), mask(2, 1)], [2, 1]],
    ['two of three', [mask(1, 1), mask(2, 1), mask(1, 3)], [1, 1]],
    ['three different ones: the newest', [mask(1), mask(2), mask(3)], [3]],
    ['two against two: the newer pair', [mask(1), mask(1), mask(2), mask(2), mask(3)], [2]],
  ])('%s', (_name, masks, expected) => expect([...vote(masks).data]).toEqual(expected));

  it('takes ids of two bytes, and changes none of its masks', () => {
    const masks = [wide(700, 9), wide(700, 9), wide(5, 9)];
    const before = masks.map(({ data }) => [...data]);
    expect([...new Uint16Array(vote(masks).data.buffer)]).toEqual([700, 9]);
    expect(masks.map(({ data }) => [...data])).toEqual(before);
  });
});

describe('MaskSmoother', () => {
  it('begins anew after a jump, on going back and at another size, and keeps streams apart', () => {
    const smoother = new MaskSmoother();
    const next = (stream: string, frame: number, ...ids: number[]): number[] => [
      ...smoother.smooth(stream, frame, mask(...ids), 3).data,
    ];
    next('a', 0, 1);
    next('a', 1, 1);
    expect(next('b', 2, 2)).toEqual([2]);
    expect(next('a', 2, 2)).toEqual([1]);
    expect(next('a', 3, 2)).toEqual([2]);
    expect(next('a', 100, 5)).toEqual([5]);
    expect(next('a', 101, 1)).toEqual([1]);
    expect(next('a', 50, 7)).toEqual([7]);
    expect(next('a', 51, 7, 7)).toEqual([7, 7]);
  });
});
