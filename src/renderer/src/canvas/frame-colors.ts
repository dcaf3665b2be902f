import type { RawFrame } from '../../../shared/domain/raw-frame';
import { planeCoefficients } from './picture-shader';

/**
 * A frame's colours by the processor, RGBA, opaque: what the shaders read from its planes. `colors` has four bytes for
 * each of the frame's pixels.
 */
export function writeFrameColors(frame: RawFrame, colors: Uint8ClampedArray): void {
  if (frame.format === 'rgba') {
    colors.set(frame.data);
    for (let at = 3; at < colors.length; at += 4) colors[at] = 255;
    return;
  }
  const { width, height, format } = frame;
  const across = Math.ceil(width / 2);
  const first = width * height;
  // Where chroma begins, and bytes from one of its values to the next.
  const [u, v, step] = format === 'nv12' ? [first, first + 1, 2] : [first, first + across * Math.ceil(height / 2), 1];
  const tables = tablesOf(frame);
  for (let y = 0; y < height; y++) {
    const chroma = (y >> 1) * across * step;
    writeRow(frame, colors, tables, { luma: y * width, u: u + chroma, v: v + chroma, step });
  }
}

interface RowPlaces {
  readonly luma: number;
  readonly u: number;
  readonly v: number;
  readonly step: number;
}

function writeRow({ data, width }: RawFrame, colors: Uint8ClampedArray, tables: Tables, at: RowPlaces): void {
  let out = at.luma * 4;
  for (let x = 0; x < width; x++) {
    const u = data[at.u + (x >> 1) * at.step] ?? 0;
    const v = data[at.v + (x >> 1) * at.step] ?? 0;
    const y = tables.luma[data[at.luma + x] ?? 0] ?? 0;
    // The array rounds and clamps.
    colors[out++] = y + (tables.redOfV[v] ?? 0);
    colors[out++] = y + (tables.greenOfU[u] ?? 0) + (tables.greenOfV[v] ?? 0);
    colors[out++] = y + (tables.blueOfU[u] ?? 0);
    colors[out++] = 255;
  }
}

/** By a stored byte: what it adds, 0–255. */
type Tables = Readonly<Record<'luma' | 'redOfV' | 'greenOfU' | 'greenOfV' | 'blueOfU', Float64Array>>;

function tablesOf(frame: RawFrame): Tables {
  const { black, luma, redOfV, greenOfU, greenOfV, blueOfU } = planeCoefficients(frame);
  const table = (from: number, factor: number): Float64Array =>
    Float64Array.from({ length: 256 }, (_, value) => (value - from) * factor);
  return {
    luma: table(black * 255, luma),
    redOfV: table(128, redOfV),
    greenOfU: table(128, greenOfU),
    greenOfV: table(128, greenOfV),
    blueOfU: table(128, blueOfU),
  };
}
