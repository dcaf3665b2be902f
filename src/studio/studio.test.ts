import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { CallArgs, CallInput, CallName, CallResult, EmitEvent, EventName } from '../shared/contract';
import { calls, events } from '../shared/contract';
import type { Job } from '../shared/domain/job';
import { GrantedAccess, unrestrictedAccess } from './file-access';
import type { FileAccess } from './file-access';
import { createStudio } from './studio';
import type { Studio } from './studio-api';

let root: string;
let models: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'studio-'));
  // Answers with the largest channel: red 0, green 1, blue 2.
  models = join(root, 'models', 'channels');
  await mkdir(models, { recursive: true });
  await cp(join('tools', 'fixtures', 'models', 'odd', 'channels.onnx'), join(models, 'channels.onnx'));
  await writeFile(join(models, 'model.json'), JSON.stringify(manifest));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const manifest = {
  format: 1,
  name: 'Channels',
  labels: [
    { id: 0, name: 'red, mostly', color: [200, 10, 10] },
    { id: 1, name: 'green', color: [10, 200, 10] },
    { id: 2, name: 'blue', color: [10, 10, 200] },
  ],
  preprocessing: {
    size: { mode: 'native', multipleOf: 1, maxSide: 4096 },
    scale: 1 / 255,
    mean: [0, 0, 0],
    std: [1, 1, 1],
  },
};

interface Heard {
  readonly name: EventName;
  readonly payload: unknown;
}

let data: string;
let studio: Studio;
let heard: Heard[];
const idle = new AbortController().signal;

async function start(access: FileAccess = unrestrictedAccess): Promise<void> {
  const emit: EmitEvent = (name, payload) => {
    events[name].parse(payload);
    heard.push({ name, payload });
  };
  studio = await createStudio({ dataDirectory: data, resourcesDirectory: join(root, 'resources'), access, emit });
}

beforeEach(async () => {
  heard = [];
  data = await mkdtemp(join(root, 'data-'));
  await start();
});
afterEach(() => studio.close());

/** As a shell calls: arguments and results go through their schemas. */
async function call<K extends CallName>(name: K, args: CallInput<K>, signal = idle): Promise<CallResult<K>> {
  const parsed = (calls[name].args as z.ZodType).parse(args) as CallArgs<K>;
  const result = await studio.handlers[name](parsed, { signal });
  return (calls[name].result as z.ZodType).parse(result) as CallResult<K>;
}

/** Upper half red, lower half left green, right blue. */
async function picture(folder: string, name: string, width = 40, height = 20): Promise<string> {
  await mkdir(folder, { recursive: true });
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const channel = i < (width * height) / 2 ? 0 : i % width < width / 2 ? 1 : 2;
    pixels[i * 3 + channel] = 250;
  }
  const path = join(folder, name);
  await sharp(pixels, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
}

async function openModel(): Promise<string> {
  const model = await call('models.add', { path: models });
  return (await call('session.open', { modelId: model.id })).id;
}

async function addOne(path: string): Promise<string> {
  const { added, rejected } = await call('pictures.add', { paths: [path] });
  expect(rejected).toEqual([]);
  return added[0]?.id ?? '';
}

async function finished(jobId: string): Promise<Job> {
  for (;;) {
    const job = (await call('jobs.list', {})).find(({ id }) => id === jobId);
    if (job === undefined) throw new Error('The job is not listed.');
    if (job.state !== 'running') return job;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('pictures', () => {
  it('walks folders in depth and in natural order, and takes only pictures', async () => {
    const folder = await mkdtemp(join(root, 'walk-'));
    for (const name of ['img10.png', 'img2.png', 'IMG1.PNG']) await picture(folder, name);
    await picture(join(folder, 'b', 'deep'), 'z.jpg');
    await picture(join(folder, 'a'), 'y.webp');
    await picture(join(folder, '.hidden'), 'x.png');
    await writeFile(join(folder, 'notes.txt'), 'no picture');
    const { added, rejected } = await call('pictures.add', { paths: [folder] });
    expect(added.map(({ name }) => name)).toEqual(['IMG1.PNG', 'img2.png', 'img10.png', 'y.webp', 'z.jpg']);
    expect(rejected).toEqual([]);
    const again = await call('pictures.add', { paths: [join(folder, 'img2.png')] });
    expect(again.added[0]?.id).toBe(added[1]?.id);
  });

  it('names what cannot be added and adds the rest', async () => {
    const folder = await mkdtemp(join(root, 'mixed-'));
    const good = await picture(folder, 'good.png');
    await writeFile(join(folder, 'report.png'), '%PDF-1.4');
    await writeFile(join(folder, 'empty.png'), '');
    await mkdir(join(folder, 'none'));
    const paths = [
      join(folder, 'report.png'),
      join(folder, 'empty.png'),
      join(folder, 'gone.png'),
      join(folder, 'none'),
      good,
    ];
    const { added, rejected } = await call('pictures.add', { paths });
    expect(added.map(({ name }) => name)).toEqual(['good.png']);
    expect(rejected.map(({ name, error }) => [name, error.code])).toEqual([
      ['report.png', 'IMAGE_UNSUPPORTED'],
      ['empty.png', 'FILE_EMPTY'],
      ['gone.png', 'FILE_NOT_FOUND'],
      ['none', 'FOLDER_WITHOUT_PICTURES'],
    ]);
  });

  it('keeps uploads under a safe name and forgets pictures that were removed', async () => {
    const bytes = await readFile(await picture(root, 'up.png'));
    const { added } = await call('pictures.addBytes', { name: '..\\..\\evil/../up.png', bytes: new Uint8Array(bytes) });
    expect(added[0]).toMatchObject({ name: 'up.png', path: null });
    const pictureId = added[0]?.id ?? '';
    expect(await call('pictures.open', { pictureId })).toMatchObject({
      id: pictureId,
      width: 40,
      height: 20,
      format: 'png',
    });
    await call('pictures.remove', { pictureIds: [pictureId] });
    await expect(call('pictures.open', { pictureId })).rejects.toMatchObject({ code: 'PICTURE_UNKNOWN' });
    const refused = await call('pictures.addBytes', { name: 'x.png', bytes: Uint8Array.of(37, 80, 68, 70) });
    expect(refused.rejected[0]?.error.code).toBe('IMAGE_UNSUPPORTED');
  });

  it('reads nothing that was not granted', async () => {
    const inside = await mkdtemp(join(root, 'granted-'));
    const outside = await picture(root, 'outside.png');
    await studio.close();
    const access = new GrantedAccess();
    access.grant(inside);
    await start(access);
    const { rejected } = await call('pictures.add', { paths: [outside] });
    expect(rejected[0]?.error.code).toBe('FILE_NOT_GRANTED');
    await expect(call('models.add', { path: models })).rejects.toMatchObject({ code: 'FILE_NOT_GRANTED' });
    expect((await call('pictures.add', { paths: [await picture(inside, 'in.png')] })).added).toHaveLength(1);
  });

  it('makes thumbnails no larger than asked for', async () => {
    const pictureId = await addOne(await picture(root, 'wide.jpg', 900, 300));
    const { mime, bytes } = await call('pictures.read', { pictureId, maxSide: 96 });
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 96, height: 32, format: mime.slice('image/'.length) });
  });
});

describe('segmenting', () => {
  it('answers with the mask, its shares and its timings, and keeps it until the file changes', async () => {
    const sessionId = await openModel();
    const path = await picture(root, 'kept.png');
    const pictureId = await addOne(path);
    const first = await call('session.segment', { sessionId, pictureId });
    expect(first).toMatchObject({ cached: false, notes: [], picture: { id: pictureId, width: 40, height: 20 } });
    expect(first.classes).toEqual([
      { id: 0, label: 'red, mostly', pixels: 400, share: 0.5 },
      { id: 1, label: 'green', pixels: 200, share: 0.25 },
      { id: 2, label: 'blue', pixels: 200, share: 0.25 },
    ]);
    expect([first.mask.data[0], first.mask.data[410], first.mask.data[439]]).toEqual([0, 1, 2]);
    expect((await call('session.segment', { sessionId, pictureId })).cached).toBe(true);
    expect((await call('session.segment', { sessionId, pictureId, fresh: true })).cached).toBe(false);
    await picture(root, 'kept.png', 60, 30);
    expect(await call('session.segment', { sessionId, pictureId })).toMatchObject({
      cached: false,
      picture: { width: 60 },
    });
  });

  it('shares an engine that is open already, and says when one is closed', async () => {
    const { id: modelId } = await call('models.add', { path: models });
    const one = await call('session.open', { modelId });
    const two = await call('session.open', { modelId });
    expect(two.id).toBe(one.id);
    await call('session.close', { sessionId: one.id });
    const pictureId = await addOne(await picture(root, 'shared.png'));
    await call('session.segment', { sessionId: two.id, pictureId });
    await call('session.close', { sessionId: two.id });
    await expect(call('session.segment', { sessionId: two.id, pictureId })).rejects.toMatchObject({
      code: 'SESSION_UNKNOWN',
    });
  });

  it('shows what the network sees', async () => {
    const { id: modelId } = await call('models.add', { path: models });
    const pictureId = await addOne(await picture(root, 'preview.png'));
    const preprocessing = {
      size: { mode: 'pad' as const, width: 64, height: 64, fill: [9, 8, 7] as [number, number, number] },
      channelOrder: 'bgr' as const,
      scale: 1 / 255,
      mean: [0.4, 0.5, 0.6] as [number, number, number],
      std: [0.2, 0.2, 0.3] as [number, number, number],
    };
    const { png, width, height } = await call('models.preview', {
      modelId,
      pictureId,
      preprocessing: { ...preprocessing, resample: 'nearest' },
    });
    const pixels = await sharp(png).raw().toBuffer();
    // Red arrives where the network expects blue; the rest is the fill, in the network's order too.
    expect([width, height, [...pixels.subarray(0, 3)], [...pixels.subarray(-3)]]).toEqual([
      64,
      64,
      [0, 0, 250],
      [7, 8, 9],
    ]);
  });
});

describe('export', () => {
  const formats = ['index', 'palette', 'overlay', 'coco', 'csv'] as const;
  const style = { opacity: 1, colors: { '1': [1, 2, 3] as [number, number, number] }, hidden: [2] };

  it('answers with bytes where there is no folder', async () => {
    const sessionId = await openModel();
    const pictureId = await addOne(await picture(root, 'street.png'));
    const files = await call('export.picture', { sessionId, pictureId, formats: [...formats], style, directory: null });
    expect(files.map(({ name, path }) => [name, path])).toEqual([
      ['street.index.png', null],
      ['street.palette.png', null],
      ['street.overlay.png', null],
      ['street.coco.json', null],
      ['street.classes.csv', null],
    ]);
    const bytesOf = (format: string): Buffer => Buffer.from(files.find((file) => file.format === format)?.bytes ?? []);
    const overlay = await sharp(bytesOf('overlay')).raw().toBuffer();
    expect([...overlay.subarray(0, 3)]).toEqual([200, 10, 10]);
    expect([...overlay.subarray(410 * 3, 410 * 3 + 3)]).toEqual([1, 2, 3]);
    expect([...overlay.subarray(439 * 3, 439 * 3 + 3)]).toEqual([0, 0, 250]);
    expect(bytesOf('csv').toString()).toBe(
      'file,width,height,class_id,label,pixels,share\r\nstreet.png,40,20,0,"red, mostly",400,0.5\r\n' +
        'street.png,40,20,1,green,200,0.25\r\nstreet.png,40,20,2,blue,200,0.25\r\n',
    );
    const coco = JSON.parse(bytesOf('coco').toString()) as Record<string, Record<string, unknown>[]>;
    expect(coco['images']).toEqual([{ id: 1, file_name: 'street.png', width: 40, height: 20 }]);
    expect(coco['annotations']?.[1]).toMatchObject({
      id: 2,
      image_id: 1,
      category_id: 1,
      area: 200,
      bbox: [0, 10, 20, 10],
    });
    expect(coco['categories']?.map(({ name }) => name)).toEqual(['red, mostly', 'green', 'blue']);
  });

  it('never writes over a file', async () => {
    const sessionId = await openModel();
    const pictureId = await addOne(await picture(root, 'twice.png'));
    const directory = join(await mkdtemp(join(root, 'out-')), 'made');
    const names: string[] = [];
    for (let run = 0; run < 3; run++) {
      const files = await call('export.picture', { sessionId, pictureId, formats: ['index'], style: {}, directory });
      names.push(...files.map(({ name }) => name));
    }
    expect(names).toEqual(['twice.index.png', 'twice-2.index.png', 'twice-3.index.png']);
    expect((await readdir(directory)).sort()).toEqual([...names].sort());
  });

  it('writes many pictures as a job: what fails is named, the rest and one table are written', async () => {
    const sessionId = await openModel();
    const folder = await mkdtemp(join(root, 'many-'));
    for (const name of ['a.png', 'b.png', 'c.png']) await picture(folder, name);
    const broken = await readFile(await picture(folder, 'd.jpg', 300, 200));
    await writeFile(join(folder, 'd.jpg'), broken.subarray(0, broken.length / 2));
    const { added } = await call('pictures.add', { paths: [folder] });
    const directory = join(folder, 'masks');
    const pictureIds = added.map(({ id }) => id);
    const { jobId } = await call('export.pictures', {
      sessionId,
      pictureIds,
      formats: ['palette', 'csv', 'coco'],
      style: {},
      directory,
    });
    const job = await finished(jobId);
    expect(job).toMatchObject({ kind: 'export', state: 'done', done: 4, total: 4, error: null });
    expect(job.failures.map(({ item, error }) => [item, error.code])).toEqual([['d.jpg', 'IMAGE_TRUNCATED']]);
    const written = ['a.palette.png', 'b.palette.png', 'c.palette.png', 'masks.classes.csv', 'masks.coco.json'];
    expect((await readdir(directory)).sort()).toEqual(written);
    const rows = (await readFile(join(directory, 'masks.classes.csv'), 'utf8')).trim().split('\r\n');
    expect(rows.map((row) => row.split(',')[0])).toEqual([
      'file',
      ...Array(3).fill('a.png'),
      ...Array(3).fill('b.png'),
      ...Array(3).fill('c.png'),
    ]);
    expect(heard.some(({ name, payload }) => name === 'jobs.changed' && (payload as Job).state === 'done')).toBe(true);
  });

  it('stops when it is cancelled', async () => {
    const sessionId = await openModel();
    const folder = await mkdtemp(join(root, 'cancel-'));
    for (let i = 0; i < 12; i++) await picture(folder, `${i}.png`, 600, 400);
    const { added } = await call('pictures.add', { paths: [folder] });
    const directory = join(folder, 'masks');
    const pictureIds = added.map(({ id }) => id);
    const { jobId } = await call('export.pictures', {
      sessionId,
      pictureIds,
      formats: ['index', 'csv'],
      style: {},
      directory,
    });
    await call('jobs.cancel', { jobId });
    expect((await finished(jobId)).state).toBe('cancelled');
    const left = await readdir(directory).catch(() => []);
    expect(left.filter((name) => !name.endsWith('.index.png'))).toEqual([]);
    expect(left.length).toBeLessThan(12);
  });

  it('says that a place cannot be written to', async () => {
    const sessionId = await openModel();
    const pictureId = await addOne(await picture(root, 'nowhere.png'));
    const directory = join(await picture(root, 'a-file.png'), 'below');
    const request = { sessionId, pictureId, formats: ['index' as const], style: {}, directory };
    await expect(call('export.picture', request)).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
  });

  it.skipIf(process.platform === 'win32')('says that a folder is read-only', async () => {
    const sessionId = await openModel();
    const pictureId = await addOne(await picture(root, 'locked.png'));
    await call('session.segment', { sessionId, pictureId });
    const directory = await mkdtemp(join(root, 'locked-'));
    await chmod(root, 0o755);
    await chmod(directory, 0o555);
    const request = { sessionId, pictureId, formats: ['index' as const], style: {}, directory };
    const work = (): Promise<unknown> => call('export.picture', request);
    await expect(withoutPrivileges(work)).rejects.toMatchObject({ code: 'EXPORT_READ_ONLY' });
    expect(await readdir(directory)).toEqual([]);
  });

  it.skipIf(!canMount())('leaves nothing half-written on a full disk, and says so; a read-only disk too', async () => {
    const sessionId = await openModel();
    const pictureId = await addOne(await noisy('full.png'));
    const directory = await mkdtemp(join(root, 'small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
    try {
      const request = { sessionId, pictureId, formats: ['csv' as const, 'overlay' as const], style: {}, directory };
      await expect(call('export.picture', request)).rejects.toMatchObject({
        code: 'EXPORT_DISK_FULL',
        message: expect.stringContaining('full.overlay.png') as unknown,
      });
      expect(await readdir(directory)).toEqual(['full.classes.csv']);
      expect((await stat(join(directory, 'full.classes.csv'))).size).toBeGreaterThan(50);
      const { jobId } = await call('export.pictures', { ...request, pictureIds: [pictureId] });
      expect(await finished(jobId)).toMatchObject({ state: 'failed', error: { code: 'EXPORT_DISK_FULL' } });
      execFileSync('mount', ['-o', 'remount,ro', directory]);
      await expect(call('export.picture', request)).rejects.toMatchObject({ code: 'EXPORT_READ_ONLY' });
      expect(await readdir(directory)).toEqual(['full.classes.csv']);
    } finally {
      execFileSync('umount', [directory]);
    }
  });
});

describe('settings', () => {
  it('keeps what newer versions wrote', async () => {
    await writeFile(join(data, 'settings.json'), JSON.stringify({ format: 1, theme: 'dark', future: { deep: 1 } }));
    await studio.close();
    await start();
    expect(await call('settings.get', {})).toMatchObject({ theme: 'dark', language: 'system', future: { deep: 1 } });
    await call('settings.update', { language: 'zh-CN' });
    expect(JSON.parse(await readFile(join(data, 'settings.json'), 'utf8'))).toMatchObject({
      theme: 'dark',
      language: 'zh-CN',
      future: { deep: 1 },
    });
    expect(heard.at(-1)).toMatchObject({ name: 'settings.changed', payload: { language: 'zh-CN' } });
  });

  it.each(['{ not json', '{"theme": 7}', ''])('sets aside a file that holds %j', async (content) => {
    await writeFile(join(data, 'settings.json'), content);
    await studio.close();
    await start();
    expect((await call('settings.get', {})).theme).toBe('system');
    const aside = (await readdir(data)).filter((name) => name.startsWith('settings.unreadable-'));
    expect(aside).toHaveLength(1);
    expect(await readFile(join(data, aside[0] ?? ''), 'utf8')).toBe(content);
  });
});

it('tells what it is and what the machine has', async () => {
  const info = await call('app.info', {});
  expect(info).toMatchObject({ hostPid: process.pid, platform: process.platform });
  expect(info.runtimes.map(({ id, available }) => [id, available])).toContainEqual(['onnxruntime', true]);
  const doctor = await call('app.doctor', {});
  expect(doctor.map(({ id }) => id)).toEqual([
    'program',
    'runtime-onnxruntime',
    'gpu',
    'addon',
    'plugins',
    'tensorrt-10',
    'tensorrt-11',
    'tensorrt-rtx',
    'images',
    'jpegs',
    'machine',
    'data',
    'models',
  ]);
  expect(doctor.filter(({ state, remedy }) => state !== 'ok' && remedy === '')).toEqual([]);
});

/** Small disks can be made by root on Linux only, where containers allow it. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function noisy(name: string): Promise<string> {
  const path = join(root, name);
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 50 };
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#808080', noise } }).toFile(path);
  return path;
}

/** Root may write everywhere, so that for the time of the work it is nobody. */
async function withoutPrivileges<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
