import type { Frame } from '../shared/domain/frame';
import type { Mask } from '../shared/domain/mask';
import { maskIds } from '../shared/mask-ids';
import type { Rgb } from '../shared/domain/model';

export interface OverlayStyle {
  readonly mode: 'fill' | 'outline';
  /** 0–1. */
  readonly opacity: number;
  /** Pixels of the picture. */
  readonly outlineWidth: number;
  readonly hidden: ReadonlySet<number>;
  colorOf(classId: number): Rgb;
}

/**
 * The picture with its mask over it, as the window draws it at full size: each pixel of a shown class is mixed with the
 * class's colour; with outlines only pixels that have another class within the outline's width, in eight directions.
 *
 * @param frame of the mask's size; its pixels are changed
 */
export function drawOverlay(frame: Frame, mask: Mask, style: OverlayStyle): Frame {
  if (frame.width !== mask.width || frame.height !== mask.height) throw new Error('Picture and mask differ in size.');
  const ids = maskIds(mask);
  const { pixels, channels } = frame;
  const table = mixTable(style, mask.bytesPerId);
  const keep = 1 - style.opacity;
  const isEdge = style.mode === 'outline' ? edgeTest(ids, mask, style.outlineWidth) : null;
  for (let i = 0; i < ids.length; i++) {
    const entry = (ids[i] ?? 0) * 4;
    if (table[entry + 3] === 0 || (isEdge !== null && !isEdge(i))) continue;
    const at = i * channels;
    pixels[at] = (pixels[at] ?? 0) * keep + (table[entry] ?? 0);
    pixels[at + 1] = (pixels[at + 1] ?? 0) * keep + (table[entry + 1] ?? 0);
    pixels[at + 2] = (pixels[at + 2] ?? 0) * keep + (table[entry + 2] ?? 0);
  }
  return frame;
}

/** For each class red, green, blue (times opacity, plus a half for rounding) and whether it is drawn. */
function mixTable(style: OverlayStyle, bytesPerId: 1 | 2): Float32Array {
  const classes = bytesPerId === 1 ? 256 : 65_536;
  const table = new Float32Array(classes * 4);
  for (let id = 0; id < classes; id++) {
    if (style.hidden.has(id)) continue;
    const color = style.colorOf(id);
    for (let c = 0; c < 3; c++) table[id * 4 + c] = (color[c] ?? 0) * style.opacity + 0.5;
    table[id * 4 + 3] = style.opacity > 0 ? 1 : 0;
  }
  return table;
}

/** Looked at in rings at most two pixels apart; past the border the nearest pixel counts. */
function edgeTest(
  ids: Uint8Array | Uint16Array,
  { width, height }: { readonly width: number; readonly height: number },
  outlineWidth: number,
): (index: number) => boolean {
  const rings = Math.max(1, Math.ceil(outlineWidth / 2));
  const distances = Array.from({ length: rings }, (_, ring) =>
    Math.max(1, Math.round((outlineWidth * (ring + 1)) / rings)),
  );
  return (index) => {
    const id = ids[index];
    const x = index % width;
    const y = (index - x) / width;
    for (const distance of distances) {
      const left = x >= distance ? -distance : -x;
      const right = x + distance < width ? distance : width - 1 - x;
      const up = index - Math.min(distance, y) * width;
      const down = index + Math.min(distance, height - 1 - y) * width;
      if (
        ids[up] !== id ||
        ids[down] !== id ||
        ids[index + left] !== id ||
        ids[index + right] !== id ||
        ids[up + left] !== id ||
        ids[up + right] !== id ||
        ids[down + left] !== id ||
        ids[down + right] !== id
      ) {
        return true;
      }
    }
    return false;
  };
}
