import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutputFolder } from '../studio/batch/output-folder';
import type { Bench, CliRun } from './testing';
import { bench } from './testing';

const MODEL = ['--model', 'net.onnx'];
const NATIVE = { size: { mode: 'native', maxSide: 64, multipleOf: 1 }, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
const STATE = '.maskforge-batch';
/** Whether names are bytes here, whatever they mean. */
const BYTE_NAMES = process.platform === 'linux';

async function folder(...pictures: string[]): Promise<Bench> {
  const here = bench();
  here.copyModel('channels.onnx', 'net.onnx');
  for (const path of pictures) await here.picture(path);
  return here;
}

function run(here: Bench, ...more: string[]): Promise<CliRun> {
  return here.run(['batch', 'in', '--out', 'm', ...MODEL, ...more]);
}

/** What a run did: segmented, skipped, failed, left. */
async function counts(here: Bench, ...more: string[]): Promise<unknown[]> {
  const [report = {}] = (await run(here, '--json', ...more)).json();
  return [report['done'], report['skipped'], report['failed'], report['left']];
}

/** Without what the batch keeps for itself. */
function masks(here: Bench): string[] {
  return here.files('m').filter((path) => !path.startsWith(STATE));
}

function journalOf(here: Bench): string {
  const state = join(here.cwd, 'm', STATE);
  const [name = ''] = readdirSync(state).filter((entry) => entry !== 'lock' && entry !== 'tmp');
  return join(state, name, 'journal.jsonl');
}

function csv(here: Bench, path: string): string[] {
  return readFileSync(join(here.cwd, path), 'utf8').trim().split('\r\n');
}

describe('maskforge batch', () => {
  it('keeps folders and names, in any script, and writes tables about all pictures', async () => {
    const here = await folder('in/a.png', 'in/a.jpg', 'in/深/it\'s "good" 🙂.png');
    const { code, stdout } = await run(here, '--formats', 'index,palette,overlay,coco', '--csv', 'areas.csv');
    expect([code, stdout]).toEqual([0, expect.stringContaining('3 of 3 done')]);
    const stems = ['a.jpg', 'a.png', '深/it\'s "good" 🙂'];
    const files = stems.flatMap((stem) => ['index', 'palette', 'overlay'].map((kind) => `${stem}.${kind}.png`));
    expect(masks(here)).toEqual([...files, 'masks.coco.json'].sort());
    expect(csv(here, 'areas.csv').map((row) => row.replace(/,.*/, ''))).toEqual([
      'file',
      'a.jpg',
      'a.png',
      '"深/it\'s ""good"" 🙂.png"',
    ]);
    const coco: unknown = JSON.parse(readFileSync(join(here.cwd, 'm/masks.coco.json'), 'utf8'));
    expect(coco).toMatchObject({ images: [{ id: 1 }, { id: 2 }, { id: 3 }], annotations: { length: 3 } });
  });

  it('does again only what no longer fits', async () => {
    const here = await folder('in/a.png', 'in/b.png', 'in/c.png');
    expect(await counts(here)).toEqual([3, 0, 0, 0]);
    expect(await counts(here)).toEqual([0, 3, 0, 0]);
    await here.picture('in/a.png', 32, 32);
    rmSync(join(here.cwd, 'm/b.index.png'));
    expect(await counts(here)).toEqual([2, 1, 0, 0]);
    writeFileSync(join(here.cwd, 'm/c.index.png'), '');
    expect(await counts(here)).toEqual([1, 2, 0, 0]);
    expect(await counts(here, '--formats', 'index,palette')).toEqual([3, 0, 0, 0]);
    // The tables have the rows of pictures that were skipped.
    expect(await counts(here, '--csv', 'm/areas.csv')).toEqual([0, 3, 0, 0]);
    expect(csv(here, 'm/areas.csv')).toHaveLength(4);
    expect(await counts(here, '--overwrite')).toEqual([3, 0, 0, 0]);
    here.write('model.json', { format: 1, name: 'other', preprocessing: NATIVE });
    expect(await counts(here)).toEqual([3, 0, 0, 0]);
  });

  it('knows pictures by their content where it is told to', async () => {
    const here = await folder('in/a.png');
    expect(await counts(here, '--check-content')).toEqual([1, 0, 0, 0]);
    utimesSync(join(here.cwd, 'in/a.png'), 1, 1);
    expect(await counts(here, '--check-content')).toEqual([0, 1, 0, 0]);
    expect(await counts(here)).toEqual([1, 0, 0, 0]);
  });

  it('goes on behind a line that a kill has cut short, with the lock of the dead', async () => {
    const here = await folder('in/a.png', 'in/b.png', 'in/c.png');
    await run(here);
    const journal = journalOf(here);
    const [first = '', second = ''] = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, `${first}\nnot json\n{"file":1}\n${second.slice(0, 40)}`);
    const dead = { token: 'x', pid: 2 ** 22 + 1, host: hostname() };
    here.write(`m/${STATE}/lock`, dead);
    here.write(`m/${STATE}/tmp/half`, 'written');
    expect(await counts(here)).toEqual([2, 1, 0, 0]);
    expect(await counts(here)).toEqual([0, 3, 0, 0]);
    expect(here.files(`m/${STATE}`).filter((path) => /tmp|lock/.test(path))).toEqual([]);
  });

  it('leaves a folder to the batch that is at work in it', async () => {
    const here = await folder('in/a.png');
    here.write(`m/${STATE}/lock`, { token: 'x', pid: process.ppid, host: hostname() });
    const { code, stderr } = await run(here);
    expect([code, stderr]).toEqual([1, expect.stringContaining('BATCH_BUSY')]);
    expect(masks(here)).toEqual([]);
  });

  it('lists what failed, and tries that again alone', async () => {
    const here = await folder('in/a.png', 'in/b.png', 'in/c.png');
    const whole = readFileSync(join(here.cwd, 'in/b.png'));
    writeFileSync(join(here.cwd, 'in/b.png'), whole.subarray(0, whole.length >> 1));
    const latin = Buffer.from(join(here.cwd, 'in/caf\xe9.png'), 'latin1');
    if (BYTE_NAMES) writeFileSync(latin, whole);
    const first = await run(here, '--csv', 'areas.csv');
    expect([first.code, first.stderr]).toEqual([1, expect.stringMatching(/error b\.png: .*\[IMAGE_/)]);
    if (BYTE_NAMES) {
      expect(first.stderr).toMatch(/error caf\\xE9\.png: .*\[FILE_NAME_NOT_UTF8\]/);
      const planned = (await run(here, '--dry-run')).stderr;
      expect(planned).toContain('warning caf\\xE9.png: ');
      rmSync(latin);
    }
    expect(csv(here, 'areas.csv')).toHaveLength(3);
    expect((await run(here, '--json', '--retry-failed')).json()).toMatchObject([
      { done: 0, failed: 1, failures: [{ file: 'b.png', error: { code: expect.stringMatching(/^IMAGE_/) } }] },
    ]);
    writeFileSync(join(here.cwd, 'in/b.png'), whole);
    await here.picture('in/new.png');
    expect(await counts(here, '--retry-failed', '--csv', 'areas.csv')).toEqual([1, 2, 0, 0]);
    expect(csv(here, 'areas.csv')).toHaveLength(4);
  });

  it('replaces no file that it has not written, unless told to', async () => {
    const here = await folder('in/a.png', 'in/b.png');
    here.write('m/a.index.png', 'mine');
    const { code, stderr } = await run(here);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/a\.index\.png.*\[BATCH_OUTPUT_TAKEN\]/)]);
    expect(await counts(here, '--skip-done')).toEqual([1, 1, 0, 0]);
    expect(readFileSync(join(here.cwd, 'm/a.index.png'), 'utf8')).toBe('mine');
    expect(await counts(here, '--overwrite')).toEqual([2, 0, 0, 0]);
    await here.picture('other/a.png');
    const other = await here.run(['batch', 'other', '--out', 'm', ...MODEL]);
    expect(other.stderr).toContain('BATCH_OUTPUT_TAKEN');
  });

  it('does not walk into its own output, nor around in circles', async () => {
    const here = await folder('in/a.png', 'in/deep/b.png');
    symlinkSync(join(here.cwd, 'in'), join(here.cwd, 'in/deep/loop'), 'junction');
    const inside = ['batch', 'in', '--out', 'in/masks', ...MODEL, '--json'];
    for (const done of [2, 0]) expect((await here.run(inside)).json()).toMatchObject([{ pictures: 2, done }]);
    expect((await here.run(['batch', 'in', '--out', 'in', ...MODEL])).stderr).toContain('BATCH_FOLDERS_SAME');
    const flat = await here.run(['batch', 'in', '-o', 'flat', '--flat', '--no-recursive', ...MODEL, '--json']);
    expect(flat.json()).toMatchObject([{ pictures: 1 }]);
  });

  it.each([
    [['absent'], 'FILE_NOT_FOUND'],
    [['empty'], 'FOLDER_WITHOUT_PICTURES'],
    [['net.onnx'], 'BATCH_INPUT_IS_FILE'],
    [['in', '--out', 'file'], 'EXPORT_'],
  ])('refuses %j and makes nothing', async (args, code) => {
    const here = await folder('in/a.png');
    mkdirSync(join(here.cwd, 'empty'));
    here.write('file', 'where the folder should be');
    const { code: exit, stderr } = await here.run(['batch', '--out', 'm', ...MODEL, ...args]);
    expect([exit, stderr]).toEqual([1, expect.stringContaining(code)]);
    expect(here.files('m')).toEqual([]);
  });

  it('says beforehand what it would do', async () => {
    const here = await folder('in/a.png', 'in/b.png');
    here.write('in/clip.mp4', 'no video');
    await run(here);
    await here.picture('in/c.png');
    const { json } = await run(here, '--dry-run', '--json', '--csv', 'areas.csv');
    expect(json()).toMatchObject([
      {
        pictures: 3,
        done: 2,
        toDo: 1,
        videos: 1,
        busy: false,
        taken: { count: 0 },
        names: ['c.index.png', '../areas.csv'],
      },
    ]);
    expect(masks(here)).toEqual(['a.index.png', 'b.index.png']);
  });

  it('stops when its output folder is taken away, and does not make it anew', async () => {
    const here = bench();
    const output = await OutputFolder.open(join(here.cwd, 'm'));
    await output.write('deep/a.png', Buffer.from('a'));
    rmSync(join(here.cwd, 'm'), { recursive: true });
    await expect(output.write('deep/b.png', Buffer.from('b'))).rejects.toMatchObject({ code: 'BATCH_OUTPUT_GONE' });
    mkdirSync(join(here.cwd, 'm'));
    await expect(output.write('c.png', Buffer.from('c'))).rejects.toMatchObject({ code: 'BATCH_OUTPUT_GONE' });
    expect(here.files('m')).toEqual([]);
  });
});
