import { describe, expect, it } from 'vitest';
import { maskIds } from '../../shared/mask-ids';
import { numberToFloat16 } from '../../onnx/half-float';
import type { Logits } from './logits';
import { maskFromLogits } from './logits';
import { createMaskKernel } from './mask-painter';

/** Deterministic noise in -4 … 4, smooth enough to have uniform cells as well as contested ones. */
function noise(count: number, seed: number, smoothness: number): Float32Array {
  let state = seed;
  let value = 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    value = value * smoothness + (state / 2 ** 32 - 0.5) * 8 * (1 - smoothness);
    return value;
  });
}

interface Case {
  readonly classes: number;
  readonly grid: readonly [number, number];
  readonly mask: readonly [number, number];
  readonly scale?: readonly [number, number];
  readonly smoothness?: number;
}

/** The definition, in double precision: bilinear with corresponding pixel centres, then the largest logit. */
function reference(planes: Float32Array, test: Case): { ids: number[]; margins: number[] } {
  const [gridWidth, gridHeight] = test.grid;
  const [width, height] = test.mask;
  const [scaleX, scaleY] = test.scale ?? [gridWidth / width, gridHeight / height];
  const ids: number[] = [];
  const margins: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const px = Math.min(gridWidth - 1, Math.max(0, (x + 0.5) * scaleX - 0.5));
      const py = Math.min(gridHeight - 1, Math.max(0, (y + 0.5) * scaleY - 0.5));
      const [x0, y0] = [Math.floor(px), Math.floor(py)];
      const [x1, y1] = [Math.min(gridWidth - 1, x0 + 1), Math.min(gridHeight - 1, y0 + 1)];
      const values = Array.from({ length: test.classes }, (_, c) => {
        const at = (gx: number, gy: number): number => planes[(c * gridHeight + gy) * gridWidth + gx] ?? NaN;
        const top = at(x0, y0) * (1 - (px - x0)) + at(x1, y0) * (px - x0);
        const bottom = at(x0, y1) * (1 - (px - x0)) + at(x1, y1) * (px - x0);
        return top * (1 - (py - y0)) + bottom * (py - y0);
      });
      const best = values.indexOf(Math.max(...values));
      ids.push(best);
      margins.push((values[best] ?? 0) - Math.max(...values.filter((_, c) => c !== best)));
    }
  }
  return { ids, margins };
}

function toNhwc(planes: Float32Array, classes: number, positions: number): Float32Array {
  return planes.map((_, i) => planes[(i % classes) * positions + Math.floor(i / classes)] ?? 0);
}

const cases: [string, Case][] = [
  ['a quarter of the mask', { classes: 12, grid: [32, 24], mask: [128, 96] }],
  ['an odd ratio', { classes: 19, grid: [17, 13], mask: [113, 71] }],
  ['smaller in one direction', { classes: 5, grid: [40, 9], mask: [23, 60] }],
  ['larger than the mask', { classes: 7, grid: [64, 48], mask: [20, 15] }],
  ['the mask’s own size', { classes: 4, grid: [31, 22], mask: [31, 22] }],
  ['one position', { classes: 6, grid: [1, 1], mask: [5, 4] }],
  ['one row', { classes: 6, grid: [9, 1], mask: [50, 7] }],
  ['one column', { classes: 6, grid: [1, 9], mask: [7, 50] }],
  ['a 1 x 1 mask', { classes: 6, grid: [9, 9], mask: [1, 1] }],
  ['more than 255 classes', { classes: 300, grid: [9, 7], mask: [40, 30], smoothness: 0.2 }],
  ['exactly 256 classes', { classes: 256, grid: [5, 4], mask: [21, 18], smoothness: 0.2 }],
  ['a part of the grid (padding)', { classes: 9, grid: [32, 32], mask: [70, 40], scale: [28 / 70, 16 / 40] }],
  ['bands of rows', { classes: 40, grid: [400, 160], mask: [430, 200], smoothness: 0.9 }],
];

describe('maskFromLogits', () => {
  it.each(cases)('%s: equals the definition but for ties', (_, test) => {
    const [gridWidth, gridHeight] = test.grid;
    const [width, height] = test.mask;
    const [scaleX, scaleY] = test.scale ?? [gridWidth / width, gridHeight / height];
    const planes = noise(test.classes * gridWidth * gridHeight, 7, test.smoothness ?? 0.7);
    const expected = reference(planes, test);
    const half = Uint16Array.from(planes, numberToFloat16);
    const variants: [string, Logits['layout'], Float32Array | Uint16Array, number][] = [
      ['NCHW', 'NCHW', planes, 1e-5],
      ['NHWC', 'NHWC', toNhwc(planes, test.classes, gridWidth * gridHeight), 1e-5],
      ['NCHW, half precision', 'NCHW', half, 0.01],
    ];
    for (const [name, layout, data, tie] of variants) {
      const logits: Logits = { data, layout, channels: test.classes, height: gridHeight, width: gridWidth };
      const mask = maskFromLogits(createMaskKernel(), logits, { width, height, scaleX, scaleY });
      expect([mask.width, mask.height, mask.bytesPerId]).toEqual([width, height, test.classes > 255 ? 2 : 1]);
      const wrong = [...maskIds(mask)].filter((id, i) => id !== expected.ids[i] && (expected.margins[i] ?? 0) > tie);
      expect(wrong, name).toEqual([]);
    }
    // The comparison means something only where few pixels are ties.
    expect(expected.margins.filter((margin) => margin <= 0.01).length).toBeLessThan(expected.ids.length * 0.2);
  });

  it('gives a tie to the lowest id', () => {
    const data = new Float32Array(5 * 6 * 6).fill(1.5);
    const logits: Logits = { data, layout: 'NCHW', channels: 5, height: 6, width: 6 };
    const mask = maskFromLogits(createMaskKernel(), logits, { width: 50, height: 40, scaleX: 6 / 50, scaleY: 6 / 40 });
    expect(new Set(mask.data)).toEqual(new Set([0]));
  });

  it('gives a tie between two later classes to the lower, in contested cells too', () => {
    const data = new Float32Array(4 * 2 * 2).fill(-1);
    data.set([9, -9, 9, -9], 0);
    data.set([1, 1, 1, 1], 8);
    data.set([1, 1, 1, 1], 12);
    const logits: Logits = { data, layout: 'NCHW', channels: 4, height: 2, width: 2 };
    const mask = maskFromLogits(createMaskKernel(), logits, { width: 9, height: 3, scaleX: 2 / 9, scaleY: 2 / 3 });
    expect(new Set(mask.data)).toEqual(new Set([0, 2]));
  });

  it('takes a single logit as yes or no', () => {
    const data = Float32Array.of(-3, 3);
    const logits: Logits = { data, layout: 'NCHW', channels: 1, height: 1, width: 2 };
    const mask = maskFromLogits(createMaskKernel(), logits, { width: 6, height: 1, scaleX: 2 / 6, scaleY: 1 });
    expect([...mask.data]).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it('survives NaN', () => {
    const data = new Float32Array(3 * 4 * 4).fill(NaN);
    const logits: Logits = { data, layout: 'NCHW', channels: 3, height: 4, width: 4 };
    const mask = maskFromLogits(createMaskKernel(), logits, { width: 16, height: 16, scaleX: 0.25, scaleY: 0.25 });
    expect(new Set(mask.data)).toEqual(new Set([0]));
  });
});
