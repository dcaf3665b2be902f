import type { Frame } from '../../shared/domain/frame';
import type { RawFrame } from '../../shared/domain/raw-frame';
import type { NativeFrame } from './addon';

/** A decoded picture as the device takes it. */
export function nativePicture({ width, height, channels, pixels }: Frame): NativeFrame {
  return { width, height, pixels, format: channels === 4 ? 'rgba8' : 'rgb8' };
}

/** A video's frame as the device takes it: copied only where its planes lie otherwise than the device wants them. */
export function nativeFrame(raw: RawFrame): NativeFrame {
  const { format, width, height, matrix, fullRange, data } = raw;
  if (format === 'rgba') return { width, height, pixels: data, format: 'rgba8' };
  const color = { format: 'nv12', matrix, fullRange } as const;
  if (format === 'nv12' && width % 2 === 0) return { ...color, width, height, pixels: data };
  // Both planes have one stride, and a row of chroma is a byte longer than an odd row of luma.
  const stride = width + (width % 2);
  return { ...color, width, height, stride, pixels: toNv12(raw, stride) };
}

function toNv12({ format, width, height, data }: RawFrame, stride: number): Uint8Array {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const pixels = new Uint8Array(stride * (height + rows));
  for (let y = 0; y < height; y++) pixels.set(data.subarray(y * width, (y + 1) * width), y * stride);
  const chroma = width * height;
  // I420 holds all of U, then all of V; NV12 holds them in turns.
  const [step, second] = format === 'i420' ? [1, columns * rows] : [2, 1];
  for (let y = 0; y < rows; y++) {
    let from = chroma + y * columns * step;
    let to = (height + y) * stride;
    for (let x = 0; x < columns; x++) {
      pixels[to++] = data[from] ?? 0;
      pixels[to++] = data[from + second] ?? 0;
      from += step;
    }
  }
  return pixels;
}
