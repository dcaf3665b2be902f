import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { maskStyleSchema } from '../../shared/domain/export';
import { logText } from '../../shared/domain/job';
import type { Mask } from '../../shared/domain/mask';
import type { JobProgress } from '../jobs/job-registry';
import type { OpenSession } from '../sessions/session-registry';
import type { VideoOrder } from './export-video';
import { exportVideo } from './export-video';

const numbers = resolve(__dirname, '../../../tools/fixtures/videos/numbers.mp4');
const FRAMES = 120;
const env = { PATH: process.env['PATH'] ?? '' };
const hasFfmpeg = env.PATH.split(delimiter).some((folder) => existsSync(join(folder, 'ffmpeg')));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-video-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Tells the light stripes of a frame from the dark ones; breaks down at the n-th frame it is given. */
function session(breaksAt = Infinity): OpenSession & { asked: number } {
  const times = { decode: 0, preprocess: 0, transferIn: 0, infer: 0, postprocess: 0, transferOut: 0, total: 0 };
  const segment = async ({ width, height, raw }: { width: number; height: number; raw?: { data: Uint8Array } }) => {
    if ((open.asked += 1) >= breaksAt) throw new Error('the engine fell over');
    const data = new Uint8Array(width * height);
    for (let i = 0; i < data.length; i += 1) data[i] = (raw?.data[i] ?? 0) > 60 ? 1 : 0;
    return { mask: { width, height, bytesPerId: 1, data } satisfies Mask, timings: times };
  };
  const info = { id: 's', runtime: 'onnxruntime' };
  const open = { asked: 0, info, identity: 'stripes', model: { labels: [] }, session: { segment } };
  return open as unknown as OpenSession & { asked: number };
}

const style = maskStyleSchema.parse({ colors: { '0': [0, 0, 0], '1': [255, 255, 255] } });

/** Answers with what the job said, and with the error that ended it. */
async function run(open: OpenSession, out: string, more: Partial<VideoOrder> = {}): Promise<[string[], unknown]> {
  const said: string[] = [];
  const ignore = (): void => undefined;
  const job: JobProgress = {
    ...{ signal: new AbortController().signal, phase: ignore, progress: ignore, timeLeft: ignore, pace: ignore },
    ...{ failed: ignore, result: ignore },
    log: (line) => said.push(logText(line)),
  };
  const parts = { frames: 10, milliseconds: 0 };
  const order = { path: numbers, format: 'mask', every: 1, smoothing: 1, style, fresh: false, env, parts } as const;
  try {
    await exportVideo({ ...order, ...more, open, out: join(folder, out) }, job);
    return [said, null];
  } catch (error) {
    return [said, error];
  }
}

/** What number each frame of a video of masks shows, in its eight stripes. */
function shown(file: string): number[] {
  const args = ['-v', 'error', '-i', join(folder, file), '-vf', 'scale=1:8:flags=area,format=gray', '-vsync', '0'];
  const bytes = execFileSync('ffmpeg', [...args, '-f', 'rawvideo', '-']);
  return Array.from({ length: bytes.length / 8 }, (_, frame) =>
    [...bytes.subarray(frame * 8, frame * 8 + 8)].reduce((sum, value, k) => sum + (value > 127 ? 2 ** k : 0), 0),
  );
}

describe.skipIf(!hasFfmpeg)('an export that broke off', () => {
  it.each(['out.mp4', 'out.webm'])('goes on in the middle of %s, no frame missing or twice', async (out) => {
    const every = 3;
    const first = session(26);
    expect((await run(first, out, { every }))[1]).toMatchObject({ message: 'the engine fell over' });
    expect(readdirSync(folder)).toEqual([`.${out}.maskforge`]);
    const second = session();
    const [said, error] = await run(second, out, { every });
    // Of 25 masks 20 were in parts that had been finished.
    expect([error, said[1], second.asked]).toEqual([null, '20 frames were done before.', 20]);
    expect(shown(out)).toEqual(Array.from({ length: FRAMES / every }, (_, index) => index * every));
    expect(readdirSync(folder)).toEqual([out]);
  });

  it('does again the part that is not as it was written, and all behind it', async () => {
    await run(session(26), 'out.mp4', { every: 3 });
    const parts = join(folder, '.out.mp4.maskforge/parts');
    const [second = ''] = readdirSync(parts).filter((name) => name.startsWith('00001'));
    appendFileSync(join(parts, second), 'x');
    const [said] = await run(session(), 'out.mp4', { every: 3 });
    expect([said[1], shown('out.mp4')]).toEqual([
      '10 frames were done before.',
      Array.from({ length: FRAMES / 3 }, (_, index) => index * 3),
    ]);
  });

  it.each([1, 3])(
    'does of a folder of frames only those that are missing or damaged (smoothing %i)',
    async (smoothing) => {
      const order = { format: 'png', every: 4, smoothing } as const;
      await run(session(), 'whole', order);
      await run(session(21), 'frames', order);
      rmSync(join(folder, 'frames/000020.png'));
      writeFileSync(join(folder, 'frames/000040.png'), 'not what it was');
      const second = session();
      const [said, error] = await run(second, 'frames', order);
      expect([error, said[1]]).toEqual([null, expect.stringMatching(/^1[678] frames were done before/)]);
      const [whole, frames] = ['whole', 'frames'].map((name) => readdirSync(join(folder, name)));
      expect([frames, frames?.length]).toEqual([whole, FRAMES / 4]);
      for (const name of whole ?? [])
        expect(readFileSync(join(folder, 'frames', name)).equals(readFileSync(join(folder, 'whole', name)))).toBe(true);
      // Masks that only have a vote are made again; all others are not.
      expect(second.asked).toBeLessThanOrEqual(14 + (smoothing - 1) * 3);
    },
  );

  it('goes on with a table behind a line that a kill has cut short', async () => {
    const order = { format: 'csv', every: 10 } as const;
    await run(session(), 'whole.csv', order);
    await run(session(8), 'out.csv', order);
    appendFileSync(join(folder, '.out.csv.maskforge/journal.jsonl'), '{"frame":70,"rows":"70,');
    const second = session();
    await run(second, 'out.csv', order);
    // Without the last two columns, which are times.
    const rows = (name: string) => readFileSync(join(folder, name), 'utf8').replace(/,[\d.]+,[\d.]+\r\n/g, '\n');
    expect(rows('out.csv')).toBe(rows('whole.csv'));
    expect(second.asked).toBeLessThan(8);
  });

  it('begins anew when it is told to, and when anything was changed', async () => {
    const order = { format: 'csv', every: 10 } as const;
    const asked = async (more: Partial<VideoOrder>): Promise<number> => {
      await run(session(8), 'out.csv', order);
      const second = session();
      await run(second, 'out.csv', { ...order, ...more });
      return second.asked;
    };
    expect(await asked({ fresh: true })).toBe(12);
    expect(await asked({ smoothing: 3 })).toBe(12);
    expect(await asked({})).toBeLessThan(8);
  });

  it('leaves nothing where nothing was done', async () => {
    await run(session(1), 'out.mp4');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['png', 'csv', 'mask'] as const)(
    'ends when its folder (%s) vanishes, which is not made anew',
    async (format) => {
      const open = session();
      const { segment } = open.session;
      const place = join(folder, 'drive');
      const vanishing: OpenSession['session'] = Object.assign(Object.create(null), {
        segment: (...args: Parameters<typeof segment>) => {
          if (open.asked === 5) rmSync(place, { recursive: true });
          return segment(...args);
        },
      });
      const out = format === 'png' ? 'drive' : `drive/out.${format === 'csv' ? 'csv' : 'mp4'}`;
      const [, error] = await run({ ...open, session: vanishing }, out, { format, every: 10 });
      expect(error).toMatchObject({ code: 'BATCH_OUTPUT_GONE' });
      expect(readdirSync(folder)).toEqual([]);
    },
  );
});
