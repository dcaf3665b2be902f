import { describe, expect, it } from 'vitest';
import { planeCoefficients, type PlaneVariant } from './picture-shader';

/** What the shader computes, in bytes. */
function rgbOf(variant: Omit<PlaneVariant, 'format'>, [y, u, v]: readonly [number, number, number]): number[] {
  const { black, luma, redOfV, greenOfU, greenOfV, blueOfU } = planeCoefficients(variant);
  const grey = (y / 255 - black) * luma;
  const [cb, cr] = [(u - 128) / 255, (v - 128) / 255];
  const rgb = [grey + redOfV * cr, grey + greenOfU * cb + greenOfV * cr, grey + blueOfU * cb];
  return rgb.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255));
}

describe('planeCoefficients', () => {
  // Colour bars as the recommendations list them.
  it.each([
    ['bt709', false, [16, 128, 128], [0, 0, 0]],
    ['bt709', false, [235, 128, 128], [255, 255, 255]],
    ['bt709', false, [63, 102, 240], [255, 1, 0]],
    ['bt709', false, [32, 240, 118], [1, 0, 255]],
    ['bt601', false, [81, 90, 240], [254, 0, 0]],
    ['bt601', false, [145, 54, 34], [0, 255, 1]],
    ['bt601', true, [76, 85, 255], [254, 0, 0]],
    ['bt709', true, [255, 128, 128], [255, 255, 255]],
  ] as const)('%s, full range %s: %j is %j', (matrix, fullRange, stored, rgb) => {
    expect(rgbOf({ matrix, fullRange }, stored)).toEqual(rgb);
  });
});
