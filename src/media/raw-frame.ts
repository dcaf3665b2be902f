import type { Frame, FrameSource } from '../shared/domain/frame';
import type { RawFrame } from '../shared/domain/raw-frame';
import { resizeFrame } from './frame-resize';

/** A frame of a video as what sessions are fed. Runtimes that take its planes as they are find them in `raw`. */
export function rawFrameSource(raw: RawFrame): FrameSource {
  const { width, height } = raw;
  let converted: Frame | null = null;
  return {
    width,
    height,
    raw,
    read: async (size) => {
      converted ??= rawFrameToRgb(raw);
      return size === undefined ? converted : resizeFrame(converted, size);
    },
  };
}

/** Factors of ITU-R BT.601 and BT.709 for chroma of full range; rounded to 1/65536 as the GPU's kernels have them. */
const factors = {
  bt601: { redV: 1.402, greenU: -0.344136, greenV: -0.714136, blueU: 1.772 },
  bt709: { redV: 1.5748, greenU: -0.187324, greenV: -0.468124, blueU: 1.8556 },
} as const;
const ONE = 65_536;

/**
 * Red, green and blue of a frame, 8 bit. Chroma is taken as it is for the pixels it belongs to (nearest), which is what
 * hardware converters do; RGBA is handed through.
 */
export function rawFrameToRgb(raw: RawFrame): Frame {
  const { width, height, data } = raw;
  if (raw.format === 'rgba') return { width, height, channels: 4, pixels: data };
  const pixels = new Uint8ClampedArray(width * height * 3);
  const tables = chromaTables(raw);
  const chromaWidth = Math.ceil(width / 2);
  const uAt = width * height;
  const vAt = raw.format === 'i420' ? uAt + chromaWidth * Math.ceil(height / 2) : uAt + 1;
  const step = raw.format === 'i420' ? 1 : 2;
  for (let y = 0; y < height; y++) {
    const row = (y >> 1) * chromaWidth * step;
    convertRow(data, pixels, tables, { width, luma: y * width, u: uAt + row, v: vAt + row, step });
  }
  return { width, height, channels: 3, pixels: new Uint8Array(pixels.buffer) };
}

interface ChromaTables {
  readonly luma: Int32Array;
  readonly redV: Int32Array;
  readonly greenU: Int32Array;
  readonly greenV: Int32Array;
  readonly blueU: Int32Array;
}

interface RowAddress {
  readonly width: number;
  readonly luma: number;
  readonly u: number;
  readonly v: number;
  /** Bytes from one chroma sample to the next. */
  readonly step: number;
}

function convertRow(data: Uint8Array, pixels: Uint8ClampedArray, tables: ChromaTables, at: RowAddress): void {
  const { luma, redV, greenU, greenV, blueU } = tables;
  let out = at.luma * 3;
  let u = at.u;
  let v = at.v;
  for (let x = 0; x < at.width; x += 2) {
    const uValue = data[u] ?? 0;
    const vValue = data[v] ?? 0;
    const red = redV[vValue] ?? 0;
    const green = (greenU[uValue] ?? 0) + (greenV[vValue] ?? 0);
    const blue = blueU[uValue] ?? 0;
    const pair = Math.min(2, at.width - x);
    for (let k = 0; k < pair; k++) {
      const base = luma[data[at.luma + x + k] ?? 0] ?? 0;
      // The table of luma holds the half that rounds; the array clamps to 0–255.
      pixels[out++] = (base + red) >> 16;
      pixels[out++] = (base + green) >> 16;
      pixels[out++] = (base + blue) >> 16;
    }
    u += at.step;
    v += at.step;
  }
}

function chromaTables({ matrix, fullRange }: RawFrame): ChromaTables {
  const { redV, greenU, greenV, blueU } = factors[matrix];
  const lumaScale = fullRange ? 1 : 255 / 219;
  const chromaScale = fullRange ? 1 : 255 / 224;
  const offset = fullRange ? 0 : 16;
  const lumaFactor = Math.round(lumaScale * ONE);
  const table = (factor: number): Int32Array => {
    const rounded = Math.round(factor * chromaScale * ONE);
    return Int32Array.from({ length: 256 }, (_, value) => (value - 128) * rounded);
  };
  return {
    luma: Int32Array.from({ length: 256 }, (_, value) => (value - offset) * lumaFactor + ONE / 2),
    redV: table(redV),
    greenU: table(greenU),
    greenV: table(greenV),
    blueU: table(blueU),
  };
}
