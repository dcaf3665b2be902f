import { describe, expect, it } from 'vitest';
import type { Label } from '../../../shared/domain/model';
import { changedColors, classColors, fromHex, luminance, toHex } from './class-colors';

const labels: Label[] = [
  { id: 0, name: 'road', color: [1, 2, 3] },
  { id: 4, name: 'car', color: [4, 5, 6] },
];

describe('classColors', () => {
  it('takes what was picked, then the palette, then a generated colour', () => {
    const own = classColors(labels, 'model', { 4: [9, 9, 9] });
    expect(own(0)).toEqual([1, 2, 3]);
    expect(own(4)).toEqual([9, 9, 9]);
    expect(own(77)).toEqual(classColors([], 'model', {})(77));
  });

  it('asks a palette of names by the label', () => {
    // Cityscapes' dark blue for cars is its 14th class; here it is id 4.
    expect(classColors(labels, 'cityscapes', {})(4)).toEqual([0, 0, 142]);
  });

  it('tells two ids apart where nothing names them', () => {
    const colorOf = classColors([], 'colour-blind', {});
    expect(colorOf(1)).not.toEqual(colorOf(2));
  });
});

it('tells an export only what differs from the model', () => {
  expect(changedColors(labels, classColors(labels, 'model', {}))).toEqual({});
  expect(changedColors(labels, classColors(labels, 'model', { 4: [9, 9, 9] }))).toEqual({ '4': [9, 9, 9] });
});

it.each([
  [[0, 0, 0], '#000000'],
  [[255, 160, 1], '#ffa001'],
] as const)('%o is %s', (rgb, hex) => {
  expect(toHex([...rgb])).toBe(hex);
  expect(fromHex(hex)).toEqual(rgb);
});

it('answers black to what is no colour', () => {
  expect(fromHex('red')).toEqual([0, 0, 0]);
});

it('knows light from dark', () => {
  expect(luminance([255, 255, 255])).toBeCloseTo(1, 6);
  expect(luminance([0, 0, 0])).toBe(0);
  expect(luminance([0, 255, 0])).toBeGreaterThan(luminance([255, 0, 0]));
});
