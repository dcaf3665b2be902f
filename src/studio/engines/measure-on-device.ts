import { AppError } from '../../shared/app-error';
import type { EngineSummary, ImageShape } from '../../shared/domain/engine';
import type {
  BenchOrder,
  BenchReport,
  Distribution,
  EndToEnd,
  EngineProfile,
} from '../../shared/domain/engine-measurement';
import type { Timings } from '../../shared/domain/mask';
import type { RawFrame } from '../../shared/domain/raw-frame';
import type { BenchSamples, NativeSession } from '../../runtimes/tensorrt/addon';
import type { EngineToOpen } from '../../runtimes/tensorrt/engine-geometry';
import { checkShape, inputDims } from '../../runtimes/tensorrt/engine-geometry';
import { withRemedy } from '../../runtimes/tensorrt/native-errors';
import { openPlan, sessionOptions } from '../../runtimes/tensorrt/open-engine';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { openEngine } from '../../runtimes/tensorrt/tensorrt-runtime';
import type { FrameBatcher } from '../../runtimes/runtime';
import type { UsableEngine } from './engine-library';
import { gpuCondition } from './gpu-condition';
import { layersByName } from './inspect-engine';
import { distribution, median } from './statistics';

/** An engine of TensorRT to measure. */
export interface MeasuredOnDevice {
  readonly engine: EngineSummary;
  readonly usable: UsableEngine;
  readonly toOpen: EngineToOpen;
  readonly libraries: TensorRtLibraries;
}

const END_TO_END_WARM_UP = 20;

/**
 * Time of an engine by itself in trtexec's words and, where asked for, from pixels to masks through a session.
 * @throws AppError ENGINE_SHAPE_OUT_OF_RANGE, and what opening and running throws
 */
export async function benchOnDevice(
  measured: MeasuredOnDevice,
  options: BenchOrder,
  signal: AbortSignal,
): Promise<BenchReport> {
  const { engine, toOpen, libraries } = measured;
  const shape = options.shape ?? toOpen.shapes.opt;
  checkShape(toOpen, shape);
  const device = await libraries.device(toOpen.device);
  const before = await gpuCondition(device.uuid);
  const { samples, deviceBytes } = await withSession(measured, async (session) => {
    const { warmUpMs, iterations, minSeconds, cudaGraph, transfers } = options;
    const how = { warmUpMs, iterations, minSeconds, cudaGraph, transfers };
    const result = await session.bench(inputDims(toOpen.input, shape), how);
    return { samples: result, deviceBytes: session.deviceBytes };
  });
  throwIfAborted(signal);
  const endToEnd = options.endToEnd ? await measureEndToEnd(measured, shape, options, signal) : [];
  const after = await gpuCondition(device.uuid);
  return {
    engine,
    device: device.name,
    driver: before?.driver ?? '',
    shape,
    ...inTrtexecWords(samples, shape.batch),
    warmUpMs: options.warmUpMs,
    cudaGraph: options.cudaGraph,
    deviceBytes,
    threads: null,
    endToEnd,
    before: before?.condition ?? null,
    after: after?.condition ?? null,
  };
}

/** Time of each layer; layers are timed one by one, so their sum is more than the engine takes. */
export async function profileOnDevice(
  measured: MeasuredOnDevice,
  { runs, shape: wanted }: { readonly runs: number; readonly shape?: ImageShape | undefined },
): Promise<EngineProfile> {
  const { toOpen, usable } = measured;
  const shape = wanted ?? toOpen.shapes.opt;
  checkShape(toOpen, shape);
  const { times, information } = await withSession(measured, async (session, layers) => ({
    times: await session.profile(inputDims(toOpen.input, shape), runs),
    information: await layers(),
  }));
  const known = await layersByName(usable, information);
  const totalMs = times.reduce((sum, { medianMs }) => sum + medianMs, 0);
  const layers = times.map(({ name, medianMs }) => {
    const layer = known.get(name);
    const share = totalMs === 0 ? 0 : medianMs / totalMs;
    return { name, medianMs, share, precision: layer?.precision ?? '', nodes: layer?.nodes ?? [] };
  });
  layers.sort((a, b) => b.medianMs - a.medianMs);
  return { engineId: toOpen.id, shape, runs, totalMs, layers };
}

function inTrtexecWords(
  samples: BenchSamples,
  batch: number,
): Pick<
  BenchReport,
  | 'iterations'
  | 'gpuComputeTime'
  | 'h2dLatency'
  | 'd2hLatency'
  | 'enqueueTime'
  | 'latency'
  | 'throughputQps'
  | 'imagesPerSecond'
> {
  const iterations = samples.gpuCompute.length;
  const throughputQps = samples.wallSeconds > 0 ? iterations / samples.wallSeconds : 0;
  return {
    iterations,
    gpuComputeTime: measuredOnly(samples.gpuCompute),
    h2dLatency: distribution(samples.copyIn),
    d2hLatency: distribution(samples.copyOut),
    enqueueTime: measuredOnly(samples.enqueue),
    latency: measuredOnly(samples.latency),
    throughputQps,
    imagesPerSecond: throughputQps * batch,
  };
}

export function measuredOnly(samples: readonly number[]): Distribution {
  const result = distribution(samples);
  if (result !== null) return result;
  throw new AppError('ENGINE_NOT_MEASURED', 'Not one iteration was timed.', { hint: 'Ask for more iterations.' });
}

async function withSession<T>(
  { toOpen, libraries }: MeasuredOnDevice,
  work: (session: NativeSession, layers: () => Promise<string>) => Promise<T>,
): Promise<T> {
  const { library } = await libraries.open(toOpen.family);
  const native = await openPlan(library, toOpen);
  try {
    return await withRemedy(`The engine ${toOpen.id}`, async () => {
      const session = await native.createSession(sessionOptions(toOpen, false));
      try {
        return await work(session, () => native.layerInformation());
      } finally {
        await session.close();
      }
    });
  } finally {
    await native.close();
  }
}

/** RGBA in host memory to masks in host memory, once through memory of the device's own and once through any. */
async function measureEndToEnd(
  { libraries, toOpen }: MeasuredOnDevice,
  shape: ImageShape,
  { iterations }: BenchOrder,
  signal: AbortSignal,
): Promise<EndToEnd[]> {
  const session = await openEngine(libraries, toOpen, { signal });
  try {
    const results: EndToEnd[] = [];
    for (const pinned of [true, false]) {
      const timings = await timeFrames(session.frames, shape, { pinned, iterations, signal });
      results.push(summariseFrames(timings, pinned));
    }
    return results;
  } finally {
    await session.close();
  }
}

async function timeFrames(
  frames: FrameBatcher,
  { batch, width, height }: ImageShape,
  { pinned, iterations, signal }: { pinned: boolean; iterations: number; signal: AbortSignal },
): Promise<Timings[]> {
  const allocate = (bytes: number): Uint8Array => (pinned ? frames.allocate(bytes) : new Uint8Array(bytes));
  const pictures = Array.from({ length: batch }, () => picture(allocate(width * height * 4), width, height));
  const masks = pictures.map(() => allocate(width * height * frames.bytesPerId));
  const timings: Timings[] = [];
  for (let run = -END_TO_END_WARM_UP; run < iterations; run++) {
    throwIfAborted(signal);
    const outcome = await frames.segment(pictures, { masks });
    if (run >= 0) timings.push(outcome.timings);
  }
  return timings;
}

/** Something with edges, the same each time. */
export function picture(data: Uint8Array, width: number, height: number): RawFrame {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      data[at] = (x * 7) & 255;
      data[at + 1] = (y * 5) & 255;
      data[at + 2] = ((x >> 4) ^ (y >> 4)) & 1 ? 220 : 30;
      data[at + 3] = 255;
    }
  }
  return { format: 'rgba', width, height, matrix: 'bt709', fullRange: true, data: onlyBytes(data) };
}

function onlyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  if (!(buffer instanceof ArrayBuffer)) throw new Error('Memory that is shared with threads cannot hold a frame.');
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function summariseFrames(timings: readonly Timings[], pinned: boolean): EndToEnd {
  const stage = (key: keyof Timings): Distribution => measuredOnly(timings.map((each) => each[key] / 1e6));
  const overhead = timings.map(({ total, infer }) => (total - infer) / 1e6);
  return {
    pinned,
    iterations: timings.length,
    stages: {
      preprocess: stage('preprocess'),
      transferIn: stage('transferIn'),
      infer: stage('infer'),
      postprocess: stage('postprocess'),
      transferOut: stage('transferOut'),
      total: stage('total'),
    },
    overheadMs: median(overhead),
  };
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The measurement was cancelled.');
}
