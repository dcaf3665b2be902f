import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskStyleSchema } from '../../shared/domain/export';
import type { Mask } from '../../shared/domain/mask';
import type { BatchItem } from './batch-item';
import { OutputFolder } from './output-folder';
import type { DeskOrder, FinishedPicture } from './picture-desk';
import { PictureDesk } from './picture-desk';
import { MaskGone } from './picture-lane';
import { PictureThreads } from './picture-threads';

const repository = resolve(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'picture-threads-'));
const threadFile = join(folder, 'thread.cjs');
const SIDE = 24;
/** Source files of the compiled thread. */
let parts: string[] = [];

/**
 * Stands before the thread's own code: a picture of these names ends the thread as it begins with it, which it marks in
 * memory that both sides see. What is thrown there is nobody's to catch.
 */
const accidents = `
require = require('module').createRequire(${JSON.stringify(join(repository, 'package.json'))});
const told = new Map();
require('worker_threads').parentPort.on('message', ({ number, message }) => told.set(number, message));
const mark = Atomics.store;
Atomics.store = (memory, place, number) => {
  mark(memory, place, number);
  const { t, item } = told.get(number);
  if (t === 'read' && item.name === 'crash.png') process.exit(3);
  if (t === 'read' && item.name === 'throw.png') throw new Error('a slip');
  if (t === 'finish' && item.name === 'memory.png') { const all = []; for (;;) all.push(new Array(1e6).fill(all)); }
};`;

const order: DeskOrder = {
  formats: ['index', 'overlay'],
  style: maskStyleSchema.parse({}),
  labels: [{ id: 0, name: 'ground', color: [1, 2, 3] }],
  modelName: 'net',
  keepsExisting: false,
  wantsRegions: true,
  wantsHash: true,
};

async function item(name: string): Promise<BatchItem> {
  const path = join(folder, name);
  const create = { width: SIDE, height: SIDE, channels: 3, background: { r: 9, g: 99, b: name.length } } as const;
  await sharp({ create }).toFile(path);
  return { path, name, sizeBytes: statSync(path).size, modifiedMs: 0, directory: '', stem: name.replace('.png', '') };
}

function mask(): Mask {
  const data = new Uint8Array(SIDE * SIDE);
  data.fill(1, 100, 300);
  return { width: SIDE, height: SIDE, bytesPerId: 1, data };
}

const threadsIn = async (output: OutputFolder, count = 1): Promise<PictureThreads> => {
  const threads = await PictureThreads.start(threadFile, count, order, output);
  if (threads === null) throw new Error('The threads did not start.');
  return threads;
};

beforeAll(async () => {
  const entryPoints = [join(__dirname, 'picture-thread.ts')];
  const define = { 'import.meta.url': 'importMetaUrl' };
  // The image library is looked for from here, not from the folder of the compiled thread.
  const here = pathToFileURL(__filename).href;
  const banner = { js: `${accidents}\nconst importMetaUrl = ${JSON.stringify(here)};` };
  const how = { bundle: true, platform: 'node', format: 'cjs' } as const;
  const result = await build({
    entryPoints,
    outfile: threadFile,
    define,
    banner,
    external: ['sharp'],
    metafile: true,
    ...how,
  });
  parts = Object.keys(result.metafile.inputs);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('pictures of a batch in threads', () => {
  it('come out as they do in this thread', async () => {
    const results = [];
    for (const kind of ['here', 'threads']) {
      const output = await OutputFolder.open(join(folder, kind));
      const work = kind === 'here' ? new PictureDesk(order, output) : await threadsIn(output, 2);
      for (const name of ['a.png', 'b.png', 'c.jpg']) {
        const picture = await item(name);
        const opened = await work.open(picture);
        const { width, height, channels, pixels } = await work.read(picture, {
          width: 8,
          height: 8,
          resample: 'bilinear',
        });
        const pixel = [...pixels.subarray(0, 3)];
        results.push([kind, opened, [width, height, channels, pixel], await work.finish(picture, mask())]);
      }
      results.push(readdirSync(join(folder, kind)).filter((name) => name.endsWith('.png')));
      await work.close();
      await output.close();
    }
    const [here, threads] = [results.slice(0, 4), results.slice(4)];
    expect(JSON.stringify(threads)).toBe(JSON.stringify(here).replaceAll('"here"', '"threads"'));
    expect(here[0]).toMatchObject([
      'here',
      { width: SIDE },
      [8, 8, 3, [9, 99, 5]],
      {
        classes: [
          [0, 376],
          [1, 200],
        ],
      },
    ]);
    expect(here[3]).toHaveLength(6);
  });

  it.each([
    ['crash.png', 'PICTURE_THREAD_ENDED', 'crash.png'],
    ['throw.png', 'PICTURE_THREAD_ENDED', 'a slip'],
    ['memory.png', 'PICTURE_THREAD_ENDED', 'not enough memory'],
  ])('%s fails alone when it ends the thread, and another thread goes on', async (name, code, said) => {
    const output = await OutputFolder.open(join(folder, 'out'));
    const threads = await PictureThreads.start(threadFile, 1, order, output, { maxOldGenerationSizeMb: 24 });
    if (threads === null) throw new Error('The threads did not start.');
    const [culprit, other] = [await item(name), await item('other.png')];
    // Both are open in the one thread when it ends.
    await Promise.all([threads.open(culprit), threads.open(other)]);
    const fate = threads.read(culprit).then(() => threads.finish(culprit, mask()));
    const neighbour = threads.read(other).then(() => threads.finish(other, mask()).catch(onceMore));
    // Where its mask lay before the thread when it ended.
    const onceMore = async (error: unknown): Promise<FinishedPicture> => {
      if (!(error instanceof MaskGone)) throw error;
      threads.forget(other);
      await threads.open(other);
      return threads.finish(other, mask());
    };
    await expect(fate).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
    threads.forget(culprit);
    expect((await neighbour).classes).toEqual([
      [0, 376],
      [1, 200],
    ]);
    await threads.close();
  });

  it('are asked for again when only their mask went with a thread that ended over another', async () => {
    const output = await OutputFolder.open(join(folder, 'out'));
    const threads = await threadsIn(output);
    const [culprit, other, third] = [await item('crash.png'), await item('other.png'), await item('third.png')];
    for (const each of [culprit, other, third]) await threads.open(each);
    await threads.read(other);
    // Both lie before the thread when it ends over the first; the third waits here.
    const fate = threads.read(culprit);
    const lost = threads.finish(other, mask());
    const later = threads.read(third);
    await expect(fate).rejects.toMatchObject({ code: 'PICTURE_THREAD_ENDED', details: { file: 'crash.png' } });
    await expect(lost).rejects.toBeInstanceOf(MaskGone);
    expect((await later).width).toBe(SIDE);
    threads.forget(other);
    await threads.open(other);
    expect((await threads.finish(other, mask())).classes).toHaveLength(2);
    await threads.close();
  });

  it('are decoded as they are opened once whole ones are read, and tell what is wrong with one when it is read', async () => {
    const output = await OutputFolder.open(join(folder, 'out'));
    const threads = await threadsIn(output);
    const desk = new PictureDesk(order, output);
    for (const name of ['f.jpg', 'g.jpg', 'h.png']) {
      const picture = await item(name);
      await threads.open(picture);
      // Its bytes are held: what has been opened stays readable.
      rmSync(picture.path);
      const { pixels, ...size } = await threads.read(picture);
      const own = await item(name);
      expect([size, [...pixels]]).toEqual([
        { width: SIDE, height: SIDE, channels: 3 },
        [...(await desk.read(own)).pixels],
      ]);
      await threads.finish(picture, mask());
    }
    const cut = await item('cut.jpg');
    writeFileSync(cut.path, readFileSync(cut.path).subarray(0, -8));
    await expect(threads.open(cut)).resolves.toMatchObject({ width: SIDE });
    await expect(threads.read(cut)).rejects.toMatchObject({ code: 'IMAGE_TRUNCATED' });
    await threads.close();
  });

  it('decode plain JPEGs by the library that they are told of, and all else as ever', async () => {
    const addon = join(folder, 'addon.cjs');
    const decode = '(bytes, width, height, target) => bytes.length > 0 && width === height && Boolean(target.fill(77))';
    writeFileSync(
      addon,
      `exports.probeCuda = exports.openLibrary = () => null;
       exports.openJpegDecoder = (file) => file === 'turbo' ? { library: file, decode: ${decode} } : null;`,
    );
    const output = await OutputFolder.open(join(folder, 'out'));
    for (const [file, expected] of [
      ['turbo', 77],
      ['none', 9],
    ] as const) {
      const threads = await PictureThreads.start(threadFile, 1, order, output, {}, { addon, file });
      if (threads === null) throw new Error('The threads did not start.');
      for (const name of ['k.jpg', 'k.png']) {
        const picture = await item(name);
        await threads.open(picture);
        const { pixels } = await threads.read(picture);
        expect([name, pixels[0]]).toEqual([name, name === 'k.jpg' ? expected : 9]);
      }
      await threads.close();
    }
  });

  it('tells what is wrong with a picture as it is told here', async () => {
    const output = await OutputFolder.open(join(folder, 'out'));
    const threads = await threadsIn(output);
    const missing = { ...(await item('x.png')), path: join(folder, 'not-there.png') };
    await expect(threads.open(missing)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const picture = await item('y.png');
    await threads.open(picture);
    rmSync(output.path, { recursive: true });
    await expect(threads.finish(picture, mask())).rejects.toMatchObject({ code: 'BATCH_OUTPUT_GONE' });
    await threads.close();
  });

  it('start without schemas, which would take each of them longer than all else of ours', () => {
    expect(parts.filter((file) => file.includes('node_modules'))).toEqual([]);
  });

  it('stay here where there is no compiled thread, or none that starts', async () => {
    const output = await OutputFolder.open(join(folder, 'out'));
    expect(await PictureThreads.start(join(folder, 'none.cjs'), 2, order, output)).toBeNull();
    expect(await PictureThreads.start(__filename, 1, order, output)).toBeNull();
  });
});
