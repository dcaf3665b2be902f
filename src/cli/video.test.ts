import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bench } from './testing';
import { bench, repository } from './testing';

const videos = join(repository, 'tools/fixtures/videos');
const path = process.env['PATH'] ?? '';
const hasFfmpeg = path.split(delimiter).some((folder) => existsSync(join(folder, 'ffmpeg')));

let here: Bench;
const run = (args: readonly string[], env: Record<string, string> = { PATH: path }) =>
  here.run(['video', ...args, '--model', 'net.onnx'], { env });

/** The number of the frame, as the network reads its eight stripes: red (class 0) for 1, blue (class 2) for 0. */
async function numberIn(mask: string): Promise<number> {
  const { data, info } = await sharp(mask).raw().toBuffer({ resolveWithObject: true });
  const bit = (k: number): number => {
    const y = Math.floor(((k + 0.5) * info.height) / 8);
    return data[(y * info.width + Math.floor(info.width / 2)) * info.channels] === 0 ? 1 : 0;
  };
  return [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, k) => sum + bit(k) * 2 ** k, 0);
}

function probe(file: string, entries: string): string {
  const args = [
    '-v',
    'error',
    '-count_frames',
    '-select_streams',
    'v',
    '-show_entries',
    `stream=${entries}`,
    '-of',
    'csv=p=0',
  ];
  return execFileSync('ffprobe', [...args, join(here.cwd, file)], { encoding: 'utf8' }).trim();
}

beforeEach(() => {
  here = bench();
  here.copyModel('channels.onnx', 'net.onnx');
  const size = { mode: 'stretch', width: 64, height: 64 };
  const preprocessing = { size, channelOrder: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
  const labels = ['red', 'green', 'blue'].map((name, id) => ({ id, name, color: [0, 0, id] }));
  here.write('model.json', { format: 1, name: 'Channels', preprocessing, labels });
  for (const name of readdirSync(videos)) copyFileSync(join(videos, name), join(here.cwd, name));
});

describe.skipIf(!hasFfmpeg)('maskforge video', () => {
  it('gives each frame its own mask', async () => {
    const { code, stderr } = await run(['numbers.mp4', '--out', 'masks', '--every', '7']);
    expect([code, stderr]).toEqual([0, '320x256, h264, 30.00 frames a second.\n']);
    const names = here.files('masks');
    expect(names).toEqual(Array.from({ length: 18 }, (_, i) => `${String(i * 7).padStart(6, '0')}.png`));
    for (const name of names) {
      expect([name, await numberIn(join(here.cwd, 'masks', name))]).toEqual([name, Number.parseInt(name, 10)]);
    }
  });

  it.each([
    ['overlay.mp4', 'h264,320,256,30/1,120', 'numbers.mp4', []],
    ['out.webm', 'vp9,320,256,30/1,60', 'numbers-vp9.webm', []],
    ['mask.mp4', 'h264,320,256,30/1,32', 'numbers.mov', ['--format', 'mask']],
    ['half.mp4', 'h264,320,256,15/1,60', 'numbers.mp4', ['--every', '2']],
    ['turned.mp4', 'h264,256,320,30/1,32', 'rotated.mp4', []],
    ['even.mp4', 'h264,320,254,30/1,30', 'odd-size.webm', []],
  ])('writes %s that others can read: %s', async (out, expected, input, options) => {
    const { code } = await run([input, '--out', out, ...options]);
    expect([code, probe(out, 'codec_name,width,height,r_frame_rate,nb_read_frames')]).toEqual([0, expected]);
    expect(here.files('.').filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('tells what it had to change', async () => {
    const said = async (input: string) => (await run([input, '--out', `${input}.mp4`])).stderr;
    expect(await said('ten-bit.webm')).toContain('10 bits for each channel are reduced to 8.');
    expect(await said('variable-rate.mp4')).toContain('The frame rate varies');
    expect(await said('odd-size.webm')).toContain('odd last column or row');
    expect(await said('truncated.mp4')).toContain('The video ends early');
  });

  it('writes one row for each frame and class', async () => {
    const { code } = await run(['numbers.mp4', '--out', 'areas.csv', '--every', '60']);
    const rows = readFileSync(join(here.cwd, 'areas.csv'), 'utf8').trim().split('\r\n');
    expect([code, rows[0]]).toEqual([0, 'frame,time_s,class_id,label,pixels,share,infer_ms,total_ms']);
    // 60 is 00111100: four red stripes and four blue ones.
    const second = rows.filter((row) => row.startsWith('60,2.000000,')).map((row) => row.split(',')[5]);
    expect(second).toHaveLength(2);
    for (const share of second) expect(Number(share)).toBeCloseTo(0.5, 1);
  });

  it.each([
    ['sound-only.mp4', 'VIDEO_NO_TRACK'],
    ['no-frames.mp4', 'VIDEO_NO_TRACK'],
    ['headless.mp4', 'VIDEO_UNREADABLE'],
    ['missing.mp4', 'FILE_NOT_FOUND'],
  ])('refuses %s with %s and leaves nothing behind', async (input, code) => {
    const before = here.files('.');
    const result = await run([input, '--out', 'out.mp4']);
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    expect(here.files('.')).toEqual(before);
  });

  it('ends with the reason when the folder cannot be written', async () => {
    here.write('taken', 'a file where the folder should be');
    const result = await run(['numbers.mov', '--out', 'taken/out.mp4']);
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining('[EXPORT_FAILED]')]);
  });

  it('stops when it is cancelled, and goes on when it is started again', async () => {
    const cancel = new AbortController();
    const args = ['video', 'numbers.mp4', '--out', 'frames', '--model', 'net.onnx'];
    const watch = setInterval(() => {
      if (here.files('frames').filter((name) => name.endsWith('.png')).length >= 5) cancel.abort();
    }, 5);
    const { code, stderr } = await here.run(args, { env: { PATH: path }, signal: cancel.signal });
    clearInterval(watch);
    expect([code, stderr]).toEqual([130, expect.stringContaining('start again to go on')]);
    const again = await run(['numbers.mp4', '--out', 'frames']);
    expect([again.code, again.stderr]).toEqual([0, expect.stringMatching(/\d+ frames were done before/)]);
    expect(here.files('frames')).toHaveLength(120);
  });
});

describe('maskforge video, wherever', () => {
  it('says how to get ffmpeg where there is none', async () => {
    const result = await run(['numbers.mp4', '--out', 'out.mp4'], { PATH: '/nowhere' });
    expect([result.code, result.stderr]).toEqual([1, expect.stringContaining('[VIDEO_NO_FFMPEG]')]);
    expect(result.stderr).toMatch(/nstall it/);
  });

  it('takes the ffmpeg that is named, and tells when it is none', async () => {
    const file = here.write('not-ffmpeg', 'nothing');
    chmodSync(file, 0o644);
    const result = await run(['numbers.mp4', '--out', 'out.mp4'], { PATH: path, MASKFORGE_FFMPEG: file });
    expect(result.stderr).toContain('VIDEO_NO_FFMPEG');
    rmSync(file);
  });

  it.each([
    [['numbers.mp4', '--out', 'out.txt'], 'cannot be written to out.txt'],
    [['numbers.mp4', '--out', 'out.mp4', '--format', 'csv'], 'cannot be written to out.mp4'],
    [['numbers.mp4', '--out', 'out.mp4', '--every', '0'], 'from 1 on'],
    [['numbers.mp4', '--out', 'out.mp4', '--opacity', '7'], 'from 0 to 1'],
    [['numbers.mp4'], '--out'],
  ])('answers %j as wrong usage', async (args, said) => {
    const result = await run(args);
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});
