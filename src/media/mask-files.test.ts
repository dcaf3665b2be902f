import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Mask } from '../shared/domain/mask';
import type { Rgb } from '../shared/domain/model';
import { compressCounts, encodeRegions } from './coco-rle';
import { encodeFramePng } from './frame-png';
import { drawOverlay } from './overlay';
import { encodeIndexPng, encodePalettePng } from './png-writer';

function maskOf(width: number, height: number, idAt: (x: number, y: number) => number, bytesPerId: 1 | 2 = 1): Mask {
  const ids = Array.from({ length: width * height }, (_, i) => idAt(i % width, Math.floor(i / width)));
  const data = bytesPerId === 1 ? Uint8Array.from(ids) : new Uint8Array(Uint16Array.from(ids).buffer);
  return { width, height, bytesPerId, data };
}

/** A disc, slanted lines and a border strip. */
const drawing = maskOf(53, 37, (x, y) => {
  if ((x - 20) ** 2 + (y - 15) ** 2 < 120 || (x * 7 + y * 3) % 41 === 0) return 1;
  return x > 45 ? 2 : 0;
});

/** The value of a PNG's first bytes that say how its pixels are kept. */
function pngHeader(bytes: Uint8Array): { bitDepth: number | undefined; colorType: number | undefined; plte: boolean } {
  return { bitDepth: bytes[24], colorType: bytes[25], plte: Buffer.from(bytes).includes('PLTE', 0, 'latin1') };
}

describe('index PNG', () => {
  it('holds the ids as grey values', async () => {
    const bytes = await encodeIndexPng(drawing);
    expect(pngHeader(bytes)).toEqual({ bitDepth: 8, colorType: 0, plte: false });
    const { data, info } = await sharp(bytes).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([53, 37]);
    expect(Buffer.compare(data, Buffer.from(drawing.data))).toBe(0);
  });

  it('holds 16 bits past 255 classes', async () => {
    const mask = maskOf(40, 30, (x, y) => x * y, 2);
    const bytes = await encodeIndexPng(mask);
    expect(pngHeader(bytes)).toMatchObject({ bitDepth: 16, colorType: 0 });
    const data = await sharp(bytes).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    expect(Buffer.compare(data, Buffer.from(mask.data))).toBe(0);
  });
});

describe('palette PNG', () => {
  it('has a colour table whose index is the class id', async () => {
    // Two classes of the same colour must stay two: an encoder that gathers colours would merge them.
    const colors: Rgb[] = [
      [1, 2, 3],
      [200, 0, 0],
      [200, 0, 0],
    ];
    const bytes = await encodePalettePng(drawing, colors);
    expect(pngHeader(bytes)).toEqual({ bitDepth: 8, colorType: 3, plte: true });
    const at = Buffer.from(bytes).indexOf('PLTE', 0, 'latin1');
    expect(Buffer.from(bytes).readUInt32BE(at - 4)).toBe(9);
    expect([...bytes.subarray(at + 4, at + 13)]).toEqual(colors.flat());
    const shown = await sharp(bytes).raw().toBuffer();
    expect(Buffer.compare(shown, Buffer.from([...drawing.data].flatMap((id) => colors[id] ?? [])))).toBe(0);
    const { inflateSync } = await import('node:zlib');
    const idat = Buffer.from(bytes).indexOf('IDAT', 0, 'latin1');
    const rows = inflateSync(bytes.subarray(idat + 4, idat + 4 + Buffer.from(bytes).readUInt32BE(idat - 4)));
    expect([...rows.subarray(54 * 15 + 1, 54 * 16)]).toEqual([...drawing.data.subarray(53 * 15, 53 * 16)]);
  });
});

describe('COCO', () => {
  // Strings, areas and boxes as pycocotools gives them for the same drawing.
  const expected = [
    {
      id: 0,
      counts:
        '1m11gN0Y10gN000Y10gN0Y10gN000B8d04]OD8>62N2O0O2D\\O5d060000000G\\O1d04\\OGd0=10M20H^ON`08@D>c0N_OD=8h1HYN0Y10gN0n10RN0Y10gN000Y10gN0Y10gN0NR8',
      area: 1297,
      bbox: [0, 0, 46, 37],
    },
    {
      id: 1,
      counts:
        '01m10gN0Y10gN000Y10gN0Y10gN000B8d04]OD8>62N2O0O2D\\O5d060000000G\\O1d04\\OGd0=10M20H^ON`08@D>c0N_OD=8h1HYN0Y10gN0n10RN0Y10gN000Y10gN0Y10gN000Y10gN0Y10gN000Y10ZN',
      area: 412,
      bbox: [0, 0, 53, 37],
    },
    { id: 2, counts: 'Ve121k10gN0Y10gN000Y10ZN', area: 252, bbox: [46, 0, 7, 37] },
  ];

  it('gives what COCO’s own tools give', () => {
    expect(encodeRegions(drawing)).toEqual(expected);
  });

  it('starts with no background where the first pixel belongs to the class', () => {
    expect(encodeRegions(maskOf(3, 2, () => 7))).toEqual([
      { id: 7, counts: compressCounts([0, 6]), area: 6, bbox: [0, 0, 3, 2] },
    ]);
  });
});

describe('overlay', () => {
  const grey = (width: number, height: number) => ({
    width,
    height,
    channels: 3 as const,
    pixels: new Uint8Array(width * height * 3).fill(100),
  });
  const halves = maskOf(8, 4, (x) => (x < 4 ? 0 : 1));
  const colorOf = (id: number): Rgb => (id === 0 ? [200, 0, 0] : [0, 0, 255]);
  const row = (pixels: Uint8Array, y: number): number[][] =>
    Array.from({ length: 8 }, (_, x) => [...pixels.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]);

  it('mixes picture and class colour by opacity', () => {
    const { pixels } = drawOverlay(grey(8, 4), halves, {
      mode: 'fill',
      opacity: 0.55,
      outlineWidth: 2,
      hidden: new Set(),
      colorOf,
    });
    // 100 * 0.45 + 200 * 0.55 = 155, 100 * 0.45 = 45, 45 + 255 * 0.55 = 185.25
    expect(row(pixels, 2)).toEqual([...Array(4).fill([155, 45, 45]), ...Array(4).fill([45, 45, 185])]);
  });

  it('leaves hidden classes as the picture is', () => {
    const { pixels } = drawOverlay(grey(8, 4), halves, {
      mode: 'fill',
      opacity: 1,
      outlineWidth: 2,
      hidden: new Set([1]),
      colorOf,
    });
    expect(row(pixels, 0)).toEqual([...Array(4).fill([200, 0, 0]), ...Array(4).fill([100, 100, 100])]);
  });

  it('draws outlines on both sides of a border, none at the picture’s edge', () => {
    const style = { mode: 'outline', opacity: 1, outlineWidth: 2, hidden: new Set<number>(), colorOf } as const;
    const { pixels } = drawOverlay(grey(8, 4), halves, style);
    const picture = [100, 100, 100];
    const expected = [picture, picture, [200, 0, 0], [200, 0, 0], [0, 0, 255], [0, 0, 255], picture, picture];
    for (let y = 0; y < 4; y++) expect(row(pixels, y)).toEqual(expected);
  });

  it('becomes a PNG of the same pixels', async () => {
    const frame = drawOverlay(grey(8, 4), halves, {
      mode: 'fill',
      opacity: 1,
      outlineWidth: 2,
      hidden: new Set(),
      colorOf,
    });
    expect(
      Buffer.compare(
        await sharp(await encodeFramePng(frame))
          .raw()
          .toBuffer(),
        Buffer.from(frame.pixels),
      ),
    ).toBe(0);
  });
});
