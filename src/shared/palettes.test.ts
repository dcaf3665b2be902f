import { describe, expect, it } from 'vitest';
import type { Rgb } from './domain/model';
import { rgbSchema } from './domain/model';
import { paletteById, paletteForLabels, palettes } from './palettes';

const CITYSCAPES_LABELS =
  'road,sidewalk,building,wall,fence,pole,traffic light,traffic sign,vegetation,terrain,sky,person,rider,car,truck,bus,train,motorcycle,bicycle'.split(
    ',',
  );

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** How a person without red or without green cones sees a colour: the two channels become one (Viénot's matrices, rough). */
function dichromat([r, g, b]: Rgb): Rgb {
  const yellow = Math.round(0.3 * r + 0.7 * g);
  return [yellow, yellow, b];
}

describe('palettes', () => {
  it.each(palettes.map((palette) => [palette.id, palette] as const))(
    '%s has a valid colour for any id',
    (_id, palette) => {
      for (const id of [0, 1, 18, 19, 149, 150, 299, 65534]) {
        expect(rgbSchema.safeParse(palette.colorOf(id)).success).toBe(true);
      }
    },
  );

  it.each([
    ['cityscapes', 0, [128, 64, 128]],
    ['cityscapes', 18, [119, 11, 32]],
    ['ade20k', 0, [120, 120, 120]],
    ['ade20k', 2, [6, 230, 230]],
    ['ade20k', 149, [92, 0, 255]],
    ['color-blind', 0, [230, 159, 0]],
  ] as const)('%s gives class %i its published colour', (id, classId, color) => {
    expect(paletteById(id).colorOf(classId)).toEqual(color);
  });

  it('takes Cityscapes colours by label, whatever the id and spelling', () => {
    const cityscapes = paletteById('cityscapes');
    expect(cityscapes.colorOf(6, 'Sky')).toEqual(cityscapes.colorOf(10));
    expect(cityscapes.colorOf(3, 'traffic_light')).toEqual(cityscapes.colorOf(6));
  });

  it('generates colours that differ: the nearest two of 24 are far apart, and of 300 none are equal', () => {
    const { colorOf } = paletteById('distinct');
    const colors = Array.from({ length: 24 }, (_, id) => colorOf(id));
    const distances = colors.flatMap((a, i) => colors.slice(i + 1).map((b) => distance(a, b)));
    expect(Math.min(...distances)).toBeGreaterThan(25);
    expect(new Set(Array.from({ length: 300 }, (_, id) => colorOf(id).join())).size).toBeGreaterThan(295);
  });

  it('keeps the first eight colour-blind-safe colours apart for a dichromat', () => {
    const { colorOf } = paletteById('color-blind');
    const colors = Array.from({ length: 8 }, (_, id) => dichromat(colorOf(id)));
    const distances = colors.flatMap((a, i) => colors.slice(i + 1).map((b) => distance(a, b)));
    expect(Math.min(...distances)).toBeGreaterThan(25);
  });

  it.each([
    [CITYSCAPES_LABELS, 'cityscapes'],
    [['wall', 'building', 'sky', ...Array.from({ length: 147 }, (_, id) => `c${id}`)], 'ade20k'],
    [['cat', 'dog'], 'distinct'],
    [[], 'distinct'],
  ] as const)('recognises the dataset of labels %#', (labels, expected) => {
    expect(paletteForLabels(labels).id).toBe(expected);
  });
});
