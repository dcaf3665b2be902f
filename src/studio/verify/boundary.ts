import type { Mask } from '../../shared/domain/mask';
import { maskIds } from '../../shared/mask-ids';

/** Of the picture's diagonal: how far from its border a pixel of a region still belongs to the region's boundary. */
const BAND_SHARE = 0.02;

/**
 * The pixels near the borders of regions: 1 where some pixel at most `distance` rows or columns away has another class,
 * or lies outside the picture. Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation",
 * CVPR 2021, with the square element that their code erodes with.
 */
export function boundaryBand(mask: Mask, distance: number = bandWidth(mask)): Uint8Array {
  const ids = maskIds(mask);
  const { width, height } = mask;
  const inRow = uniformRows(ids, width, height, distance);
  const band = new Uint8Array(width * height).fill(1);
  // Down each column: how many rows in a row have the same class and a uniform neighbourhood to left and right.
  const run = new Int32Array(width);
  const window = 2 * distance + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const same = y > 0 && ids[at] === ids[at - width];
      run[x] = inRow[at] === 0 ? 0 : same ? (run[x] ?? 0) + 1 : 1;
      if ((run[x] ?? 0) >= window) band[at - distance * width] = 0;
    }
  }
  return band;
}

/** Pixels, at least one. */
export function bandWidth({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.max(1, Math.round(Math.hypot(width, height) * BAND_SHARE));
}

/** 1 where all pixels of the row up to `distance` to the left and right have the pixel's class. */
function uniformRows(ids: ArrayLike<number>, width: number, height: number, distance: number): Uint8Array {
  const uniform = new Uint8Array(width * height);
  const window = 2 * distance + 1;
  for (let y = 0; y < height; y++) {
    let run = 0;
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      run = x > 0 && ids[at] === ids[at - 1] ? run + 1 : 1;
      if (run >= window) uniform[at - distance] = 1;
    }
  }
  return uniform;
}
