import { describe, expect, it } from 'vitest';
import type { Mask } from '../../shared/domain/mask';
import { bandWidth, boundaryBand } from './boundary';
import { MaskScores } from './metrics';

/** One digit for each pixel. */
function mask(...rows: string[]): Mask {
  const width = rows[0]?.length ?? 0;
  const data = Uint8Array.from(rows.join(''), Number);
  return { width, height: rows.length, bytesPerId: 1, data };
}

function wide(ids: number[], width: number): Mask {
  return { width, height: ids.length / width, bytesPerId: 2, data: new Uint8Array(Uint16Array.from(ids).buffer) };
}

const labels = [
  { id: 0, name: 'road' },
  { id: 1, name: 'sky' },
];

describe('masks against reference masks', () => {
  it('that are equal agree in everything', () => {
    const scores = new MaskScores(labels);
    const one = mask('0011', '0011', '0222');
    expect(scores.add(one, one)).toEqual({ agreement: 1, meanIou: 1 });
    expect(scores.result()).toMatchObject({
      pixels: 12,
      pixelAgreement: 1,
      meanIou: 1,
      meanBoundaryIou: 1,
      confusion: [
        [5, 0, 0],
        [0, 4, 0],
        [0, 0, 3],
      ],
      idDifference: { max: 0, median: 0, mean: 0 },
    });
  });

  it('are counted by hand', () => {
    const scores = new MaskScores(labels);
    // Of 8 pixels 5 agree. Class 0: 3 of both, 4 and 4 of each. Class 1: 2 of both, 3 and 4. Class 2: 0 and 1.
    const { agreement, meanIou } = scores.add(mask('0001', '0112'), mask('0000', '1111'));
    expect(agreement).toBeCloseTo(5 / 8);
    expect(meanIou).toBeCloseTo((3 / 5 + 2 / 5 + 0) / 3);
    const result = scores.result();
    expect(result.classes.map(({ id, name, iou }) => [id, name, iou])).toEqual([
      [0, 'road', 3 / 5],
      [1, 'sky', 2 / 5],
      [2, 'class 2', 0],
    ]);
    expect(result.confusionIds).toEqual([0, 1, 2]);
    expect(result.confusion).toEqual([
      [3, 1, 0],
      [1, 2, 1],
      [0, 0, 0],
    ]);
    expect(result.idDifference).toEqual({ max: 1, median: 0, mean: 3 / 8 });
  });

  it('sum over pictures before they divide', () => {
    const scores = new MaskScores(labels);
    scores.add(mask('00'), mask('00'));
    scores.add(mask('1'), mask('0'));
    const result = scores.result();
    expect(result.classes[0]).toMatchObject({ iou: 2 / 3, pixels: 2, referencePixels: 3 });
    expect(result.meanIou).toBeCloseTo((2 / 3 + 0) / 2);
    expect(result.pixelAgreement).toBeCloseTo(2 / 3);
  });

  it('leave out what the reference does not say', () => {
    const scores = new MaskScores(labels, [9]);
    expect(scores.add(mask('0011'), mask('0991'))).toEqual({ agreement: 1, meanIou: 1 });
    expect(scores.result()).toMatchObject({ pixels: 2, confusionIds: [0, 1] });
    const nothing = new MaskScores(labels, [9]);
    nothing.add(mask('01'), mask('99'));
    expect(nothing.result()).toMatchObject({ pixels: 0, pixelAgreement: 1, meanIou: null, classes: [] });
  });

  it('may have two bytes for each id, on one side or both', () => {
    const scores = new MaskScores([]);
    expect(scores.add(wide([0, 300, 300, 1], 2), wide([0, 300, 1, 1], 2)).agreement).toBe(0.75);
    expect(scores.add(mask('01'), wide([0, 1], 2)).agreement).toBe(1);
    expect(scores.result().idDifference.max).toBe(299);
  });

  it('of other sizes are a bug', () => {
    expect(() => new MaskScores([]).add(mask('00'), mask('0'))).toThrow(/2x1 was compared with 1x1/);
  });
});

describe('the boundary of a mask', () => {
  const text = (of: Mask, distance: number): string[] => {
    const band = boundaryBand(of, distance);
    return Array.from({ length: of.height }, (_, y) => band.slice(y * of.width, (y + 1) * of.width).join(''));
  };

  it('lies along borders of regions and of the picture', () => {
    expect(text(mask('00000', '00000', '00000', '00000', '00000'), 1)).toEqual([
      '11111',
      '10001',
      '10001',
      '10001',
      '11111',
    ]);
    expect(text(mask('0000000', '0000000', '0000000', '0001000', '0000000', '0000000', '0000000'), 1)).toEqual([
      '1111111',
      '1000001',
      '1011101',
      '1011101',
      '1011101',
      '1000001',
      '1111111',
    ]);
  });

  it('is the same by the definition, on random masks', () => {
    let state = 7;
    const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 30;
    for (let turn = 0; turn < 20; turn++) {
      const [width, height, distance] = [5 + next() * 3, 4 + next() * 3, 1 + (next() % 2)];
      // Blocks, so that insides exist.
      const blocks = Array.from({ length: 64 }, () => next() % 3);
      const data = Uint8Array.from(
        { length: width * height },
        (_, at) => blocks[((at / width / 5) | 0) * 4 + (((at % width) / 6) | 0)] ?? 0,
      );
      const of: Mask = { width, height, bytesPerId: 1, data };
      expect(boundaryBand(of, distance)).toEqual(byDefinition(of, distance));
    }
  });

  it('is wider in larger pictures', () => {
    expect(bandWidth({ width: 10, height: 10 })).toBe(1);
    expect(bandWidth({ width: 1024, height: 1024 })).toBe(29);
  });

  it('tells a border that moved from a region that is gone', () => {
    const side = 200;
    const split = (at: number): Mask => ({
      width: side,
      height: side,
      bytesPerId: 1,
      data: Uint8Array.from({ length: side * side }, (_, index) => (index % side < at ? 0 : 1)),
    });
    const scores = new MaskScores(labels);
    scores.add(split(100), split(104));
    const [road] = scores.result().classes;
    expect(road?.iou).toBeCloseTo(100 / 104);
    expect(road?.boundaryIou).toBeLessThan(0.95 * (road?.iou ?? 0));
  });
});

function byDefinition({ width, height, data }: Mask, distance: number): Uint8Array {
  return Uint8Array.from(data, (id, at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let v = y - distance; v <= y + distance; v++) {
      for (let u = x - distance; u <= x + distance; u++) {
        if (u < 0 || v < 0 || u >= width || v >= height || data[v * width + u] !== id) return 1;
      }
    }
    return 0;
  });
}
