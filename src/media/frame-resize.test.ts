import { describe, expect, it } from 'vitest';
import { frameSource, resizeFrame } from './frame-resize';
import type { Frame } from '../shared/domain/frame';

function grey(width: number, height: number, value: (x: number, y: number) => number): Frame {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) pixels.fill(value(i % width, Math.floor(i / width)), i * 3, i * 3 + 3);
  return { width, height, channels: 3, pixels };
}

const red = (frame: Frame): number[] => [...frame.pixels].filter((_, i) => i % frame.channels === 0);

describe('resizeFrame', () => {
  // Expected numbers are Pillow's: Image.fromarray(row).resize((n, 1), filter).
  it.each([
    ['bilinear', 4, [0, 40, 80, 120, 160, 200, 240, 250], [29, 100, 180, 239]],
    ['bilinear', 3, [0, 40, 80, 120, 160, 200, 240, 250], [44, 140, 227]],
    ['bilinear', 12, [0, 40, 80, 120, 160, 200, 240, 250], [0, 20, 47, 73, 100, 127, 153, 180, 207, 233, 245, 250]],
    ['bicubic', 4, [0, 40, 80, 120, 160, 200, 240, 250], [22, 98, 183, 244]],
    ['bicubic', 12, [0, 40, 80, 120, 160, 200, 240, 250], [0, 16, 47, 73, 100, 127, 153, 180, 207, 235, 248, 251]],
    ['nearest', 3, [0, 40, 80, 120, 160, 200, 240, 250], [40, 160, 240]],
  ] as const)('%s to %i is what Pillow computes', (resample, width, row, expected) => {
    const wide = grey(8, 1, (x) => row[x] ?? 0);
    expect(red(resizeFrame(wide, { width, height: 1, resample }))).toEqual(expected);
    const tall = grey(1, 8, (_, y) => row[y] ?? 0);
    expect(red(resizeFrame(tall, { width: 1, height: width, resample }))).toEqual(expected);
  });

  it('takes more rows than fit into one portion', () => {
    const frame = grey(2000, 2100, (x, y) => (x + y) % 251);
    const half = resizeFrame(frame, { width: 1000, height: 1050, resample: 'bilinear' });
    const cut = grey(2000, 40, (x, y) => (x + y + 2060) % 251);
    const end = resizeFrame(cut, { width: 1000, height: 20, resample: 'bilinear' });
    expect(red(half).slice(-10_000)).toEqual(red(end).slice(-10_000));
  });

  it('keeps four channels apart and leaves the frame alone at its own size', async () => {
    const frame: Frame = { width: 2, height: 1, channels: 4, pixels: Uint8Array.of(10, 20, 30, 40, 10, 20, 30, 40) };
    expect([...resizeFrame(frame, { width: 1, height: 2, resample: 'bilinear' }).pixels]).toEqual([
      10, 20, 30, 40, 10, 20, 30, 40,
    ]);
    expect(await frameSource(frame).read()).toBe(frame);
  });
});
