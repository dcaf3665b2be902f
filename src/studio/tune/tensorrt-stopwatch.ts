import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import type { ModelIo } from '../../onnx/describe-io';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { saveModel } from '../../onnx/model-write';
import type { EngineToOpen } from '../../runtimes/tensorrt/engine-geometry';
import type { NativeEngine, NativeSession } from '../../runtimes/tensorrt/addon';
import { checkShape, EngineGeometry, inputDims } from '../../runtimes/tensorrt/engine-geometry';
import { withRemedy } from '../../runtimes/tensorrt/native-errors';
import { nativePicture } from '../../runtimes/tensorrt/native-frame';
import { measureGrid, openPlan, sessionOptions } from '../../runtimes/tensorrt/open-engine';
import type { Recipe } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { TensorRtTarget } from '../engines/build-plan';
import { buildPlan } from '../engines/compile-tensorrt';
import { engineFiles } from '../engines/engine-files';
import { engineFamilyNames } from '../engines/engine-state';
import { pixelForm, precisionLabel, servedSize } from '../engines/engine-to-open';
import type { TimingCache } from '../engines/timing-cache';
import type { Ids } from '../quantize/mask-agreement';
import type { InputForm } from '../quantize/picture-inputs';
import { pictureTiles } from '../quantize/picture-tiles';
import type { Stopwatch, TimedEngine } from './paired-device-timer';

export interface StopwatchParts {
  readonly recipe: Recipe;
  readonly model: ModelSummary;
  readonly target: TensorRtTarget;
  readonly timing: TimingCache;
  /** What masks are compared on, and how it becomes the network's input. */
  readonly pictures: readonly string[];
  readonly form: InputForm;
  readonly signal: AbortSignal;
  readonly warn: (said: ErrorReport) => void;
}

/** As `maskforge bench` does it by default, the copies left out: the network alone is compared. */
const BENCH = { warmUpMs: 200, iterations: 100, minSeconds: 0, cudaGraph: true, transfers: false };
const SUBJECT = 'The candidate';
/** Ids past this need two bytes. */
const MOST_NARROW_IDS = 255;

/** Builds candidates as engines are built, with the same timing cache, and times the network alone by CUDA events. */
export class TensorRtStopwatch implements Stopwatch {
  readonly device: string;
  readonly #parts: StopwatchParts;
  #folder: string | null = null;
  #count = 0;

  constructor(parts: StopwatchParts) {
    const { runtime, device } = parts.recipe;
    this.#parts = parts;
    const where = device.kind === 'gpu' ? ` · ${device.name}` : '';
    // The version tells the generation by itself.
    const name = runtime.family === 'tensorrt-rtx' ? engineFamilyNames[runtime.family] : 'TensorRT';
    this.device = `${name} ${runtime.version}${where}`;
  }

  /** @throws AppError CANCELLED, ENGINE_BUILD_FAILED, ONNX_PARSE_FAILED, OUT_OF_DEVICE_MEMORY, DISK_FULL, ENGINE_CORRUPT … */
  async open(graph: OnnxModel): Promise<TimedEngine> {
    const { plan, io } = await this.build(graph);
    try {
      return await this.#openPlan(plan, io);
    } catch (error) {
      await rm(dirname(plan), { recursive: true, force: true });
      throw error;
    }
  }

  /** The building half: needs no device where the library builds without one. */
  async build(graph: OnnxModel): Promise<{ plan: string; io: ModelIo }> {
    const { recipe, target, timing, signal, warn } = this.#parts;
    signal.throwIfAborted();
    this.#folder ??= await mkdtemp(join(tmpdir(), 'maskforge-tune-'));
    const folder = join(this.#folder, `${++this.#count}`);
    const files = { graph: join(folder, engineFiles.graph), plan: join(folder, engineFiles.plan) };
    const io = describeIo(graph);
    try {
      await mkdir(folder);
      await saveModel(graph, files.graph);
      const cache = await timing.read(recipe.runtime, recipe.device, warn);
      const result = await buildPlan({ recipe, target, files, input: io.input, cache, subject: SUBJECT, signal });
      await timing.write(recipe.runtime, recipe.device, result.timingCache, warn);
      return { plan: files.plan, io };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    const folder = this.#folder;
    this.#folder = null;
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }

  /** Of a plan that was built for this recipe, which stays where it is. */
  async *masksOf(plan: string, io: ModelIo): AsyncGenerator<Ids> {
    const open = await this.#openEngine(plan, io);
    try {
      yield* this.#masksOf(open);
    } finally {
      await open.close();
    }
  }

  async #openPlan(plan: string, io: ModelIo): Promise<TimedEngine> {
    const { recipe, signal } = this.#parts;
    const open = await this.#openEngine(plan, io);
    const dims = inputDims(io.input, recipe.shapes.opt);
    return {
      time: async () => {
        signal.throwIfAborted();
        return (await withRemedy(SUBJECT, () => open.session.bench(dims, BENCH))).gpuCompute;
      },
      masks: () => this.#masksOf(open),
      close: async () => {
        await open.close();
        await rm(dirname(plan), { recursive: true, force: true });
      },
    };
  }

  async #openEngine(plan: string, io: ModelIo): Promise<OpenEngine> {
    const engine = this.#engineToOpen(plan, io);
    const native = await openPlan(this.#parts.target.family.library, engine);
    try {
      const session = await withRemedy(SUBJECT, () => native.createSession(sessionOptions(engine, hasWideIds(engine))));
      const close = async (): Promise<void> => {
        await session.close();
        await native.close();
      };
      return { native, session, engine, close };
    } catch (error) {
      await native.close();
      throw error;
    }
  }

  /** Of the network's whole input, padding included, as the reference's are. */
  async *#masksOf({ native, session, engine }: OpenEngine): AsyncGenerator<Ids> {
    const { pictures, form, signal } = this.#parts;
    const geometry = new EngineGeometry(engine, await measureGrid(native, session, engine));
    for await (const { frame, input, fill } of pictureTiles(pictures, form)) {
      signal.throwIfAborted();
      checkShape(engine, { batch: 1, ...input }, { batch: false });
      const resized = { width: frame.width, height: frame.height };
      const onDevice = geometry.native({ resized, input, fill, tiles: [{ x: 0, y: 0 }] }, resized);
      const placement = { ...onDevice, maskWidth: input.width, maskHeight: input.height };
      const pixels = input.width * input.height;
      const mask = new Uint8Array(pixels * (hasWideIds(engine) ? 2 : 1));
      const request = { frames: [nativePicture(frame)], placement, masks: [mask] };
      await withRemedy(SUBJECT, () => session.segment(request));
      yield hasWideIds(engine) ? new Uint16Array(mask.buffer, 0, pixels) : mask;
    }
  }

  #engineToOpen(planPath: string, { input, output }: ModelIo): EngineToOpen {
    const { recipe, model, target } = this.#parts;
    const { preprocessing, zeroPixel } = pixelForm({ recipe }, model.preprocessing);
    const { library } = target.family;
    return {
      id: 'candidate',
      planPath,
      family: library.family,
      device: target.deviceIndex,
      precision: precisionLabel(recipe.precision),
      input,
      output,
      preprocessing: { ...preprocessing, size: servedSize(preprocessing.size, { recipe }) },
      zeroPixel,
      shapes: recipe.shapes,
      classes: Math.max(output.classes ?? 0, ...model.labels.map(({ id }) => id + 1)),
    };
  }
}

interface OpenEngine {
  readonly native: NativeEngine;
  readonly session: NativeSession;
  readonly engine: EngineToOpen;
  readonly close: () => Promise<void>;
}

function hasWideIds({ classes }: EngineToOpen): boolean {
  return classes > MOST_NARROW_IDS;
}
