import { renameSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { fixedSmall } from '../../quantization/testing';
import { calibrateFolder, choose } from './calibrate-folder';
import type { Calibration, CalibrateOptions } from './calibrate-folder';
import type { InputForm } from './picture-inputs';

let work: string;
let folder: string;
let model: OnnxModel;
let form: InputForm;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'calibrate-'));
  folder = join(work, 'pictures');
  await mkdir(join(folder, 'deep', 'deeper'), { recursive: true });
  await paint('one.png', 90, 60, 3);
  await paint('deep/two.jpg', 300, 200, 3);
  await paint('deep/grey.png', 40, 40, 1);
  await paint('deep/deeper/alpha.png', 33, 71, 4);
  model = await fixedSmall('original-ts13-dynamic.onnx');
  const size = { mode: 'stretch' as const, width: 96, height: 64 };
  form = {
    input: describeIo(model).input,
    preprocessing: {
      size,
      resample: 'bilinear',
      channelOrder: 'rgb',
      scale: 1 / 255,
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
  };
});
afterEach(() => rm(work, { recursive: true, force: true }));

async function paint(name: string, width: number, height: number, channels: 1 | 3 | 4): Promise<void> {
  const data = Buffer.from(
    Array.from({ length: width * height * channels }, (_, at) => (at * 37 + width * (at % 11)) % 256),
  );
  await sharp(data, { raw: { width, height, channels } }).toFile(join(folder, name));
}

function calibrate(options: Partial<CalibrateOptions> = {}): Promise<Calibration> {
  return calibrateFolder({ model, form, folder, cache: { directory: join(work, 'cache') }, ...options });
}

function records(calibration: Calibration): unknown {
  return Object.fromEntries([...calibration.statistics].map(([name, value]) => [name, value.toRecord()]));
}

describe('calibrateFolder', () => {
  it('reads all folders, sizes and channel counts, skips and lists what is damaged', async () => {
    await writeFile(join(folder, 'broken.jpg'), Buffer.from('ffd8ffe000104a464946', 'hex'));
    await writeFile(join(folder, 'deep', 'no-picture.png'), 'text');
    const calibration = await calibrate();
    expect(calibration).toMatchObject({ cached: 'none', pictures: 4, found: 6 });
    expect(calibration.skipped.map(({ file }) => file).sort()).toEqual(['broken.jpg', join('deep', 'no-picture.png')]);
    for (const { code, message } of calibration.skipped) {
      expect(code).toMatch(/^IMAGE_/);
      expect(message.length).toBeGreaterThan(10);
    }
    expect(calibration.warnings).toEqual([expect.objectContaining({ message: expect.stringContaining('4 pictures') })]);
    expect(calibration.statistics.size).toBeGreaterThan(20);
  });

  it('does with one picture what it can, and says what that is worth', async () => {
    const calibration = await calibrate({ count: 1 });
    expect(calibration.pictures).toBe(1);
    expect(calibration.warnings).toEqual([
      expect.objectContaining({ message: expect.stringContaining('one picture') }),
    ]);
  });

  it('chooses by seed', () => {
    const files = Array.from({ length: 50 }, (_, index) => `${index}`);
    expect(choose(files, 10, 3)).toEqual(choose(files, 10, 3));
    expect(choose(files, 10, 3)).not.toEqual(choose(files, 10, 4));
    expect(new Set(choose(files, 50, 5)).size).toBe(50);
    expect(choose(files, 99, 5)).toHaveLength(50);
  });

  it('finds its cache again, unless model, preprocessing or a picture changed', async () => {
    const first = await calibrate();
    const again = await calibrate();
    expect(again.cached).toBe('whole');
    expect(records(again)).toEqual(records(first));
    // A picture's name is nothing, its content is all.
    await rename(join(folder, 'one.png'), join(folder, 'a.png'));
    await rename(join(folder, 'a.png'), join(folder, 'one.png'));
    expect((await calibrate()).cached).toBe('whole');
    const scaled = { ...form, preprocessing: { ...form.preprocessing, scale: 1 } };
    expect((await calibrate({ form: scaled })).cached).toBe('none');
    const other = await fixedSmall('original-ts13-dynamic-pad.onnx');
    expect((await calibrate({ model: other })).cached).toBe('none');
    await paint('one.png', 91, 60, 3);
    expect((await calibrate()).cached).toBe('none');
  });

  it('goes on where a run was broken off, with the same numbers', async () => {
    const whole = await calibrate({ cache: { directory: join(work, 'other') } });
    const controller = new AbortController();
    const file = join(work, 'mine.json');
    const broken = calibrate({
      cache: { file },
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 2) controller.abort();
      },
    });
    await expect(broken).rejects.toThrow();
    expect(await readdir(work)).toContain('mine.json.partial');
    const seen: number[] = [];
    const resumed = await calibrate({ cache: { file }, onProgress: ({ done }) => seen.push(done) });
    expect(resumed.cached).toBe('partly');
    expect(seen).toEqual([3, 4]);
    expect(records(resumed)).toEqual(records(whole));
    expect(await readdir(work)).not.toContain('mine.json.partial');
  });

  it('does not mind a progress file that is damaged', async () => {
    const file = join(work, 'mine.json');
    await writeFile(`${file}.partial`, '{"format": 1, "done"');
    expect((await calibrate({ cache: { file } })).cached).toBe('none');
  });

  it('tells what is wrong with a cache that the user named', async () => {
    const file = join(work, 'mine.json');
    await calibrate({ cache: { file } });
    await expect(
      calibrate({ cache: { file }, model: await fixedSmall('original-ts17-dynamic.onnx') }),
    ).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_FOREIGN' });
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"low":[', '"low":["x",'));
    await expect(calibrate({ cache: { file } })).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_DAMAGED' });
    expect(await readFile(file, 'utf8')).toContain('"x"');
  });

  it('refuses a cache that the user named and that a run left behind', async () => {
    const file = join(work, 'mine.json');
    await calibrate({ cache: { file }, count: 2 });
    const { done, ...rest } = JSON.parse(await readFile(file, 'utf8')) as { done: number };
    await writeFile(file, JSON.stringify({ ...rest, done: done - 1 }));
    await expect(calibrate({ cache: { file }, count: 2 })).rejects.toMatchObject({ code: 'CALIBRATION_CACHE_DAMAGED' });
  });

  it.each([
    ['a folder lies there', async (file: string) => void (await mkdir(file)), 'FILE_IS_FOLDER'],
    ['its folder is a file', async (file: string) => writeFile(join(file, '..'), ''), 'FILE_NOT_WRITABLE'],
  ])('says where it cannot keep what it finds before it looks for it: %s', async (_, put, code) => {
    const seen: number[] = [];
    const file = join(work, 'place', 'mine.json');
    if (code === 'FILE_IS_FOLDER') await mkdir(join(work, 'place'));
    await put(file);
    const run = calibrate({ cache: { file }, onProgress: ({ done }) => seen.push(done) });
    await expect(run).rejects.toMatchObject({ code });
    expect(seen).toEqual([]);
  });

  it('makes its own cache again when that is damaged', async () => {
    const { file } = await calibrate();
    await writeFile(file, 'nonsense');
    expect((await calibrate()).cached).toBe('none');
    expect((await calibrate()).cached).toBe('whole');
  });

  it.each([
    ['there is none', 'nowhere', 'CALIBRATION_FOLDER_MISSING'],
    ['it is a file', join('pictures', 'one.png'), 'CALIBRATION_FOLDER_MISSING'],
    ['it is empty', 'empty', 'CALIBRATION_FOLDER_EMPTY'],
    ['it holds other files only', 'texts', 'CALIBRATION_FOLDER_EMPTY'],
    ['every picture is damaged', 'damaged', 'CALIBRATION_ALL_UNREADABLE'],
  ])('refuses a folder when %s', async (_, name, code) => {
    await mkdir(join(work, 'empty'));
    await mkdir(join(work, 'texts'));
    await writeFile(join(work, 'texts', 'a.txt'), 'text');
    await mkdir(join(work, 'damaged'));
    for (const each of ['a.png', 'b.jpg']) await writeFile(join(work, 'damaged', each), 'text');
    await expect(calibrate({ folder: join(work, name) })).rejects.toMatchObject({ code });
  });

  it('notices that the folder was taken away, and goes on when it is back', async () => {
    const gone = calibrate({
      onProgress: ({ done }) => {
        if (done === 1) renameSync(folder, join(work, 'away'));
      },
    });
    await expect(gone).rejects.toMatchObject({ code: 'CALIBRATION_FOLDER_GONE' });
    await rename(join(work, 'away'), folder);
    const calibration = await calibrate();
    expect(calibration).toMatchObject({ cached: 'partly', pictures: 4, skipped: [] });
  });

  it('tiles a picture that is larger than the network’s input', async () => {
    const size = { mode: 'tile' as const, width: 96, height: 64, overlap: 32 };
    const calibration = await calibrate({ form: { ...form, preprocessing: { ...form.preprocessing, size } } });
    expect(calibration.pictures).toBe(4);
  });
});
