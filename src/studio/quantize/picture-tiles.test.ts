import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputWriter } from '../../runtimes/input-tensor';
import type { ModelInput, SizePolicy } from '../../shared/domain/model';
import { pictureInputs } from './picture-inputs';
import { pictureTiles } from './picture-tiles';

const folder = mkdtempSync(join(tmpdir(), 'tiles-'));
const paths = ['a.png', 'broken.png', 'b.png'].map((name) => join(folder, name));
beforeAll(async () => {
  for (const [index, [width, height]] of [
    [150, 70],
    [90, 130],
  ].entries()) {
    const [w = 0, h = 0] = [width, height];
    const data = Buffer.from(Array.from({ length: w * h * 3 }, (_, at) => (at * (index + 3) + (at % 29) * 7) % 256));
    await sharp(data, { raw: { width: w, height: h, channels: 3 } }).toFile(paths[2 * index] ?? '');
  }
  writeFileSync(paths[1] ?? '', 'no picture');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const input: ModelInput = {
  name: 'image',
  layout: 'NCHW',
  type: 'float32',
  batch: 1,
  channels: 3,
  height: null,
  width: null,
};

describe('pictureTiles', () => {
  it.each<[string, SizePolicy]>([
    ['stretch', { mode: 'stretch', width: 96, height: 64 }],
    ['pad', { mode: 'pad', width: 96, height: 64, fill: [1, 2, 3] }],
    ['native', { mode: 'native', multipleOf: 32, maxSide: 128 }],
    ['tile', { mode: 'tile', width: 96, height: 64, overlap: 16 }],
  ])('gives what becomes the very inputs of the reference: %s', async (_, size) => {
    const preprocessing = {
      size,
      resample: 'bilinear' as const,
      channelOrder: 'rgb' as const,
      scale: 1 / 255,
      mean: [0.5, 0.4, 0.3] as [number, number, number],
      std: [0.2, 0.2, 0.3] as [number, number, number],
    };
    const expected: unknown[] = [];
    for await (const { feeds } of pictureInputs(paths, { input, preprocessing }, () => undefined)) {
      expected.push([feeds['image']?.dims, feeds['image']?.data]);
    }
    const writer = new InputWriter(input, preprocessing);
    const tiles: unknown[] = [];
    for await (const { frame, input: whole, fill } of pictureTiles(paths, { preprocessing })) {
      const data = writer.allocate(whole.width, whole.height);
      writer.write(data, whole, frame, { x: 0, y: 0 }, fill);
      tiles.push([[1, 3, whole.height, whole.width], data]);
    }
    expect(tiles.length).toBeGreaterThan(1);
    expect(tiles).toEqual(expected);
  });
});
