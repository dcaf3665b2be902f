/**
 * A folder against the session alone: pictures of 512x512 from JPEG files to index PNGs as a batch, and the same pixels,
 * decoded beforehand, through the same open session. Both take turns in one run.
 * `npm run bench -- batch [pictures] [--engine ID --home DATA_FOLDER] [--workers N] [--rounds N] [--keep]` prints JSON.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PictureFile } from '../src/media/picture-file';
import { loadSharp } from '../src/media/sharp-loader';
import type { BatchReport } from '../src/shared/batch-contract';
import type { Job } from '../src/shared/domain/job';
import { runtimeOfFamily } from '../src/shared/domain/engine';
import { exportFormatSchema, maskStyleSchema } from '../src/shared/domain/export';
import type { Mask } from '../src/shared/domain/mask';
import type { RawFrame } from '../src/shared/domain/raw-frame';
import type { SessionInfo } from '../src/shared/domain/runtime';
import { unrestrictedAccess } from '../src/studio/file-access';
import { walkFolder } from '../src/studio/pictures/walk-folder';
import type { Studio } from '../src/studio/studio-api';
import { createStudio } from '../src/studio/studio';
import { sizeThreadPool } from '../src/studio/thread-pool';
import { fastEngine } from './batch-fast-engine';
import { machine, occasion, record, runToEnd } from './record';
import { ratio, sum } from './statistics';

const SIDE = 512;
/** Different pictures; the folder holds copies of them, each a file of its own. */
const DISTINCT = 50;
const AIM = 0.9;
const work = mkdtempSync(join(tmpdir(), 'bench-batch-'));
const context = { signal: new AbortController().signal };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: 'string' },
    home: { type: 'string' },
    workers: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '20' },
    threads: { type: 'string' },
    formats: { type: 'string', default: 'index' },
    keep: { type: 'boolean', default: false },
  },
});
const pictures = Number(positionals[0] ?? 1000);
const rounds = values.threads === undefined ? Number(values.rounds) : 1;

/** Seconds for one round's pictures: of the clock, and of all processor cores together. */
interface Taken {
  readonly wall: number;
  readonly processor: number;
}

interface Round {
  readonly session: Taken;
  readonly batch: Taken;
}

async function main(): Promise<void> {
  // As the studio's programs do.
  sizeThreadPool();
  const jobs = new Map<string, (job: Job) => void>();
  const studio = await createStudio({
    dataDirectory: values.home ?? join(work, 'data'),
    resourcesDirectory: 'resources',
    access: unrestrictedAccess,
    emit: (name, payload) => {
      const job = payload as Job;
      if (name === 'jobs.changed' && job.state !== 'running') jobs.get(job.id)?.(job);
    },
  });
  const session = await openSession(studio);
  if (values.threads !== undefined) return measureStudioAlone(studio, session, values.threads.split(',').map(Number));
  const perRound = Math.ceil(pictures / rounds);
  const folders = await writePictures(perRound);
  const frames = await decode(folders[0] ?? '');
  const atOnce = await warmUp(studio, session, frames);
  const results: Round[] = [];
  let workers = 0;
  for (const [round, folder] of folders.entries()) {
    const alone = (): Promise<Taken> => timed(() => sessionAlone(studio, session, frames, { count: perRound, atOnce }));
    const asBatch = (): Promise<Taken> =>
      timed(async () => {
        workers = (await batch(studio, session, folder, jobs)).workers;
      });
    // Who goes first changes, so that a machine that gets busier harms both.
    const isEven = round % 2 === 0;
    const first = await (isEven ? alone() : asBatch());
    const second = await (isEven ? asBatch() : alone());
    const result = isEven ? { session: first, batch: second } : { session: second, batch: first };
    results.push(result);
    const rates = [result.session, result.batch].map(({ wall }) => (perRound / wall).toFixed(2));
    process.stderr.write(`round ${round + 1} of ${rounds}: session ${rates[0]}, batch ${rates[1]} a second\n`);
  }
  await studio.close();
  report(results, session, { perRound, atOnce, workers });
}

/** Before an engine that answers at once: without threads for pictures, and with so many. */
async function measureStudioAlone(studio: Studio, session: SessionInfo, threads: readonly number[]): Promise<void> {
  const [input = ''] = await writePictures(pictures);
  const frames = await decode(input);
  const masks: Mask[] = [];
  for (const [frame, picture] of frames.entries()) {
    const call = { sessionId: session.id, frame, picture, stream: null, smoothing: 1 };
    masks.push((await studio.handlers['session.segmentFrame'](call, context)).mask);
  }
  const model = (await studio.handlers['models.list']({}, context)).find(({ id }) => id === session.modelId);
  if (model === undefined) throw new Error('The model is not in the library.');
  await studio.handlers['session.close']({ sessionId: session.id }, context);
  await studio.close();
  const formats = exportFormatSchema.array().parse(values.formats.split(','));
  const results: object[] = [];
  for (const [index, count] of threads.entries()) {
    const output = join(work, `out-${index}`);
    const result = await fastEngine({ input, model, masks, pictures, threads: count, output, formats });
    process.stderr.write(`${JSON.stringify(result)}\n`);
    results.push(result);
  }
  const path = join('bench', 'results', 'batch.json');
  record('batch', {
    ...(JSON.parse(readFileSync(path, 'utf8')) as object),
    fastEngine: {
      ...occasion('batch'),
      device: machine(),
      versions: { node: process.version },
      loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
      how: `JPEGs of ${SIDE}x${SIDE} through an engine that answers at once with masks of the real network.`,
      results,
    },
  });
}

async function openSession({ handlers }: Studio): Promise<SessionInfo> {
  if (values.engine === undefined) {
    return handlers['session.open']({ modelId: 'street-b0', runtime: 'onnxruntime', threads: 0 }, context);
  }
  const { engine } = await handlers['engines.inspect']({ engineId: values.engine }, context);
  const { id: engineId, modelId } = engine;
  return handlers['session.open'](
    { modelId, runtime: runtimeOfFamily(engine.runtime.family), threads: 0, engineId },
    context,
  );
}

/** A folder for each round: JPEGs cut from the samples. */
async function writePictures(count: number): Promise<string[]> {
  const samples = await walkFolder(join('resources', 'samples', 'pictures'), () => undefined);
  const cuts: Buffer[] = [];
  for (let index = 0; index < Math.min(DISTINCT, count); index += 1) {
    const sample = samples[index % samples.length];
    if (sample === undefined) throw new Error('There are no samples.');
    const size = { width: SIDE, height: SIDE, fit: 'cover' as const };
    const position = index % 2 === 0 ? 'left' : 'right';
    cuts.push(
      await loadSharp()(sample.path)
        .resize({ ...size, position })
        .jpeg({ quality: 90 })
        .toBuffer(),
    );
  }
  return Array.from({ length: rounds }, (_, round) => {
    const folder = join(work, `in-${round}`);
    mkdirSync(folder);
    for (let index = 0; index < count; index += 1) {
      const cut = cuts[index % cuts.length];
      if (cut !== undefined) writeFileSync(join(folder, `${String(index).padStart(5, '0')}.jpg`), cut);
    }
    return folder;
  });
}

async function decode(folder: string): Promise<RawFrame[]> {
  const files = (await walkFolder(folder, () => undefined)).slice(0, DISTINCT);
  return Promise.all(
    files.map(async ({ path }): Promise<RawFrame> => {
      const { width, height, pixels } = await (await PictureFile.open({ path })).read();
      const rgba = new Uint8Array(width * height * 4);
      for (let i = 0; i < width * height; i += 1) {
        rgba.set(pixels.subarray(i * 3, i * 3 + 3), i * 4);
        rgba[i * 4 + 3] = 255;
      }
      return { width, height, format: 'rgba', data: rgba, matrix: 'bt709', fullRange: true };
    }),
  );
}

/** Answers with how many frames at once suit the session best. */
async function warmUp(studio: Studio, session: SessionInfo, frames: readonly RawFrame[]): Promise<number> {
  await sessionAlone(studio, session, frames, { count: 5, atOnce: 1 });
  const tries: { readonly wall: number; readonly atOnce: number }[] = [];
  for (const atOnce of [1, 2, 4]) {
    const { wall } = await timed(() => sessionAlone(studio, session, frames, { count: 20, atOnce }));
    tries.push({ wall, atOnce });
  }
  return tries.sort((a, b) => a.wall - b.wall)[0]?.atOnce ?? 1;
}

async function timed(work: () => Promise<void>): Promise<Taken> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - start) / 1e3, processor: (user + system) / 1e6 };
}

async function sessionAlone(
  { handlers }: Studio,
  { id: sessionId }: SessionInfo,
  frames: readonly RawFrame[],
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
): Promise<void> {
  let next = 0;
  const line = async (): Promise<void> => {
    for (let frame = next++; frame < count; frame = next++) {
      const picture = frames[frame % frames.length];
      if (picture === undefined) throw new Error('There are no frames.');
      await handlers['session.segmentFrame']({ sessionId, frame, picture, stream: null, smoothing: 1 }, context);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
}

async function batch(
  { handlers }: Studio,
  { id: sessionId }: SessionInfo,
  input: string,
  jobs: Map<string, (job: Job) => void>,
): Promise<BatchReport> {
  const order = {
    sessionId,
    input,
    output: `${input}-masks`,
    formats: ['index' as const],
    style: maskStyleSchema.parse({}),
  };
  const manner = {
    recursive: true,
    keepFolders: true,
    existing: 'resume',
    unchanged: 'time',
    onlyFailed: false,
  } as const;
  const workers = Number(values.workers);
  const { jobId } = await handlers['batch.start']({ ...order, ...manner, workers, table: null }, context);
  const { state, error } = await new Promise<Job>((ended) => jobs.set(jobId, ended));
  const result = await handlers['batch.report']({ jobId }, context);
  if (state !== 'done' || result === null) throw new Error(`The batch ended as ${state}: ${error?.message ?? ''}`);
  return result;
}

/** The other half of the file, which is measured by itself. */
function keptFastEngine(): object {
  const path = join('bench', 'results', 'batch.json');
  if (!existsSync(path)) return {};
  const { fastEngine } = JSON.parse(readFileSync(path, 'utf8')) as { fastEngine?: object };
  return fastEngine === undefined ? {} : { fastEngine };
}

function report(
  results: readonly Round[],
  session: SessionInfo,
  facts: { readonly perRound: number; readonly atOnce: number; readonly workers: number },
): void {
  const count = facts.perRound * results.length;
  const total = (which: keyof Round, clock: keyof Taken): number => sum(results.map((each) => each[which][clock]));
  const share = ratio(total('session', 'wall'), total('batch', 'wall'));
  const { runtime, runtimeVersion, device, precision, threads, modelName } = session;
  const name = values.engine === undefined ? 'batch' : 'batch-engine';
  record(name, {
    ...occasion('batch'),
    device: machine(),
    versions: { node: process.version },
    session: { model: modelName, runtime, runtimeVersion, device, precision, threads },
    loadAverage: loadavg().map((load) => Math.round(load * 10) / 10),
    how: `Pictures of ${SIDE}x${SIDE}. Session: decoded pixels in, mask and class areas out. Batch: JPEG files in, index PNGs and journal out.`,
    pictures: count,
    framesAtOnce: facts.atOnce,
    workers: facts.workers,
    /** Pictures a second, round by round: how much the machine varied. */
    rounds: results.map(({ session: alone, batch: folder }) => ({
      session: ratio(facts.perRound, alone.wall),
      batch: ratio(facts.perRound, folder.wall),
    })),
    sessionPerSecond: ratio(count, total('session', 'wall')),
    batchPerSecond: ratio(count, total('batch', 'wall')),
    processorMillisecondsPerPicture: {
      session: ratio(total('session', 'processor') * 1000, count),
      batch: ratio(total('batch', 'processor') * 1000, count),
    },
    /** Throughput of the batch, as a share of the session's. */
    ratio: share,
    /** The same by processor time, which others on the machine disturb less. */
    ratioByProcessorTime: ratio(total('session', 'processor'), total('batch', 'processor')),
    aim: AIM,
    holds: share >= AIM,
    ...(name === 'batch' ? keptFastEngine() : {}),
  });
}

runToEnd(main, () => {
  // For minutes after thousands of files were deleted ext4 is slow at making new ones, which the next run would measure.
  if (!values.keep) rmSync(work, { recursive: true, force: true });
});
