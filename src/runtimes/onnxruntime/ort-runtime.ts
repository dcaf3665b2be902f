import { AppError } from '../../shared/app-error';
import type { FrameSource } from '../../shared/domain/frame';
import type { ModelSummary, Rgb } from '../../shared/domain/model';
import type { RuntimeStatus } from '../../shared/domain/runtime';
import { checkFixedSize } from '../placement';
import type { OpenOptions, Runtime, SegmentOutcome, Session } from '../runtime';
import type { Network } from './network';
import { loadOrt } from '../../onnx/load-ort';
import { OrtNetwork } from './ort-network';
import { physicalCores } from './processor-count';
import { Segmenter, now } from './segmenter';
import { WorkerNetwork } from './worker-network';

export interface OnnxRuntimeOptions {
  /** False runs graphs exactly as they lie in the file, for comparison. */
  readonly rewrite?: boolean;
  /** Where optimised graphs are kept between starts; without it none are. */
  readonly cacheDirectory?: string;
  /** The compiled worker thread; without it networks run in this thread, which then stands still meanwhile. */
  readonly workerFile?: string;
}

/** The runtime that is always there: ONNX Runtime on the processor. It is also the reference for all others. */
export function createOnnxRuntime(options: OnnxRuntimeOptions = {}): Runtime {
  return { id: 'onnxruntime', probe: probeOrt, open: (model, how) => openOnProcessor(model, how, options) };
}

/** Beside what a runtime is made with: what an engine of the library brings along. */
export interface OpenOnProcessorOptions extends OnnxRuntimeOptions {
  /** What normalises to zero, in pixels, where the graph normalises by itself. */
  readonly zeroPixel?: Rgb | null;
  /** What its precision is called; told from the graph when left out. */
  readonly precision?: string;
}

async function probeOrt(): Promise<RuntimeStatus> {
  const base = { id: 'onnxruntime', name: 'ONNX Runtime' } as const;
  try {
    const version = await ortVersion();
    return { ...base, version, available: true, devices: [`CPU · ${threadsText(physicalCores())}`], reason: '' };
  } catch (error) {
    const reason = `Its library cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    return { ...base, version: '', available: false, devices: [], reason: `${reason} Install the studio again.` };
  }
}

/**
 * Opens the network at `model.path` and runs it once.
 * @throws AppError MODEL_SIZE_MISMATCH, MODEL_TILES_UNSUPPORTED, and what opening and running the network throws.
 */
export async function openOnProcessor(
  model: ModelSummary,
  options: Omit<OpenOptions, 'engineId'>,
  { rewrite = true, cacheDirectory, workerFile, zeroPixel = null, precision }: OpenOnProcessorOptions,
): Promise<Session> {
  checkFixedSize(model.name, model.input, model.preprocessing.size);
  const threads = threadsFor(options.threads);
  const how = { threads, rewrite, cacheDirectory: cacheDirectory ?? null };
  const inWorker = workerFile === undefined ? null : await WorkerNetwork.open(workerFile, model, how);
  const network: Network = inWorker ?? (await OrtNetwork.open(model, how));
  const segmenter = new Segmenter(network, model, zeroPixel);
  try {
    throwIfAborted(options.signal);
    await inTurn(() => segmenter.warmUp());
    throwIfAborted(options.signal);
  } catch (error) {
    await network.release();
    throw error;
  }
  return new OrtSession(network, segmenter, {
    threads,
    version: await ortVersion(),
    precision: precision ?? network.precision,
  });
}

class OrtSession implements Session {
  readonly runtimeVersion: string;
  readonly device: string;
  readonly precision: string;
  readonly threads: number;
  readonly #network: Network;
  readonly #segmenter: Segmenter;
  #closed: Promise<void> | null = null;

  constructor(network: Network, segmenter: Segmenter, facts: { threads: number; version: string; precision: string }) {
    this.#network = network;
    this.#segmenter = segmenter;
    this.runtimeVersion = facts.version;
    this.threads = facts.threads;
    this.device = `CPU · ${threadsText(facts.threads)}`;
    this.precision = facts.precision;
  }

  async segment(source: FrameSource, options: { signal?: AbortSignal } = {}): Promise<SegmentOutcome> {
    throwIfAborted(options.signal);
    const start = now();
    const picture = { width: source.width, height: source.height };
    const placement = this.#segmenter.place(picture);
    const isWhole = placement.resized.width === picture.width && placement.resized.height === picture.height;
    const frame = await source.read(isWhole ? undefined : { ...placement.resized, resample: this.#segmenter.resample });
    const decoded = now();
    return inTurn(async () => {
      throwIfAborted(options.signal);
      if (this.#closed !== null) throw sessionClosed();
      const begin = now();
      const { mask, times } = await this.#segmenter.segment(frame, placement, picture, options.signal);
      const total = decoded - start + now() - begin;
      return { mask, timings: { decode: decoded - start, ...times, transferIn: 0, transferOut: 0, total } };
    });
  }

  close(): Promise<void> {
    this.#closed ??= inTurn(() => this.#network.release());
    return this.#closed;
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Two networks at once would only take the cores from each other, so all sessions of this runtime stand in one line. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work, work);
  last = turn.catch(() => undefined);
  return turn;
}

/** 0: one for each core. */
export function threadsFor(wanted: number): number {
  return wanted > 0 ? wanted : physicalCores();
}

export async function ortVersion(): Promise<string> {
  const { env } = await loadOrt();
  return env.versions.node ?? env.versions.common;
}

export function threadsText(count: number): string {
  return `${count} ${count === 1 ? 'thread' : 'threads'}`;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
}

function sessionClosed(): AppError {
  return new AppError('SESSION_CLOSED', 'The model was closed while a picture was waiting for it.', {
    hint: 'Open the model again.',
  });
}
