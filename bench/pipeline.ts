/**
 * Frames of a video through the studio without a decoder: raw 1280x720 frames in, masks out, three in flight, as the
 * window has them. Twice: with the studio in this process, and with its engine host in a process of its own, where every
 * frame and mask crosses a pipe. `npm run bench -- pipeline [--engine ID] [--model ID] [--frames 2000] [--rounds 3]`
 * prints JSON; `--home` names the studio's data folder, `--out` another file than bench/results/pipeline.json.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { calls } from '../src/shared/contract';
import type { CallArgs, CallInput, CallName, CallResult } from '../src/shared/contract';
import { runtimeOfFamily } from '../src/shared/domain/engine';
import type { RawFrame } from '../src/shared/domain/raw-frame';
import { createStudioClient } from '../src/shared/rpc';
import { unrestrictedAccess } from '../src/studio/file-access';
import { forkHost } from '../src/studio/host/fork-host';
import { HostSupervisor } from '../src/studio/host/supervisor';
import { walkFolder } from '../src/studio/pictures/walk-folder';
import { createStudio } from '../src/studio/studio';
import { machine, occasion, record, runToEnd } from './record';

const SIZE = { width: 1280, height: 720 };
const IN_FLIGHT = 3;
const WARM_UP = 30;
const TARGET_FRAMES_PER_SECOND = 200;

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string' },
    model: { type: 'string', default: 'street-b0' },
    frames: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    home: { type: 'string' },
    out: { type: 'string' },
  },
});
const work = mkdtempSync(join(tmpdir(), 'bench-pipeline-'));
/** out/bench, where this runs: the studio's own files lie beside it. */
const built = dirname(__dirname);
const resources = join(built, '..', 'resources');
const home = resolve(options.home ?? join(work, 'data'));

interface Caller {
  call<K extends CallName>(name: K, args: CallInput<K>): Promise<CallResult<K>>;
  close(): Promise<void>;
}

/** Milliseconds of one frame: `transfer` is what passes between the caller and the session, both ways. */
interface FrameTimes {
  readonly waited: number;
  readonly preprocess: number;
  readonly infer: number;
  readonly postprocess: number;
  readonly transfer: number;
  readonly total: number;
}
const stages = ['waited', 'preprocess', 'infer', 'postprocess', 'transfer', 'total'] as const;

interface Run {
  readonly framesPerSecond: number;
  readonly frames: readonly FrameTimes[];
}

async function sameProcess(): Promise<Caller> {
  const studio = await createStudio({
    dataDirectory: home,
    resourcesDirectory: resources,
    access: unrestrictedAccess,
    emit: () => undefined,
  });
  const signal = new AbortController().signal;
  return {
    call: async (name, args) =>
      studio.handlers[name](calls[name].args.parse(args) as CallArgs<typeof name>, { signal }),
    close: () => studio.close(),
  };
}

async function ownProcess(): Promise<Caller> {
  const supervisor = new HostSupervisor({
    launch: () => forkHost(join(built, 'host', 'host.cjs')),
    dataDirectory: home,
    resourcesDirectory: resources,
    unrestricted: true,
  });
  supervisor.start();
  await supervisor.ready();
  const client = createStudioClient(supervisor.openChannel());
  return {
    call: (name, args) => client.call(name, args),
    close: async () => {
      client.close();
      await supervisor.stop();
    },
  };
}

async function main(): Promise<void> {
  const frames = await rawFrames();
  const ways = { sameProcess, ownProcess };
  const runs: Record<keyof typeof ways, Run[]> = { sameProcess: [], ownProcess: [] };
  let about: object = {};
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [name, open] of Object.entries(ways) as [keyof typeof ways, () => Promise<Caller>][]) {
      const studio = await open();
      try {
        const session = await openSession(studio);
        const { modelName, runtime, runtimeVersion, device, precision } = session;
        about = { modelName, runtime, runtimeVersion, device, precision };
        await run(studio, session.id, frames, WARM_UP);
        const done = await run(studio, session.id, frames, Number(options.frames));
        runs[name].push(done);
        process.stderr.write(`round ${round + 1}, ${name}: ${done.framesPerSecond.toFixed(1)} frames/s\n`);
      } finally {
        await studio.close();
      }
    }
  }
  report(about, runs);
}

async function openSession(studio: Caller): Promise<CallResult<'session.open'>> {
  const { engine, model } = options;
  if (engine === undefined) return studio.call('session.open', { modelId: model });
  const { id, runtime } = (await studio.call('engines.inspect', { engineId: engine })).engine;
  return studio.call('session.open', { modelId: model, runtime: runtimeOfFamily(runtime.family), engineId: id });
}

async function run(studio: Caller, sessionId: string, pictures: readonly RawFrame[], count: number): Promise<Run> {
  const frames: FrameTimes[] = [];
  let next = 0;
  const start = performance.now();
  const feed = async (): Promise<void> => {
    while (next < count) {
      const frame = next++;
      const picture = pictures[frame % pictures.length];
      if (picture === undefined) throw new Error('there are no pictures');
      frames.push(await oneFrame(studio, sessionId, frame, picture));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, feed));
  return { framesPerSecond: (count / (performance.now() - start)) * 1000, frames };
}

async function oneFrame(studio: Caller, sessionId: string, frame: number, picture: RawFrame): Promise<FrameTimes> {
  const asked = performance.now();
  const answer = await studio.call('session.segmentFrame', { sessionId, frame, picture });
  const total = performance.now() - asked;
  if (answer.frame !== frame || answer.mask.width !== SIZE.width) throw new Error(`frame ${frame} got another's mask`);
  const [waited, preprocess, infer, postprocess, session] = [
    answer.waited,
    answer.timings.preprocess,
    answer.timings.infer,
    answer.timings.postprocess,
    answer.timings.total,
  ].map((nanoseconds) => nanoseconds / 1e6) as [number, number, number, number, number];
  return { waited, preprocess, infer, postprocess, transfer: Math.max(0, total - waited - session), total };
}

/** The sample pictures as a decoder gives frames: planes of Y, U and V (BT.709), chroma halved. */
async function rawFrames(): Promise<RawFrame[]> {
  const pictures = await walkFolder(join(resources, 'samples', 'pictures'), () => undefined);
  return Promise.all(
    pictures.slice(0, 8).map(async ({ path }) => {
      const rgb = await sharp(path).resize(SIZE.width, SIZE.height, { fit: 'fill' }).removeAlpha().raw().toBuffer();
      return { format: 'i420', ...SIZE, matrix: 'bt709', fullRange: false, data: planesOf(rgb) };
    }),
  );
}

function planesOf(rgb: Buffer): Uint8Array<ArrayBuffer> {
  const { width, height } = SIZE;
  const data = new Uint8Array(width * height * 1.5);
  const half = width / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [red = 0, green = 0, blue = 0] = rgb.subarray(at * 3, at * 3 + 3);
      const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      data[at] = 16 + (luma * 219) / 255;
      if (x % 2 === 1 || y % 2 === 1) continue;
      const chroma = width * height + (y / 2) * half + x / 2;
      data[chroma] = 128 + ((blue - luma) * 224) / 255 / 1.8556;
      data[chroma + half * (height / 2)] = 128 + ((red - luma) * 224) / 255 / 1.5748;
    }
  return data;
}

function report(about: object, runs: Record<string, readonly Run[]>): void {
  const ways = Object.entries(runs).map(([name, rounds]) => {
    const frames = rounds.flatMap((each) => each.frames);
    const table = stages.map((stage) => [stage, spread(frames.map((frame) => frame[stage]))]);
    const framesPerSecond = rounds.map((each) => Math.round(each.framesPerSecond * 10) / 10);
    return [name, { framesPerSecond, stagesMs: Object.fromEntries(table) }] as const;
  });
  const best = Math.max(...ways.flatMap(([, { framesPerSecond }]) => framesPerSecond));
  const result = {
    ...occasion('pipeline'),
    ...machine(),
    ...about,
    node: process.version,
    size: SIZE,
    inFlight: IN_FLIGHT,
    framesARound: Number(options.frames),
    ...Object.fromEntries(ways),
    target: { framesPerSecond: TARGET_FRAMES_PER_SECOND, isMet: best >= TARGET_FRAMES_PER_SECOND },
  };
  if (options.out === undefined) return record('pipeline', result);
  mkdirSync(dirname(resolve(options.out)), { recursive: true });
  writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
}

function spread(values: readonly number[]): { p50: number; p95: number; p99: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN) * 1000) / 1000;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

runToEnd(main, () => rmSync(work, { recursive: true, force: true }));
