import { describe, expect, it } from 'vitest';
import type { RawFrame } from '../shared/domain/raw-frame';
import { rawFrameSchema } from '../shared/domain/raw-frame';
import { rawFrameSource, rawFrameToRgb } from './raw-frame';

function i420(width: number, height: number, y: number, u: number, v: number, more: Partial<RawFrame> = {}): RawFrame {
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
  const data = new Uint8Array(width * height + 2 * chroma);
  data.fill(y, 0, width * height);
  data.fill(u, width * height, width * height + chroma);
  data.fill(v, width * height + chroma);
  return { format: 'i420', width, height, matrix: 'bt709', fullRange: false, data, ...more };
}

/** The same planes with U and V interleaved. */
function asNv12(frame: RawFrame): RawFrame {
  const luma = frame.width * frame.height;
  const chroma = (frame.data.length - luma) / 2;
  const data = frame.data.slice();
  for (let i = 0; i < chroma; i++) {
    data[luma + 2 * i] = frame.data[luma + i] ?? 0;
    data[luma + 2 * i + 1] = frame.data[luma + chroma + i] ?? 0;
  }
  return { ...frame, format: 'nv12', data };
}

describe('rawFrameToRgb', () => {
  // Reference values of ITU-R BT.601 and BT.709: the primaries at 8 bits.
  it.each<[string, number, number, number, Partial<RawFrame>, [number, number, number]]>([
    ['black', 16, 128, 128, {}, [0, 0, 0]],
    ['white', 235, 128, 128, {}, [255, 255, 255]],
    ['red, BT.709', 63, 102, 240, {}, [255, 0, 0]],
    ['green, BT.709', 173, 42, 26, {}, [0, 255, 0]],
    ['blue, BT.709', 32, 240, 118, {}, [0, 0, 255]],
    ['red, BT.601', 81, 90, 240, { matrix: 'bt601' }, [255, 0, 0]],
    ['green, BT.601', 145, 54, 34, { matrix: 'bt601' }, [0, 255, 0]],
    ['blue, BT.601', 41, 240, 110, { matrix: 'bt601' }, [0, 0, 255]],
    ['grey of full range', 100, 128, 128, { fullRange: true }, [100, 100, 100]],
    ['beyond white', 255, 128, 128, {}, [255, 255, 255]],
    ['below black', 0, 128, 128, {}, [0, 0, 0]],
  ])('%s', (_name, y, u, v, more, expected) => {
    const frame = i420(4, 2, y, u, v, more);
    for (const each of [frame, asNv12(frame)]) {
      const { pixels } = rawFrameToRgb(each);
      for (let i = 0; i < pixels.length; i++) {
        expect(Math.abs((pixels[i] ?? 0) - (expected[i % 3] ?? 0))).toBeLessThanOrEqual(2);
      }
    }
  });

  it.each([
    [5, 3],
    [1, 1],
    [2, 5],
    [7, 2],
  ])('takes for each pixel of %i x %i the chroma that it belongs to', (width, height) => {
    const frame = i420(width, height, 126, 128, 128, { fullRange: true });
    const luma = width * height;
    const columns = Math.ceil(width / 2);
    const rows = Math.ceil(height / 2);
    // V is high in the last chroma column and row only: those pixels are red.
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const last = x === columns - 1 && y === rows - 1;
        frame.data[luma + columns * rows + y * columns + x] = last ? 255 : 128;
      }
    }
    for (const each of [frame, asNv12(frame)]) {
      const { pixels } = rawFrameToRgb(each);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const isLast = x >> 1 === columns - 1 && y >> 1 === rows - 1;
          expect([x, y, (pixels[(y * width + x) * 3] ?? 0) > 200]).toEqual([x, y, isLast]);
        }
      }
    }
  });

  it('hands RGBA through without a copy', () => {
    const data = Uint8Array.of(1, 2, 3, 4);
    const frame: RawFrame = { format: 'rgba', width: 1, height: 1, matrix: 'bt709', fullRange: true, data };
    expect(rawFrameToRgb(frame)).toEqual({ width: 1, height: 1, channels: 4, pixels: data });
    expect(rawFrameToRgb(frame).pixels.buffer).toBe(data.buffer);
  });
});

describe('rawFrameSource', () => {
  it('gives the planes as they are and pixels at the size asked for', async () => {
    const frame = i420(8, 6, 235, 128, 128);
    const source = rawFrameSource(frame);
    expect([source.width, source.height, source.raw]).toEqual([8, 6, frame]);
    const small = await source.read({ width: 4, height: 3, resample: 'bilinear' });
    expect([small.width, small.height, new Set(small.pixels)]).toEqual([4, 3, new Set([255])]);
  });
});

describe('rawFrameSchema', () => {
  it.each([
    ['i420', 4, 4, 24, true],
    ['i420', 5, 3, 15 + 2 * 6, true],
    ['i420', 5, 3, 22, false],
    ['nv12', 1, 1, 3, true],
    ['rgba', 2, 2, 16, true],
    ['rgba', 2, 2, 15, false],
    ['rgba', 0, 2, 0, false],
    ['yuv', 2, 2, 6, false],
  ])('%s of %i x %i with %i bytes: %s', (format, width, height, bytes, fits) => {
    const frame = { format, width, height, data: new Uint8Array(bytes) };
    expect(rawFrameSchema.safeParse(frame).success).toBe(fits);
  });
});
