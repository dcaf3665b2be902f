import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Mask } from '../../shared/domain/mask';
import type { ExportOrder, ExportSettings } from '../../shared/video-export-contract';
import { GrantedAccess } from '../file-access';
import type { PictureRegistry } from '../pictures/picture-registry';
import type { OpenSession, SessionRegistry } from '../sessions/session-registry';
import { WindowExports } from './window-exports';

let root: string;
let directory: string;
let exports: WindowExports;
/** Sessions that exports hold. */
let held: number;
let engine: string;

const pictures = { pathOf: () => join(root, 'drive.mov') } as unknown as PictureRegistry;
const sessions = {
  get: () => Promise.resolve(session()),
  hold: () => {
    held += 1;
    return Promise.resolve({ open: session(), release: async () => void (held -= 1) });
  },
} as unknown as SessionRegistry;

function session(): OpenSession {
  return { identity: engine, info: { modelName: engine, precision: 'fp16' } } as unknown as OpenSession;
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'window-exports-'));
  directory = join(root, 'out');
  [held, engine] = [0, 'b0'];
  writeFileSync(join(root, 'drive.mov'), 'frames');
  exports = start();
});
afterEach(async () => {
  await exports.closeAll();
  rmSync(root, { recursive: true, force: true });
});

function start(): WindowExports {
  const access = new GrantedAccess();
  access.grant(directory);
  return new WindowExports({ access, dataDirectory: join(root, 'data'), pictures, sessions });
}

const settings: ExportSettings = { from: 10, to: 19, every: 3, smoothing: 1, style: null };

function order(format: ExportOrder['format'], more: Partial<ExportOrder> = {}): ExportOrder {
  const video = { pictureId: 'p' };
  return { directory, stem: 'drive', format, sessionId: 's', video, encoding: '', ...more };
}

type How = 'begin' | 'continue' | 'again';

const open = (of: ExportOrder, how: How = 'begin', gone?: AbortSignal) => exports.open({ ...of, settings, how }, gone);

const mask = (id: number): Mask => ({ width: 2, height: 1, bytesPerId: 1, data: Uint8Array.of(id, id) });

const picture = (frame: number) => ({ kind: 'picture', frame, mask: mask(frame) }) as const;
const part = (text: string, frames = 2) => ({ kind: 'part', frames, bytes: Buffer.from(text) }) as const;
const rows = (frame: number) => ({ kind: 'rows', frame, rows: `${frame},row\r\n` }) as const;

const visible = (folder = directory): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();

describe('a window that exports a video', () => {
  it('finds pictures that were done again, but for those that are damaged, and shows none before all are there', async () => {
    const first = await open(order('png'));
    for (const frame of [10, 13, 16]) await exports.get(first.exportId).add(picture(frame));
    await exports.close(first.exportId);
    expect([visible(), held]).toEqual([[], 0]);
    writeFileSync(join(directory, '.drive.png.maskforge/parts/000013.png'), 'not what it was');
    expect(await exports.kept(order('png'))).toMatchObject({ frames: 3, differs: [], busy: false, settings });
    const second = await open(order('png'), 'continue');
    expect(second).toMatchObject({ done: [10, 16], parts: ['000010.png', '000016.png'] });
    for (const frame of [13, 19]) await exports.get(second.exportId).add(picture(frame));
    const { paths } = await exports.finish(second.exportId, '.png');
    const [folder = ''] = visible();
    expect(folder).toMatch(/^drive-masks-\d{8}-\d{6}$/);
    expect(paths).toEqual([10, 13, 16, 19].map((frame) => join(directory, folder, `0000${frame}.png`)));
    expect(readdirSync(join(directory, folder))).toHaveLength(4);
    expect(readdirSync(directory)).toEqual([folder]);
  });

  it('keeps the parts of a video up to the first that is damaged, and names the file when it is whole', async () => {
    const first = await open(order('mask'));
    const names: (string | null)[] = [];
    for (const text of ['aa', 'bb', 'cc']) names.push(await exports.get(first.exportId).add(part(text)));
    await exports.close(first.exportId);
    const parts = join(directory, '.drive.mask.maskforge/parts');
    appendFileSync(join(parts, names[1] ?? ''), '!');
    writeFileSync(join(parts, 'half'), 'written');
    const second = await open(order('mask'), 'continue');
    expect(second).toMatchObject({ done: [10, 13], parts: [names[0]] });
    expect(readdirSync(parts)).toEqual([names[0]]);
    const writing = exports.get(second.exportId);
    await writing.add(part('dd'));
    expect(Buffer.from(await writing.read(names[0] ?? '')).toString()).toBe('aa');
    writeFileSync(join(directory, 'drive.mask.mp4'), 'mine');
    await writing.write(2, Buffer.from('dd'));
    await writing.write(0, Buffer.from('aa'));
    const { paths } = await exports.finish(second.exportId, '.mp4');
    expect(paths).toEqual([join(directory, 'drive.mask-2.mp4')]);
    expect(visible().map((name) => readFileSync(join(directory, name), 'utf8'))).toEqual(['aadd', 'mine']);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('goes on with a table behind a line that a kill has cut short', async () => {
    const first = await open(order('csv'));
    for (const frame of [16, 10]) await exports.get(first.exportId).add(rows(frame));
    await exports.close(first.exportId);
    appendFileSync(join(directory, '.drive.csv.maskforge/journal.jsonl'), '{"frame":13,"rows":"13,');
    const second = await open(order('csv'));
    expect(second.done).toEqual([16, 10]);
    await exports.get(second.exportId).add(rows(13));
    const { paths } = await exports.finish(second.exportId, '.frames.csv');
    expect(
      readFileSync(paths[0] ?? '', 'utf8')
        .split('\r\n')
        .slice(1, -1),
    ).toEqual(['10,row', '13,row', '16,row']);
    expect(readdirSync(directory)).toEqual(['drive.frames.csv']);
  });

  it('keeps what is to be a download with the studio, and forgets it when it was taken, or is old', async () => {
    const downloads = join(root, 'data/exports');
    const first = await open(order('csv', { directory: null }));
    await exports.get(first.exportId).add(rows(10));
    const { paths, bytes } = await exports.finish(first.exportId, '.frames.csv');
    expect([paths, Buffer.from(bytes ?? []).toString()]).toEqual([[], expect.stringContaining('10,row')]);
    expect(readdirSync(downloads)).toEqual([]);
    for (const stem of ['old', 'new']) {
      const { exportId } = await open(order('csv', { directory: null, stem }));
      await exports.get(exportId).add(rows(10));
      await exports.close(exportId);
    }
    utimesSync(join(downloads, '.old.csv.maskforge/journal.jsonl'), 1000, 1000);
    exports = start();
    await expect.poll(() => readdirSync(downloads)).toEqual(['.new.csv.maskforge']);
  });

  it('leaves nothing where nothing was done, and what is discarded', async () => {
    await exports.close((await open(order('mask'))).exportId);
    expect(readdirSync(directory)).toEqual([]);
    const { exportId } = await open(order('mask'));
    await exports.get(exportId).add(part('aa'));
    await expect(exports.discard(order('mask'))).rejects.toMatchObject({ code: 'BATCH_BUSY' });
    await exports.close(exportId);
    await exports.discard(order('mask'));
    expect([await exports.kept(order('mask')), readdirSync(directory)]).toEqual([null, []]);
  });
});

describe('an export that cannot simply go on', () => {
  const begun = async (of = order('mask')): Promise<void> => {
    const { exportId } = await open(of);
    await exports.get(exportId).add(part('aa'));
    await exports.close(exportId);
  };

  it.each<[string, () => ExportOrder]>([
    ['video', () => (writeFileSync(join(root, 'drive.mov'), 'other frames'), order('mask'))],
    ['engine', () => ((engine = 'b5'), order('mask'))],
    ['encoding', () => order('mask', { encoding: 'vp9 4x4' })],
  ])('is not replaced unasked when the %s is another one', async (what, change) => {
    await begun();
    const changed = change();
    expect(await exports.kept(changed)).toMatchObject({ frames: 2, differs: [what], engineName: 'b0 · fp16' });
    for (const how of ['begin', 'continue'] as const)
      await expect(open(changed, how)).rejects.toMatchObject({ code: 'VIDEO_EXPORT_CHANGED', details: { frames: 2 } });
    expect([(await exports.kept(changed))?.frames, held]).toEqual([2, 0]);
    const again = await open(changed, 'again');
    expect(again.done).toEqual([]);
  });

  it('keeps the settings that it was begun with', async () => {
    await begun();
    const other = { ...order('mask'), settings: { ...settings, every: 1 } };
    await expect(exports.open({ ...other, how: 'begin' }, undefined)).rejects.toMatchObject({
      code: 'VIDEO_EXPORT_CHANGED',
    });
    expect((await open(order('mask'), 'continue')).done).toEqual([10, 13]);
  });

  it('is not begun anew where its folder is gone, which is not made again', async () => {
    await begun();
    rmSync(directory, { recursive: true });
    await expect(open(order('mask'), 'continue')).rejects.toMatchObject({ code: 'VIDEO_EXPORT_GONE' });
    expect(existsSync(directory)).toBe(false);
  });

  it.each(['png', 'csv', 'mask'] as const)('ends when its folder (%s) vanishes', async (format) => {
    const { exportId } = await open(order(format));
    const steps = { png: picture(10), csv: rows(10), mask: part('aa') };
    await exports.get(exportId).add(steps[format]);
    rmSync(directory, { recursive: true });
    await expect(exports.get(exportId).add(steps[format])).rejects.toMatchObject({ code: 'BATCH_OUTPUT_GONE' });
    expect(existsSync(directory)).toBe(false);
  });

  it('is for one window at a time, and for another when that one has gone', async () => {
    const window = new AbortController();
    const { exportId } = await open(order('csv'), 'begin', window.signal);
    await exports.get(exportId).add(rows(10));
    await expect(open(order('csv'))).rejects.toMatchObject({ code: 'BATCH_BUSY' });
    expect(await exports.kept(order('csv'))).toMatchObject({ frames: 1, busy: true });
    window.abort();
    await expect.poll(() => exports.kept(order('csv'))).toMatchObject({ frames: 1, busy: false });
    expect(() => exports.get(exportId)).toThrow(expect.objectContaining({ code: 'VIDEO_EXPORT_UNKNOWN' }));
    expect((await open(order('csv'), 'continue')).done).toEqual([10]);
  });

  it('writes nowhere else', async () => {
    for (const stem of ['../drive', '..', ''])
      await expect(open(order('csv', { stem }))).rejects.toMatchObject({ code: 'FILE_NAME_INVALID' });
    await expect(open(order('csv', { directory: root }))).rejects.toMatchObject({ code: 'FILE_NOT_GRANTED' });
  });
});
