import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeIndexPng, encodePalettePng } from '../../media/png-writer';
import type { Mask } from '../../shared/domain/mask';
import type { Rgb } from '../../shared/domain/model';
import { readMaskFile } from './mask-file';

const folder = mkdtempSync(join(tmpdir(), 'maskforge-masks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const narrow: Mask = {
  width: 5,
  height: 3,
  bytesPerId: 1,
  data: Uint8Array.from({ length: 15 }, (_, at) => (at * 7) % 19),
};
const wide: Mask = {
  width: 3,
  height: 2,
  bytesPerId: 2,
  data: new Uint8Array(Uint16Array.of(0, 1, 255, 256, 300, 65_535).buffer),
};

describe('a mask in a file', () => {
  it('is read back as it was written: grey, with a colour table, with two bytes', async () => {
    expect(await readMaskFile(put('index.png', await encodeIndexPng(narrow)))).toEqual(narrow);
    const colors = Array.from({ length: 19 }, (_, id): Rgb => [id * 3, 255 - id, id]);
    expect(await readMaskFile(put('palette.png', await encodePalettePng(narrow, colors)))).toEqual(narrow);
    expect(await readMaskFile(put('wide.png', await encodeIndexPng(wide)))).toEqual(wide);
  });

  it('may be filtered as other programs do', async () => {
    const [width, height] = [61, 47];
    const data = Uint8Array.from(
      { length: width * height },
      (_, at) => ((at % width) * 3 + Math.floor(at / width) * 5) & 255,
    );
    const raw = { raw: { width, height, channels: 1 } } as const;
    const png = await sharp(data, raw).toColourspace('b-w').png({ adaptiveFiltering: true, palette: false }).toBuffer();
    expect((await readMaskFile(put('filtered.png', png))).data).toEqual(data);
  });

  it.each([1, 2, 4])('may have %s bits for an id', async (colours) => {
    const [width, height] = [13, 6];
    const count = 1 << colours;
    const data = Uint8Array.from({ length: width * height }, (_, at) => (at * 5) % count);
    const pixels = Uint8Array.from([...data].flatMap((id) => [id * 16, 255 - id * 16, id]));
    const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png({ palette: true, colours: count, dither: 0 })
      .toBuffer();
    const { data: ids } = await readMaskFile(put(`${colours}.png`, png));
    // The encoder numbers colours as it likes: equal pixels must have equal ids, others other ones.
    const pairs = new Set([...data].map((id, at) => `${id}-${ids[at]}`));
    expect(pairs.size).toBe(count);
  });

  it('of the samples holds the class ids of the sample model', async () => {
    const mask = await readMaskFile(join('resources', 'samples', 'scenes', '001.png'));
    expect([mask.width, mask.height]).toEqual([640, 480]);
    const model = JSON.parse(readFileSync(join('resources', 'models', 'street-b0', 'model.json'), 'utf8'));
    const known = new Set<number>(model.labels.map(({ id }: { id: number }) => id));
    expect([...new Set(mask.data)].filter((id) => !known.has(id) && id !== 255)).toEqual([]);
  });

  it('that is none is refused with the reason', async () => {
    const color = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await expect(readMaskFile(put('color.png', color))).rejects.toMatchObject({
      code: 'MASK_UNSUPPORTED',
      message: expect.stringMatching(/color\.png.*colours/),
    });
    await expect(readMaskFile(put('x.jpg', Buffer.from('no')))).rejects.toMatchObject({ code: 'MASK_UNSUPPORTED' });
    await expect(readMaskFile(join(folder, 'gone.png'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const png = await encodeIndexPng(narrow);
    for (let length = 9; length < png.length - 12; length += 3) {
      await expect(readMaskFile(put('cut.png', png.subarray(0, length)))).rejects.toMatchObject({
        code: 'MASK_DAMAGED',
      });
    }
  });
});
