import type { Rgb } from '../../../shared/domain/model';

/** Columns of the palette texture: class id = row * 256 + column. */
export const PALETTE_COLUMNS = 256;
const MOST_CLASSES = 65_536;

/** Rows of a palette texture that has an entry for every id of a mask: all that its type can hold are drawn. */
export function paletteRows(bytesPerId: 1 | 2): number {
  return (bytesPerId === 1 ? 256 : MOST_CLASSES) / PALETTE_COLUMNS;
}

export interface ClassVisibility {
  readonly hidden: ReadonlySet<number>;
  /** When not empty, only these are shown. */
  readonly solo: ReadonlySet<number>;
}

export function isClassVisible(visibility: ClassVisibility, id: number): boolean {
  return visibility.solo.size > 0 ? visibility.solo.has(id) : !visibility.hidden.has(id);
}

/** The classes that are not drawn, as ids in rising order: what an export has to leave out to match the screen. */
export function hiddenIds(visibility: ClassVisibility, ids: Iterable<number>): number[] {
  return [...ids].filter((id) => !isClassVisible(visibility, id)).sort((a, b) => a - b);
}

/**
 * Texels of the palette texture: RGBA, row-major, {@link PALETTE_COLUMNS} wide. Alpha is 255 for classes that are
 * drawn and 0 for the others. Ids that no label names are coloured by `colorOf` as well: a mask that holds them must
 * not look as if it did not.
 */
export function paletteBytes(bytesPerId: 1 | 2, colorOf: (id: number) => Rgb, visibility: ClassVisibility): Uint8Array {
  const entries = paletteRows(bytesPerId) * PALETTE_COLUMNS;
  const bytes = new Uint8Array(entries * 4);
  for (let id = 0; id < entries; id++) {
    const [red, green, blue] = colorOf(id);
    bytes[id * 4] = red;
    bytes[id * 4 + 1] = green;
    bytes[id * 4 + 2] = blue;
    bytes[id * 4 + 3] = isClassVisible(visibility, id) ? 255 : 0;
  }
  return bytes;
}
