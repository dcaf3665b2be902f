import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../shared/app-error';
import type { FrameSize } from '../../shared/domain/frame';
import { useJpegDecoder } from '../../media/jpeg-decoder';
import { PictureFile } from '../../media/picture-file';
import type { OpenJpegLibrary } from './jpeg-library';
import { findJpegLibrary, openJpegLibrary } from './jpeg-library';

/* Every JPEG, however it was made or damaged, is the same with and without the library: pixel for pixel, word for word. */

function library(): OpenJpegLibrary | null {
  const found = findJpegLibrary();
  return found === null ? null : openJpegLibrary(found);
}

const opened = library();
// Where nobody would read that they were left out, they fail.
const isThere = opened !== null || ['1', 'true'].includes(process.env['CI'] ?? '');

/** 19 x 11 pixels with 2x1 samples for each of the colours', and a restart after each block: sharp writes neither. */
const halved = Buffer.from(
  [
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5a',
    'YVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAAR',
    'CAALABMDASEAAhEBAxEB/8QAGAAAAgMAAAAAAAAAAAAAAAAAAAUEBgf/xAAkEAABAgUDBQEAAAAAAAAAAAABAAMCBAURMRIhIhMyM0FRYf/E',
    'ABcBAQEBAQAAAAAAAAAAAAAAAAMGBAX/xAAfEQACAQQCAwAAAAAAAAAAAAAAAQIDBCFRBTERE6H/3QAEAAH/2gAMAwEAAhEDEQA/AK9LUIkD',
    'hpyNQ9pzJ0S4AMPMG2MIqdbQvHXyxk//0JAoJAxAPwxEFCRVVr4ipV/js//RcSzTfV7RtYptJNNgbQQ4+LkU23EnuOm8n//S0NuXZ0eMIWH2',
    'S2Ipy8dn/9k=',
  ].join(''),
  'base64',
);

/** Noise on a gradient: nothing in it is even. */
function picture(width: number, height: number, channels: 1 | 3 = 3): Sharp {
  let state = width * 31 + height;
  const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 26) + ((Math.floor(i / channels) % width) * 190) / width;
  });
  return sharp(pixels, { raw: { width, height, channels } });
}

const jpeg = (options: Parameters<Sharp['jpeg']>[0] = {}): Promise<Buffer> => picture(61, 43).jpeg(options).toBuffer();

async function outcome(bytes: Uint8Array, size?: FrameSize): Promise<unknown> {
  try {
    const file = await PictureFile.open({ name: 'x.jpg', bytes });
    const { pixels, ...rest } = await file.read(size);
    return { ...rest, facts: file.facts, notes: file.notes, pixels: Buffer.from(pixels).toString('base64') };
  } catch (error) {
    return error instanceof AppError ? [error.code, error.message, error.hint] : error;
  }
}

/** What both ways come to, checked to be the same, and whether the library decoded it. */
async function both(bytes: Uint8Array, size?: FrameSize): Promise<{ result: unknown; isByLibrary: boolean }> {
  let isByLibrary = false;
  useJpegDecoder(null);
  const expected = await outcome(bytes, size);
  useJpegDecoder({
    decode: (...call) => (isByLibrary = opened?.decode(...call) ?? false),
  });
  const result = await outcome(bytes, size);
  expect(result).toEqual(expected);
  return { result, isByLibrary };
}

describe.runIf(isThere)('JPEGs by the library', () => {
  beforeAll(() => expect(opened?.library).toMatch(/turbojpeg/));
  afterAll(() => useJpegDecoder(null));

  it.each([1, 20, 50, 75, 90, 100])('are the same in quality %i, whatever their form', async (quality) => {
    const sizes = [
      [1, 1],
      [2, 3],
      [8, 8],
      [9, 7],
      [16, 17],
      [33, 1],
      [1, 31],
      [65, 49],
    ] as const;
    for (const [width, height] of sizes) {
      for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
        for (const form of [{}, { progressive: true }, { mozjpeg: true }]) {
          const bytes = await picture(width, height)
            .jpeg({ quality, chromaSubsampling, ...form })
            .toBuffer();
          expect(await both(bytes)).toMatchObject({ isByLibrary: true });
        }
      }
      const gray = await picture(width, height, 1).toColourspace('b-w').jpeg({ quality }).toBuffer();
      expect(await both(gray)).toMatchObject({ isByLibrary: true });
    }
  });

  it('are the same with 2x1 samples and restarts', async () => {
    expect(await both(halved)).toMatchObject({ isByLibrary: true, result: { width: 19, height: 11, channels: 3 } });
  });

  it('are the same in red, green and blue, and with bytes after their end', async () => {
    const bytes = await jpeg({ chromaSubsampling: '4:4:4' });
    // Says that the three components are no other colours.
    const adobe = Buffer.from('ffee000e41646f626500640000000000', 'hex');
    const rgb = Buffer.concat([bytes.subarray(0, 2), adobe, bytes.subarray(2)]);
    expect(await both(rgb)).toMatchObject({ isByLibrary: true });
    expect(await both(Buffer.concat([bytes, Buffer.from('appended')]))).toMatchObject({ isByLibrary: true });
  });

  it('are the same at other sizes', async () => {
    const bytes = await jpeg();
    for (const resample of ['bilinear', 'bicubic', 'nearest'] as const) {
      expect(await both(bytes, { width: 40, height: 50, resample })).toMatchObject({ isByLibrary: true });
    }
    // Reduced while it is decoded.
    expect(await both(bytes, { width: 8, height: 8, resample: 'bilinear' })).toMatchObject({ isByLibrary: false });
  });

  it.each([
    ['turned', () => picture(20, 30).withMetadata({ orientation: 6 })],
    ['with a profile', () => picture(20, 30).withIccProfile('p3')],
    ['in CMYK', () => picture(20, 30).toColourspace('cmyk')],
  ])('are left to the image library: %s', async (_, make) => {
    const { result, isByLibrary } = await both(await make().jpeg().toBuffer());
    expect(result).toHaveProperty('pixels');
    expect(isByLibrary).toBe(false);
  });

  it.each([false, true])('tell alike what is wrong with them, progressive: %s', async (progressive) => {
    const whole = await jpeg({ progressive });
    const codes = new Set<unknown>();
    for (let length = 0; length < whole.length; length += 97) {
      const { result, isByLibrary } = await both(whole.subarray(0, length));
      expect(isByLibrary).toBe(false);
      if (Array.isArray(result)) codes.add(result[0]);
    }
    expect([...codes]).toContain('IMAGE_TRUNCATED');
    const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
    for (let at = 2; at < whole.length; at += 61) {
      const damaged = Buffer.from(whole);
      damaged.fill(0x5a, at, at + 2);
      await both(damaged);
      if (at > scan) await both(damaged.fill(0xff, at));
    }
    expect((await both(whole)).isByLibrary).toBe(true);
  });
});

describe('the library', () => {
  it('can be switched off, and is none without an addon or where another file is named', () => {
    expect(findJpegLibrary({ ...process.env, MASKFORGE_TURBOJPEG: 'off' })).toBeNull();
    const named = findJpegLibrary({ ...process.env, MASKFORGE_TURBOJPEG: '/nowhere/turbo.so' });
    expect(named?.file).toBe('/nowhere/turbo.so');
    expect(named === null ? undefined : openJpegLibrary(named)).toBeNull();
    expect(openJpegLibrary({ addon: '/nowhere/maskforge.node', file: '' })).toBeNull();
  });
});
