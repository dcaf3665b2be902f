import type { Mask } from '../../shared/domain/mask';
import { maskIds } from '../../shared/mask-ids';

/** Class ids as a network gave them, row by row. */
export interface ClassIds {
  readonly data: ArrayLike<number> | BigInt64Array;
  readonly height: number;
  readonly width: number;
}

/** Part of a mask that takes its ids from a grid; the nearest position's, centres corresponding. */
export interface IdPlacement {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** Pixel of the mask at which the grid begins. */
  readonly originX: number;
  readonly originY: number;
  /** Grid positions for each pixel of the mask. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Ids as unsigned numbers. Ids below 0 mean "ignored" and become the largest id that the mask can hold. */
export function unsignedIds({ data }: ClassIds): { ids: ArrayLike<number>; step: number } {
  // Class ids fit into the lower half of 64 bits, and reading that half is many times faster than reading bigints.
  if (data instanceof BigInt64Array)
    return { ids: new Uint32Array(data.buffer, data.byteOffset, data.length * 2), step: 2 };
  if (data instanceof Int32Array) return { ids: new Uint32Array(data.buffer, data.byteOffset, data.length), step: 1 };
  if (data instanceof Int8Array) return { ids: new Uint8Array(data.buffer, data.byteOffset, data.length), step: 1 };
  if (data instanceof Int16Array) return { ids: new Uint16Array(data.buffer, data.byteOffset, data.length), step: 1 };
  return { ids: data, step: 1 };
}

/** Whether ids past 255 (and not the mark for "ignored") occur. */
export function needsTwoBytes(grid: ClassIds): boolean {
  const { ids, step } = unsignedIds(grid);
  for (let i = 0; i < ids.length; i += step) {
    const id = ids[i] ?? 0;
    if (id > 255 && id <= 65_535) return true;
  }
  return false;
}

export function paintIds(mask: Mask, grid: ClassIds, place: IdPlacement): void {
  const target = maskIds(mask);
  const { ids, step } = unsignedIds(grid);
  const ignored = mask.bytesPerId === 1 ? 255 : 65_535;
  const columns = new Int32Array(place.right - place.left);
  for (let i = 0; i < columns.length; i++) {
    columns[i] = step * nearest(place.left + i - place.originX, place.scaleX, grid.width);
  }
  for (let y = place.top; y < place.bottom; y++) {
    const row = nearest(y - place.originY, place.scaleY, grid.height) * grid.width * step;
    const out = y * mask.width + place.left;
    for (let i = 0; i < columns.length; i++) {
      const id = ids[row + (columns[i] ?? 0)] ?? 0;
      target[out + i] = id > ignored ? ignored : id;
    }
  }
}

function nearest(pixel: number, scale: number, length: number): number {
  return Math.min(length - 1, Math.max(0, Math.floor((pixel + 0.5) * scale)));
}
