import { expect, it } from 'vitest';
import { drawnOpacity, exportedOutlineWidth, gridStrength, samplesPerSide, splitPanes, type MaskLook } from './scene';

const look: MaskLook = { opacity: 0.5, mode: 'fill', outlineWidth: 2, highlight: null };
const view = { width: 101, height: 50 };

it.each([
  [1, 'full', 1],
  [16, 'full', 1],
  [1.5, 'full', 2],
  [0.5, 'full', 2],
  [0.2, 'full', 3],
  [0.2, 'fair', 2],
  [0.2, 'draft', 1],
] as const)('at %f and %s quality takes %i samples', (scale, quality, samples) => {
  expect(samplesPerSide(scale, quality)).toBe(samples);
});

it.each([
  [8, 0],
  [10, 0],
  [13, 0.2],
  [16, 0.4],
  [64, 0.4],
])('at %f the pixel grid has strength %f', (scale, strength) => {
  expect(gridStrength(scale)).toBeCloseTo(strength, 10);
});

it.each([
  ['fill', 0.55, 0.55],
  ['outline', 0, 0],
  ['outline', 1, 1],
  ['outline', 0.5, 0.875],
] as const)('%s at %f is drawn at %f', (mode, opacity, drawn) => {
  expect(drawnOpacity(mode, opacity)).toBeCloseTo(drawn, 10);
});

it.each([
  ['as on a picture shown at half its size', 2, 0.5, 4],
  ['as at 1:1 when magnified', 2, 16, 2],
  ['within what the studio takes', 6, 0.01, 256],
])('exports outlines %s', (_name, width, scale, pixels) => {
  expect(exportedOutlineWidth(width, scale)).toBe(pixels);
});

it('is one pane without a divider', () => {
  expect(splitPanes(view, null, 'mask', look)).toMatchObject([{ mask: 'mask', clip: { x: 0, width: 101 } }]);
});

it.each([
  [0.5, 51],
  [-1, 0],
  [2, 101],
])('a divider at %f leaves no pixel out and none twice', (at, column) => {
  const [left, right] = splitPanes(view, at, 'mask', look);
  expect(left).toMatchObject({ mask: null, clip: { x: 0, width: column }, area: { width: 101 } });
  expect(right).toMatchObject({ mask: 'mask', clip: { x: column, width: 101 - column }, area: { width: 101 } });
});
