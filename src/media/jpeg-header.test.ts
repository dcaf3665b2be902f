import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPlainJpegHeader } from './jpeg-header';

const gradient = sharp(
  Uint8Array.from({ length: 23 * 17 * 3 }, (_, i) => i % 251),
  { raw: { width: 23, height: 17, channels: 3 } },
);
const plain = (): Promise<Buffer> => gradient.clone().jpeg().toBuffer();

describe('the header of a plain JPEG', () => {
  it.each([
    ['baseline', 3, () => gradient.clone().jpeg()],
    ['progressive', 3, () => gradient.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' })],
    ['gray', 1, () => gradient.clone().toColourspace('b-w').jpeg({ mozjpeg: true })],
  ])('is read: %s', async (_, channels, make) => {
    expect(readPlainJpegHeader(await make().toBuffer())).toEqual({ width: 23, height: 17, channels });
  });

  it.each([
    ['EXIF', () => gradient.clone().withMetadata({ orientation: 3 }).jpeg()],
    [
      'EXIF without orientation',
      () =>
        gradient
          .clone()
          .withExif({ IFD0: { Artist: 'a' } })
          .jpeg(),
    ],
    ['a profile', () => gradient.clone().withIccProfile('p3').jpeg()],
    ['XMP', () => gradient.clone().withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>').jpeg()],
    ['CMYK', () => gradient.clone().toColourspace('cmyk').jpeg()],
    ['another format', () => gradient.clone().png()],
  ])('is left to the image library: %s', async (_, make) => {
    expect(readPlainJpegHeader(await make().toBuffer())).toBeNull();
  });

  it('is none where it is cut, or where a frame is not of this kind', async () => {
    const bytes = await plain();
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    for (let length = 0; length < scan + 4; length += 1) {
      expect(readPlainJpegHeader(bytes.subarray(0, length)), String(length)).toBeNull();
    }
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    for (const [at, value] of [
      [1, 0xc3],
      [1, 0xc9],
      [4, 12],
      [9, 2],
      [9, 4],
    ] as const) {
      const changed = Buffer.from(bytes);
      changed[frame + at] = value;
      expect(readPlainJpegHeader(changed), `${at}: ${value}`).toBeNull();
    }
    // Within other bytes, too.
    const within = Buffer.concat([Buffer.from('before'), bytes]).subarray(6);
    expect(readPlainJpegHeader(within)).toEqual({ width: 23, height: 17, channels: 3 });
  });
});
