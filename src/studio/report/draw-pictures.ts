import type { Frame, FrameSource } from '../../shared/domain/frame';
import type { MaskStyle } from '../../shared/domain/export';
import type { Mask } from '../../shared/domain/mask';
import { maskIds } from '../../shared/mask-ids';
import type { Label, Rgb } from '../../shared/domain/model';
import { paletteById } from '../../shared/palettes';
import { encodeFrameJpeg } from '../../media/frame-jpeg';
import { drawOverlay } from '../../media/overlay';
import type { ReportImages } from './report-data';

/** Longer side of pictures on a page: ten of them with their masks stay below some three megabytes. */
const MAX_SIDE = 480;
/** Of pixels that differ: seen on any picture, in colour and in grey. */
const DIFFERENT: Rgb = [255, 64, 32];
/** How much of that colour their neighbours get. */
const HALO = 0.6;

export interface PictureStyle {
  readonly labels: readonly Label[];
  readonly style: MaskStyle;
}

/**
 * One picture as a page shows it: itself, each side's mask over it, and for each side but the reference where its class is
 * another than the reference's.
 *
 * @param masks one for each side, at the picture's size; null where a side has none
 * @param ignored ids that mean "not drawn": such pixels do not differ
 */
export async function drawPictures(
  source: FrameSource,
  masks: readonly (Mask | null)[],
  reference: number,
  { labels, style }: PictureStyle,
  ignored: ReadonlySet<number>,
): Promise<ReportImages> {
  const scale = Math.min(1, MAX_SIDE / Math.max(source.width, source.height));
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  const frame = await source.read({ width, height, resample: 'bilinear' });
  const overlayStyle = {
    opacity: style.opacity,
    mode: style.mode,
    outlineWidth: Math.max(1, style.outlineWidth * scale),
    hidden: new Set(style.hidden),
    colorOf: colorsOf(labels, style),
  };
  const theirs = masks[reference] ?? null;
  const sides = await Promise.all(
    masks.map(async (mask, index) => {
      if (mask === null) return null;
      const overlay = await address(drawOverlay(copyOf(frame), smaller(mask, width, height), overlayStyle));
      const differs = index === reference || theirs === null ? null : differenceMap(frame, mask, theirs, ignored);
      return { overlay, difference: differs === null ? null : await address(differs) };
    }),
  );
  return { picture: await address(frame), sides };
}

/** The picture in dark grey, and bright where any pixel of the masks beneath differs. */
export function differenceMap(frame: Frame, mask: Mask, reference: Mask, ignored: ReadonlySet<number>): Frame {
  const { width, height, channels } = frame;
  const [ids, others] = [maskIds(mask), maskIds(reference)];
  const marked = new Uint8Array(width * height);
  for (let y = 0; y < mask.height; y++) {
    const row = Math.min(height - 1, Math.floor((y * height) / mask.height)) * width;
    for (let x = 0; x < mask.width; x++) {
      const at = y * mask.width + x;
      const [id = 0, other = 0] = [ids[at], others[at]];
      if (id === other || ignored.has(id) || ignored.has(other)) continue;
      marked[row + Math.min(width - 1, Math.floor((x * width) / mask.width))] = 1;
    }
  }
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < marked.length; i++) {
    const [red = 0, green = 0, blue = 0] = frame.pixels.subarray(i * channels, i * channels + 3);
    const grey = 24 + (0.299 * red + 0.587 * green + 0.114 * blue) * 0.38;
    const weight = marked[i] === 1 ? 1 : touches(marked, i, width) ? HALO : 0;
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = grey * (1 - weight) + (DIFFERENT[c] ?? 0) * weight;
  }
  return { width, height, channels: 3, pixels };
}

/** Whether one of the eight neighbours is marked. */
function touches(marked: Uint8Array, index: number, width: number): boolean {
  const x = index % width;
  for (let row = index - width; row <= index + width; row += width) {
    if (marked[row] === 1 || (x > 0 && marked[row - 1] === 1) || (x + 1 < width && marked[row + 1] === 1)) return true;
  }
  return false;
}

/** The class in the middle of each pixel of the smaller picture. */
function smaller(mask: Mask, width: number, height: number): Mask {
  const ids = maskIds(mask);
  const small = mask.bytesPerId === 1 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++) {
      small[y * width + x] = ids[row + Math.floor(((x + 0.5) * mask.width) / width)] ?? 0;
    }
  }
  return { width, height, bytesPerId: mask.bytesPerId, data: new Uint8Array(small.buffer) };
}

function copyOf(frame: Frame): Frame {
  return { ...frame, pixels: new Uint8Array(frame.pixels) };
}

function colorsOf(labels: readonly Label[], { colors }: MaskStyle): (id: number) => Rgb {
  const own = new Map(labels.map(({ id, color }) => [id, color]));
  const generated = paletteById('distinct');
  return (id) => colors[String(id)] ?? own.get(id) ?? generated.colorOf(id);
}

async function address(frame: Frame): Promise<string> {
  return `data:image/jpeg;base64,${Buffer.from(await encodeFrameJpeg(frame)).toString('base64')}`;
}
