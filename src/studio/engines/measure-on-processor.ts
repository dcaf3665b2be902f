import { join } from 'node:path';
import type { EngineSummary, ImageShape } from '../../shared/domain/engine';
import { isEightBit } from '../../shared/domain/engine';
import type { BenchOrder, BenchReport, EngineProfile } from '../../shared/domain/engine-measurement';
import type { Timings } from '../../shared/domain/mask';
import { readTextIfPresent } from '../library/json-file';
import { checkShape } from '../../runtimes/tensorrt/engine-geometry';
import type { OnnxRuntimeOptions } from '../../runtimes/onnxruntime/ort-runtime';
import { openOnProcessor, threadsFor } from '../../runtimes/onnxruntime/ort-runtime';
import { WorkerNetwork } from '../../runtimes/onnxruntime/worker-network';
import type { Session } from '../../runtimes/runtime';
import { engineFiles } from './engine-files';
import type { UsableEngine } from './engine-library';
import { processorEngine } from './engine-to-open';
import { kernelLayers, kernelLayersFromText } from './kernel-layers';
import { measuredOnly, picture, summariseFrames, throwIfAborted } from './measure-on-device';
import { median } from './statistics';

/** An engine of ONNX Runtime to measure. */
export interface MeasuredOnProcessor {
  readonly engine: EngineSummary;
  readonly usable: UsableEngine;
  readonly runtime: OnnxRuntimeOptions;
}

/** Runs that are not counted, however short they are. */
const LEAST_WARM_UP = 3;
const MICROSECONDS = 1000;

/**
 * Wall times from pixels in memory to a mask in memory, through the session that pictures go through, stage by stage; the
 * network's own time is one of the stages. On a processor a copy to a device and a queue have no times.
 *
 * @throws AppError ENGINE_SHAPE_OUT_OF_RANGE, CANCELLED, and what opening and running throws
 */
export async function benchOnProcessor(
  { engine, usable, runtime }: MeasuredOnProcessor,
  options: BenchOrder,
  signal: AbortSignal,
): Promise<BenchReport> {
  const shape = options.shape ?? { ...usable.record.recipe.shapes.opt, batch: 1 };
  checkShape({ id: engine.id, shapes: usable.record.recipe.shapes }, shape);
  const { model, zeroPixel } = processorEngine(usable);
  const { height, width } = shape;
  const size = { mode: 'stretch', height, width } as const;
  const sized = { ...model, preprocessing: { ...model.preprocessing, size } };
  const session = await openOnProcessor(sized, { threads: 0, signal }, { ...runtime, rewrite: false, zeroPixel });
  try {
    const { timings, seconds } = await timePictures(session, shape, options, signal);
    const stages = summariseFrames(timings, false);
    const qps = seconds > 0 ? timings.length / seconds : 0;
    return {
      engine,
      device: session.device,
      driver: '',
      shape,
      iterations: timings.length,
      warmUpMs: options.warmUpMs,
      cudaGraph: false,
      gpuComputeTime: stages.stages.infer,
      h2dLatency: null,
      d2hLatency: null,
      enqueueTime: null,
      latency: measuredOnly(timings.map(({ total }) => total / 1e6)),
      throughputQps: qps,
      imagesPerSecond: qps,
      deviceBytes: null,
      threads: session.threads,
      endToEnd: [stages],
      before: null,
      after: null,
    };
  } finally {
    await session.close();
  }
}

async function timePictures(
  session: Session,
  { width, height }: ImageShape,
  { iterations, warmUpMs, minSeconds }: BenchOrder,
  signal: AbortSignal,
): Promise<{ timings: Timings[]; seconds: number }> {
  const { data } = picture(new Uint8Array(width * height * 4), width, height);
  const frame = { width, height, channels: 4, pixels: data } as const;
  const source = { width, height, read: async () => frame };
  const begun = process.hrtime.bigint();
  const elapsed = (since: bigint): number => Number(process.hrtime.bigint() - since) / 1e9;
  for (let run = 0; run < LEAST_WARM_UP || elapsed(begun) * 1000 < warmUpMs; run += 1) {
    await session.segment(source, { signal });
  }
  const timings: Timings[] = [];
  const start = process.hrtime.bigint();
  while (timings.length < iterations || elapsed(start) < minSeconds) {
    throwIfAborted(signal);
    timings.push((await session.segment(source, { signal })).timings);
  }
  return { timings, seconds: elapsed(start) };
}

/** Time of each kernel by ONNX Runtime's own profiler. */
export async function profileOnProcessor(
  { engine, usable, runtime }: MeasuredOnProcessor,
  { runs, shape: wanted }: { readonly runs: number; readonly shape?: ImageShape | undefined },
  signal: AbortSignal,
): Promise<EngineProfile> {
  const { record, folder } = usable;
  const shape = wanted ?? { ...record.recipe.shapes.opt, batch: 1 };
  checkShape({ id: engine.id, shapes: record.recipe.shapes }, shape);
  const { model } = processorEngine(usable);
  const { width, height } = shape;
  const how = { threads: threadsFor(0), isEightBit: isEightBit(record.recipe.precision), warmUp: LEAST_WARM_UP };
  const order = { path: model.path, input: record.input, width, height, ...how };
  const kernels = await WorkerNetwork.profile(runtime.workerFile, { ...order, runs }, signal);
  const kept = kernelLayersFromText((await readTextIfPresent(join(folder, engineFiles.layers))) ?? '') ?? [];
  const described = kernelLayers(
    kernels,
    kept.flatMap(({ nodes }) => nodes),
  );
  const medians = kernels.map(({ microseconds }) => median(microseconds) / MICROSECONDS);
  const totalMs = medians.reduce((sum, milliseconds) => sum + milliseconds, 0);
  const layers = described.map(({ name, precision, nodes }, index) => {
    const medianMs = medians[index] ?? 0;
    return { name, medianMs, share: totalMs === 0 ? 0 : medianMs / totalMs, precision, nodes };
  });
  layers.sort((a, b) => b.medianMs - a.medianMs);
  return { engineId: engine.id, shape, runs, totalMs, layers };
}
