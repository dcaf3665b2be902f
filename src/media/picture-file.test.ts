import { chmod, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '../shared/domain/frame';
import { PictureFile } from './picture-file';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picture-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function save(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** 48 x 32: red top left, green top right, blue bottom left, white bottom right. */
const quarters: Frame = (() => {
  const pixels = new Uint8Array(48 * 32 * 3);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 48; x++) {
      const color = y < 16 ? (x < 24 ? [255, 0, 0] : [0, 255, 0]) : x < 24 ? [0, 0, 255] : [255, 255, 255];
      pixels.set(color, (y * 48 + x) * 3);
    }
  }
  return { width: 48, height: 32, channels: 3, pixels };
})();
const quartersSharp = () => sharp(quarters.pixels, { raw: { width: 48, height: 32, channels: 3 } });

const deep = () =>
  sharp(
    Uint16Array.from(quarters.pixels, (value) => value * 257),
    {
      raw: { width: 48, height: 32, channels: 3 },
    },
  ).toColourspace('rgb16');

function corners(frame: Frame): string {
  const at = (x: number, y: number): string => {
    const offset = (y * frame.width + x) * frame.channels;
    const [r = 0, g = 0, b = 0] = frame.pixels.subarray(offset, offset + 3);
    if (r > 200 && g > 200 && b > 200) return 'W';
    if (r > 128 && g < 100 && b < 100) return 'R';
    if (g > 128 && r < 150 && b < 100) return 'G';
    return b > 128 && r < 120 ? 'B' : `(${r},${g},${b})`;
  };
  const right = frame.width - 3;
  const bottom = frame.height - 3;
  return at(2, 2) + at(right, 2) + at(2, bottom) + at(right, bottom);
}

const noise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
  });

async function failure(work: Promise<unknown>): Promise<{ code: string; message: string; hint: string | undefined }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'hint' in error) {
      return { code: String(error.code), message: error.message, hint: error.hint as string | undefined };
    }
    throw error;
  }
  throw new Error('It should have failed.');
}

const openAndRead = async (path: string): Promise<Frame> => (await PictureFile.open({ path })).read();

describe('orientation', () => {
  // What is seen in the corners once the tag is obeyed: top left, top right, bottom left, bottom right.
  const seen = ['RGBW', 'GRWB', 'WBGR', 'BWRG', 'RBGW', 'BRWG', 'WGBR', 'GWRB'];
  it.each(seen.map((expected, index) => [index + 1, expected] as const))('%i is shown as %s', async (tag, expected) => {
    const bytes = await quartersSharp().withMetadata({ orientation: tag }).jpeg({ quality: 95 }).toBuffer();
    const path = await save(`oriented-${tag}.jpg`, bytes);
    const file = await PictureFile.open({ path });
    expect([file.width, file.height]).toEqual(tag >= 5 ? [32, 48] : [48, 32]);
    expect(file.facts.orientation).toBe(tag);
    const full = await file.read();
    expect([full.width, full.height]).toEqual([file.width, file.height]);
    expect(corners(full)).toBe(expected);
    expect(corners(await file.read({ width: 60, height: 20, resample: 'bilinear' }))).toBe(expected);
    const shown = await file.show();
    const decoded = await sharp(shown.bytes).raw().toBuffer({ resolveWithObject: true });
    expect(corners({ ...decoded.info, channels: 3, pixels: decoded.data })).toBe(expected);
  });

  it('is kept when a large JPEG is reduced by its decoder', async () => {
    const large = await quartersSharp()
      .resize(1200, 800, { kernel: 'nearest' })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const file = await PictureFile.open({ path: await save('large-6.jpg', large) });
    const small = await file.read({ width: 64, height: 96, resample: 'bilinear' });
    expect([small.width, small.height, corners(small)]).toEqual([64, 96, 'BRWG']);
  });
});

describe('kinds of picture', () => {
  it.each([
    ['8-bit PNG', 'a.png', () => quartersSharp().png().toBuffer(), { bitDepth: 8, channels: 3 }, 0],
    ['16-bit PNG', 'b.png', () => deep().png().toBuffer(), { bitDepth: 16 }, 1],
    ['palette PNG', 'c.png', () => quartersSharp().png({ palette: true }).toBuffer(), { format: 'png' }, 0],
    ['PNG with alpha', 'e.png', () => quartersSharp().ensureAlpha(1).png().toBuffer(), { channels: 4 }, 1],
    ['WebP', 'f.webp', () => quartersSharp().webp({ lossless: true }).toBuffer(), { format: 'webp' }, 0],
    ['TIFF', 'g.tif', () => quartersSharp().tiff().toBuffer(), { format: 'tiff' }, 0],
    ['16-bit TIFF', 'h.tif', () => deep().tiff({ compression: 'lzw' }).toBuffer(), { bitDepth: 16 }, 1],
    ['AVIF', 'i.avif', () => quartersSharp().avif({ quality: 90 }).toBuffer(), { format: 'avif' }, 0],
    ['GIF', 'j.gif', () => quartersSharp().gif().toBuffer(), { format: 'gif', frames: 1 }, 0],
    ['JPEG named .png', 'k.png', () => quartersSharp().jpeg().toBuffer(), { format: 'jpeg' }, 0],
    ['bitmap', 'l.bmp', async () => bitmap(quarters), { format: 'bmp' }, 0],
  ] as const)('%s', async (_, name, make, facts, notes) => {
    const file = await PictureFile.open({ path: await save(name, await make()) });
    expect(file.facts).toMatchObject({ width: 48, height: 32, ...facts });
    expect(file.notes).toHaveLength(notes);
    const frame = await file.read();
    expect([frame.width, frame.height, frame.channels, corners(frame)]).toEqual([48, 32, 3, 'RGBW']);
    expect(frame.pixels.byteLength).toBe(48 * 32 * 3);
    const shown = await file.show();
    const decoded = await sharp(shown.bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(corners({ ...decoded.info, channels: 3, pixels: decoded.data })).toBe('RGBW');
  });

  it('turns CMYK into sRGB and says so', async () => {
    const red = sharp({ create: { width: 32, height: 32, channels: 3, background: '#e02020' } });
    const path = await save('cmyk.jpg', await red.toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer());
    const file = await PictureFile.open({ path });
    expect(file.facts.channels).toBe(4);
    expect(file.notes[0]?.message).toContain('CMYK');
    const frame = await file.read();
    const [r = 0, g = 0, b = 0] = frame.pixels;
    expect([frame.channels, r > 180, g < 70, b < 70]).toEqual([3, true, true, true]);
    expect((await sharp((await file.show()).bytes).metadata()).space).toBe('srgb');
  });

  it('puts grey with alpha on white, as three channels', async () => {
    const greyAlpha = new Uint8Array(16 * 8 * 2).map((_, i) => (i % 2 === 0 ? 100 : i < 128 ? 255 : 0));
    const bytes = await sharp(greyAlpha, { raw: { width: 16, height: 8, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const file = await PictureFile.open({ path: await save('grey-alpha.png', bytes) });
    expect(file.facts.channels).toBe(2);
    const frame = await file.read();
    expect([...frame.pixels.subarray(0, 3)]).toEqual([100, 100, 100]);
    expect([...frame.pixels.subarray(-3)]).toEqual([255, 255, 255]);
  });

  it('reduces 16 bits by their upper half, grey too', async () => {
    const grey = Uint16Array.from({ length: 64 }, (_, i) => i * 1024);
    const bytes = await sharp(grey, { raw: { width: 64, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const frame = await openAndRead(await save('grey16.png', bytes));
    expect(frame.pixels[63 * 3]).toBe((63 * 1024) >> 8);
    expect(frame.pixels[63 * 3 + 2]).toBe((63 * 1024) >> 8);
  });

  it('obeys an embedded colour profile', async () => {
    const green = sharp({ create: { width: 8, height: 8, channels: 3, background: '#00c800' } });
    const file = await PictureFile.open({
      path: await save('p3.png', await green.withIccProfile('p3').png().toBuffer()),
    });
    const [r = 0, g = 0] = (await file.read()).pixels;
    expect(g).toBeGreaterThan(195);
    expect(r).toBeLessThan(5);
  });

  it.each(['gif', 'webp'] as const)('takes the first frame of an animated %s and says so', async (format) => {
    const frames = new Uint8Array(20 * 30 * 3).map((_, i) => (i < 600 ? (i % 3 === 0 ? 255 : 0) : i < 1200 ? 90 : 160));
    const stack = sharp(frames, { raw: { width: 20, height: 30, channels: 3, pageHeight: 10 } });
    const timing = { loop: 0, delay: [100, 100, 100] };
    const bytes = await (format === 'gif' ? stack.gif(timing) : stack.webp({ ...timing, lossless: true })).toBuffer();
    const file = await PictureFile.open({ path: await save(`animated.${format}`, bytes) });
    expect(file.facts).toMatchObject({ width: 20, height: 10, frames: 3 });
    expect(file.notes[0]?.message).toContain('first of 3');
    const frame = await file.read();
    expect([frame.width, frame.height, frame.pixels[0], frame.pixels[1]]).toEqual([20, 10, 255, 0]);
    const shown = await sharp((await file.show()).bytes).metadata();
    expect([shown.width, shown.height, shown.pages ?? 1]).toEqual([20, 10, 1]);
  });

  it('takes 1 x 1', async () => {
    const bytes = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    const file = await PictureFile.open({ path: await save('one.png', bytes) });
    const frame = await file.read({ width: 4, height: 4, resample: 'bilinear' });
    expect([...frame.pixels.subarray(-3)]).toEqual([255, 0, 0]);
  });
});

describe('bad files', () => {
  it.each<[string, Uint8Array, string, string]>([
    ['photo.png', Buffer.from('%PDF-1.7\n1 0 obj'), 'IMAGE_UNSUPPORTED', 'a PDF document'],
    ['empty.jpg', Buffer.alloc(0), 'FILE_EMPTY', '0 bytes'],
    ['words.jpg', Buffer.from('no picture at all\n'), 'IMAGE_UNSUPPORTED', 'a text file'],
    ['page.png', Buffer.from('<!DOCTYPE html><html></html>'), 'IMAGE_UNSUPPORTED', 'a web page'],
    ['drawing.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'IMAGE_UNSUPPORTED', 'an SVG drawing'],
    ['model.png', Buffer.from([8, 8, 18, 7, 112, 121, 116, 111, 114, 99, 104]), 'IMAGE_UNSUPPORTED', 'an ONNX model'],
    ['photo.jpg', Buffer.from('000000186674797068656963', 'hex'), 'IMAGE_UNSUPPORTED', 'a HEIC photo'],
    ['zip.tif', Buffer.from('PK\u0003\u0004xxxx'), 'IMAGE_UNSUPPORTED', 'a ZIP archive'],
    ['random.webp', Buffer.from('8badf00d00ff01fe80', 'hex'), 'IMAGE_UNSUPPORTED', 'not a picture'],
    ['big.png', Buffer.concat([Buffer.from('%PDF'), Buffer.alloc(100_000)]), 'IMAGE_UNSUPPORTED', 'a PDF'],
  ])('%s', async (name, bytes, code, words) => {
    const error = await failure(openAndRead(await save(name, bytes)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(name);
    expect(error.message).toContain(words);
    expect(error.hint).toMatch(/\.$/);
  });

  it('names a missing file and a folder', async () => {
    expect((await failure(openAndRead(join(folder, 'gone.png')))).code).toBe('FILE_NOT_FOUND');
    expect((await failure(openAndRead(folder))).code).toBe('FILE_IS_FOLDER');
  });

  it.skipIf(process.platform === 'win32')('says when a file may not be read', async () => {
    const path = await save('locked.png', Buffer.from('x'));
    await chmod(folder, 0o755);
    await chmod(path, 0);
    const error = await withoutPrivileges(() => failure(openAndRead(path)));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toContain('locked.png');
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'says so when a %s was cut anywhere',
    async (format) => {
      const whole = await noise(200, 150)[format]().toBuffer();
      const path = join(folder, `cut.${format}`);
      const codes = new Set<string>();
      for (const share of [0.999, 0.95, 0.8, 0.6, 0.4, 0.2, 0.1, 0.02]) {
        await writeFile(path, whole);
        await truncate(path, Math.max(16, Math.floor(whole.byteLength * share)));
        const error = await failure(openAndRead(path));
        expect(error.message).toContain(`cut.${format}`);
        codes.add(error.code);
      }
      const marked = format !== 'tiff' && format !== 'avif';
      if (marked) expect([...codes]).toEqual(['IMAGE_TRUNCATED']);
      else expect([...codes].every((code) => code === 'IMAGE_TRUNCATED' || code === 'IMAGE_DAMAGED')).toBe(true);
    },
  );

  it('refuses 20,000 x 15,000 from its header alone', async () => {
    const bytes = await sharp({
      create: { width: 20_000, height: 15_000, channels: 3, background: '#123456' },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const path = await save('huge.png', bytes.subarray(0, 2000));
    const error = await failure(PictureFile.open({ path }));
    expect(error.code).toBe('IMAGE_TOO_LARGE');
    expect(error.message).toContain('20000 x 15000');
    expect(error.message).toContain('120 megapixels');
  });
});

/** The picture as a 24-bit Windows bitmap, bottom row first. */
function bitmap(frame: Frame): Uint8Array {
  const stride = Math.ceil((frame.width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + stride * frame.height);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(frame.width, 18);
  bytes.writeInt32LE(frame.height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < frame.height; y++) {
    for (let x = 0; x < frame.width; x++) {
      const [r = 0, g = 0, b = 0] = frame.pixels.subarray((y * frame.width + x) * 3, (y * frame.width + x) * 3 + 3);
      bytes.set([b, g, r], 54 + (frame.height - 1 - y) * stride + x * 3);
    }
  }
  return bytes;
}

/** Root may read everything, so that for the time of the work it is nobody. */
async function withoutPrivileges<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
