import { describe, expect, it } from 'vitest';
import type { Mask } from '../../shared/domain/mask';
import { pairIndex, PairScores, scorePicture } from './pair-scores';

const labels = [
  { id: 0, name: 'road' },
  { id: 1, name: 'sky' },
];

function mask(...rows: string[]): Mask {
  const data = Uint8Array.from(rows.join('').split(''), (digit) => (digit === 'v' ? 255 : Number(digit)));
  return { width: rows[0]?.length ?? 0, height: rows.length, bytesPerId: 1, data };
}

const a = mask('0011', '0011');
const b = mask('0111', '0011');
const drawn = mask('0v11', '0000');

describe('figures of sides against each other', () => {
  it('numbers the pairs without a gap', () => {
    const pairs = [0, 1, 2, 3].flatMap((high) => [0, 1, 2, 3].slice(0, high).map((low) => pairIndex(low, high)));
    expect(pairs).toEqual([0, 1, 2, 3, 4, 5]);
    expect(pairIndex(3, 1)).toBe(pairIndex(1, 3));
  });

  it('agrees with what counting by hand gives, whichever is the reference', () => {
    const scores = new PairScores(3, labels);
    const picture = scores.add([a, b, drawn]);
    // a and b differ in one of eight pixels: road 3 of 4, sky 4 of 5.
    expect(picture[pairIndex(0, 1)]).toEqual({ agreement: 7 / 8, meanIou: (3 / 4 + 4 / 5) / 2 });
    // Seven pixels are drawn; a has two of them wrong: road 3 of 5, sky 2 of 4.
    expect(picture[pairIndex(0, 2)]).toEqual({ agreement: 5 / 7, meanIou: (3 / 5 + 2 / 4) / 2 });

    const against = scores.between(1, 0);
    expect(against).toMatchObject({
      pixels: 8,
      pixelAgreement: 7 / 8,
      confusion: [
        [3, 1],
        [0, 4],
      ],
    });
    expect(against?.classes.map(({ pixels, referencePixels }) => [pixels, referencePixels])).toEqual([
      [3, 4],
      [5, 4],
    ]);
    const turned = scores.between(0, 1);
    expect(turned).toMatchObject({
      pixels: 8,
      pixelAgreement: 7 / 8,
      confusion: [
        [3, 0],
        [1, 4],
      ],
    });
    expect(turned?.classes.map(({ pixels, referencePixels }) => [pixels, referencePixels])).toEqual([
      [4, 3],
      [4, 5],
    ]);
    expect(turned?.meanBoundaryIou).toBe(against?.meanBoundaryIou);
  });

  it('leaves out pixels that nobody drew, on either side', () => {
    const scores = new PairScores(2, labels);
    scores.add([a, drawn]);
    for (const [side, reference] of [
      [0, 1],
      [1, 0],
    ] as const) {
      expect(scores.between(side, reference)).toMatchObject({ pixels: 7, pixelAgreement: 5 / 7, confusionIds: [0, 1] });
    }
    expect(scorePicture(drawn, a, labels)).toMatchObject({ pixels: 7, agreement: 5 / 7 });
  });

  it('takes 255 for a class where there is one', () => {
    const many = Array.from({ length: 256 }, (_, id) => ({ id, name: `class ${id}` }));
    expect(scorePicture(drawn, a, many)).toMatchObject({ pixels: 8, agreement: 5 / 8 });
  });

  it('sums up over pictures of several sizes, and goes on without a side that has no mask', () => {
    const scores = new PairScores(3, labels);
    scores.add([a, b, null]);
    const second = scores.add([mask('0'), mask('0'), mask('1')]);
    expect(second[pairIndex(1, 2)]).toEqual({ agreement: 0, meanIou: 0 });
    expect(scores.between(1, 0)).toMatchObject({ pixels: 9, pixelAgreement: 8 / 9 });
    expect([scores.compared(0, 1), scores.compared(2, 0), scores.compared(1, 1)]).toEqual([2, 1, 0]);
  });

  it('has no figures where nothing was compared', () => {
    const scores = new PairScores(2, labels);
    expect(scores.add([a, null])).toEqual([null]);
    expect([scores.between(0, 1), scores.between(1, 1)]).toEqual([null, null]);
  });
});
