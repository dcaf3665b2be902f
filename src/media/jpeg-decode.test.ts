import type { JpegOptions } from 'sharp';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeJpeg } from './jpeg-decode';
import { readJpegHeader } from './jpeg-header';

/** 37x21, chroma of half the width, a restart behind every second block: the image library writes no such files. */
const withRestarts =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQ' +
  'YEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAVACUD' +
  'ASEAAhEBAxEB/8QAGAAAAwEBAAAAAAAAAAAAAAAAAAMFBgT/xAAnEAABAwMCBQUBAAAAAAAAAAABAAIDBAUREiEiIyRhcRMUMUHwUf/EABkBAQEA' +
  'AwEAAAAAAAAAAAAAAAUGAAEDAv/EACYRAAEEAQEHBQAAAAAAAAAAAAEAAgMEESMFEiEiMUFREzIzgZH/3QAEAAL/2gAMAwEAAhEDEQA/AC0x8kJV' +
  '2j4ShBBrIagNdRKaPqB5W5ssfLC3tCDlVfOOQL//0KN9rJYapsVO7SWjLjgHc/W4/ZQp+CiwxguCPs7Usslc2N2AOHQdvryk2mPkhKu0fCU+INZc' +
  'KA11/9GVTR9QPK29pAjpjI4HDWlxx2WX6+WgJa0Q2LePZQ6/VNUOkfu5xyUL0yvhoCgWuLxvHqV//9KraWj0QlXZo0lKiMesi6HzqJTNHuB5Wmc8' +
  'so44h8SHc9hjb9/F2tRNJCf228sovI8Y/eC//9PuqWjWEJpsYwpeL2Bf/9k=';

/** Waves of colour with edges in them, so that every coefficient is used. */
async function picture(width: number, height: number, options: JpegOptions): Promise<Buffer> {
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i += 1) {
    const [x, y] = [i % width, Math.floor(i / width)];
    pixels[i * 3] = 128 + 127 * Math.sin(x / 3);
    pixels[i * 3 + 1] = (x * 7 + y * 13) % 256;
    pixels[i * 3 + 2] = x + y > 40 ? 250 : 10;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer();
}

function decoded(bytes: Uint8Array): Buffer | null {
  const header = readJpegHeader(bytes);
  const frame = header === null ? null : decodeJpeg(bytes, header);
  return frame === null ? null : Buffer.from(frame.pixels);
}

const byLibrary = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes, { failOn: 'truncated' }).raw().toBuffer();

describe('JPEGs', () => {
  it.each([
    [16, 16, { quality: 90 }],
    [17, 33, { quality: 40 }],
    [100, 50, { quality: 100 }],
    [63, 47, { quality: 100, chromaSubsampling: '4:4:4' }],
    [49, 64, { quality: 5, optimiseCoding: false }],
  ])('of %dx%d, %j, have the very pixels that the image library decodes', async (width, height, options) => {
    const bytes = await picture(width, height, options);
    expect(readJpegHeader(bytes)).toMatchObject({ width, height });
    expect(decoded(bytes)?.equals(await byLibrary(bytes))).toBe(true);
  });

  it('with restarts and chroma of half the width have them, too', async () => {
    const bytes = Buffer.from(withRestarts, 'base64');
    expect(readJpegHeader(bytes)).toMatchObject({ width: 37, height: 21, restart: 2 });
    expect(decoded(bytes)?.equals(await byLibrary(bytes))).toBe(true);
  });

  it.each([
    ['progressive', { progressive: true }],
    ['with a profile', { withProfile: 'p3' }],
    ['turned', { orientation: 6 }],
    ['grey', { grey: true }],
    ['narrow', { width: 15 }],
  ])('that are %s are left to the library', async (_kind, facts) => {
    const { progressive = false, withProfile, orientation, grey = false, width = 40 } = facts as Unusual;
    let pipeline = sharp(await picture(width, 20, {})).jpeg({ progressive });
    if (withProfile !== undefined) pipeline = pipeline.withIccProfile(withProfile);
    if (orientation !== undefined) pipeline = pipeline.withMetadata({ orientation });
    if (grey) pipeline = pipeline.toColourspace('b-w');
    expect(readJpegHeader(await pipeline.toBuffer())).toBeNull();
  });

  it('that are cut anywhere are left to it as well', async () => {
    const bytes = await picture(40, 30, { quality: 80 });
    for (let length = 0; length < bytes.length; length += 7) expect(decoded(bytes.subarray(0, length))).toBeNull();
  });

  it('with a byte that is wrong are left to it, or decoded as it does', async () => {
    const bytes = await picture(40, 30, { quality: 80 });
    let both = 0;
    for (let at = 20; at < bytes.length; at += 11) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x24;
      const own = decoded(damaged);
      if (own === null) continue;
      both += 1;
      expect([at, own.equals(await byLibrary(damaged))]).toEqual([at, true]);
    }
    expect(both).toBeGreaterThan(0);
  });
});

interface Unusual {
  readonly progressive?: boolean;
  readonly withProfile?: string;
  readonly orientation?: number;
  readonly grey?: boolean;
  readonly width?: number;
}
