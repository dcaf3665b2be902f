import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import type { Sharp } from 'sharp';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Bench } from './testing';
import { bench } from './testing';

/** Classes of the fixture network: which of red, green and blue is strongest. */
const MODEL = ['--model', 'net.onnx'];

function ready(): Bench {
  const here = bench();
  here.copyModel('channels.onnx', 'net.onnx');
  here.write('model.json', {
    format: 1,
    name: 'Strongest channel',
    preprocessing: {
      size: { mode: 'native', maxSide: 1024, multipleOf: 1 },
      scale: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
  });
  return here;
}

/** Red at the left and blue at the right above, green below: no turn or flip of it looks the same. */
function quarters(width: number, height: number): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const channel = y >= height / 2 ? 1 : x >= width / 2 ? 2 : 0;
      pixels[(y * width + x) * 3 + channel] = 255;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

async function maskOf(here: Bench, file: string): Promise<{ ids: Buffer; width: number; height: number }> {
  const run = await here.run(['segment', file, ...MODEL, '--out', 'm', '--json']);
  expect([run.code, run.stderr]).toEqual([0, '']);
  const path = String(run.json()[0]?.['mask']);
  const { data, info } = await sharp(path).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  expect(run.json()[0]).toMatchObject({ width: info.width, height: info.height });
  return { ids: data, width: info.width, height: info.height };
}

describe('odd pictures', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('aligns the mask with what is shown, EXIF orientation %i', async (orientation) => {
    const here = ready();
    const file = join(here.cwd, 'a.jpg');
    await quarters(80, 48)
      .withMetadata({ orientation })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toFile(file);
    const shown = await sharp(file).rotate().raw().toBuffer({ resolveWithObject: true });
    const { ids, width, height } = await maskOf(here, 'a.jpg');
    expect([width, height]).toEqual(orientation >= 5 ? [48, 80] : [80, 48]);
    expect([width, height]).toEqual([shown.info.width, shown.info.height]);
    const strongest = (pixel: number): number => {
      const channels = [...shown.data.subarray(pixel * 3, pixel * 3 + 3)];
      return channels.indexOf(Math.max(...channels));
    };
    const agreeing = [...ids].filter((id, pixel) => id === strongest(pixel)).length;
    expect(agreeing / ids.length).toBeGreaterThan(0.99);
    expect(new Set(ids)).toEqual(new Set([0, 1, 2]));
  });

  it.each<[string, string, (file: string) => Promise<unknown>]>([
    ['one pixel', 'a.png', (file) => quarters(1, 1).toFile(file)],
    ['16 bit', 'a.png', (file) => quarters(8, 8).toColourspace('rgb16').png().toFile(file)],
    [
      'grey with transparency',
      'a.png',
      (file) => quarters(8, 8).ensureAlpha(0.5).toColourspace('b-w').png().toFile(file),
    ],
    ['CMYK', 'a.jpg', (file) => quarters(8, 8).toColourspace('cmyk').jpeg().toFile(file)],
    ['TIFF', 'a.tif', (file) => quarters(8, 8).tiff().toFile(file)],
    ['a name that ends wrongly', 'a.png', (file) => quarters(8, 8).jpeg().toFile(file)],
    ['a name with spaces and signs', 'ä #1 %20 名.png', (file) => quarters(8, 8).png().toFile(file)],
    ['one pixel high', 'a.png', (file) => quarters(500, 1).toFile(file)],
  ])('segments %s', async (_what, name, make) => {
    const here = ready();
    const file = join(here.cwd, name);
    // Through bytes, since sharp chooses the format by the name.
    await make(file);
    const { ids } = await maskOf(here, name);
    expect(ids.length).toBeGreaterThan(0);
  });

  it('takes the first frame of an animation and says so', async () => {
    const here = ready();
    const frames = [
      { r: 255, g: 0, b: 0 },
      { r: 0, g: 0, b: 255 },
    ].map((background) => ({ create: { width: 8, height: 8, channels: 3 as const, background } }));
    const pages = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
    await sharp(pages, { join: { animated: true } })
      .gif({ delay: [100, 100] })
      .toFile(join(here.cwd, 'a.gif'));
    const { code, json } = await here.run(['segment', 'a.gif', ...MODEL, '--json']);
    expect([code, json()[0]]).toMatchObject([
      0,
      { classes: [{ id: 0, share: 1 }], notes: [expect.stringMatching(/first/)] },
    ]);
  });

  it('refuses a picture of 20,000 x 15,000 by its header, without decoding it', async () => {
    const here = ready();
    writeFileSync(join(here.cwd, 'huge.png'), pngHeader(20_000, 15_000));
    const { code, json } = await here.run(['segment', 'huge.png', ...MODEL, '--json']);
    expect([code, json()[0]]).toMatchObject([
      1,
      { error: { code: expect.stringMatching(/^IMAGE_/), hint: expect.any(String) } },
    ]);
    expect(JSON.stringify(json()[0])).toMatch(/20000|20,000/);
  });
});

/** A PNG that promises a size and holds next to nothing. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
