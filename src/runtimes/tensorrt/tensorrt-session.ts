import { AppError } from '../../shared/app-error';
import type { FrameSource } from '../../shared/domain/frame';
import type { Mask, Timings } from '../../shared/domain/mask';
import type { RawFrame } from '../../shared/domain/raw-frame';
import type { FrameBatcher, ManyOptions, ManyOutcome, SegmentOutcome, Session } from '../runtime';
import type { NativeFrame, NativeSession, StageTimes } from './addon';
import type { EngineGeometry, EngineToOpen, Size } from './engine-geometry';
import { nativeFrame, nativePicture } from './native-frame';
import { withRemedy } from './native-errors';

/**
 * From this reduction on, in both directions, and beyond this many pixels, decoders deliver a picture smaller for less
 * than the device would need for all of its pixels; below, the device resizes.
 */
const EARLY_REDUCTION = 3;
const LARGE_PIXELS = 40_000_000;

export interface SessionFacts {
  readonly runtimeVersion: string;
  readonly device: string;
  readonly bytesPerId: 1 | 2;
}

/** What is open on the device; closed in this order. */
export interface SessionHandles {
  readonly session: NativeSession;
  readonly engine: { close(): Promise<void> };
}

interface Request {
  readonly frames: readonly NativeFrame[];
  readonly picture: Size;
  readonly options: ManyOptions;
}

/** An engine at work. Calls may overlap: the device takes them one after another. */
export class TensorRtSession implements Session {
  readonly runtimeVersion: string;
  readonly device: string;
  readonly precision: string;
  readonly threads = 0;
  readonly frames: FrameBatcher;
  readonly engineId: string;
  readonly #handles: SessionHandles;
  readonly #geometry: EngineGeometry;
  readonly #engine: EngineToOpen;
  readonly #bytesPerId: 1 | 2;
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor(handles: SessionHandles, engine: EngineToOpen, geometry: EngineGeometry, facts: SessionFacts) {
    this.#handles = handles;
    this.#engine = engine;
    this.#geometry = geometry;
    this.#bytesPerId = facts.bytesPerId;
    this.runtimeVersion = facts.runtimeVersion;
    this.device = facts.device;
    this.precision = engine.precision;
    this.engineId = engine.id;
    this.frames = {
      most: engine.shapes.max.batch,
      bytesPerId: facts.bytesPerId,
      segment: (frames, options = {}) => this.#segmentFrames(frames, options),
      allocate: (bytes) => handles.session.allocatePinned(bytes),
    };
  }

  async segment(source: FrameSource, options: { signal?: AbortSignal } = {}): Promise<SegmentOutcome> {
    const start = now();
    const picture = { width: source.width, height: source.height };
    const frame = source.raw === undefined ? await this.#read(source, picture) : nativeFrame(source.raw);
    const decode = now() - start;
    const { masks, timings } = await this.#run({ frames: [frame], picture, options });
    const [mask] = masks;
    if (mask === undefined) throw new Error('A frame has a mask.');
    return { mask, timings: { ...timings, decode, total: timings.total + decode } };
  }

  /** Safe twice; waits for what runs. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      await Promise.allSettled([...this.#running]);
      await this.#handles.session.close();
      await this.#handles.engine.close();
    })();
    return this.#closed;
  }

  async #read(source: FrameSource, picture: Size): Promise<NativeFrame> {
    const { resized } = this.#geometry.place(picture);
    const isMuchSmaller =
      picture.width >= resized.width * EARLY_REDUCTION && picture.height >= resized.height * EARLY_REDUCTION;
    const early = isMuchSmaller || picture.width * picture.height > LARGE_PIXELS;
    const { resample } = this.#engine.preprocessing;
    return nativePicture(await source.read(early ? { ...resized, resample } : undefined));
  }

  async #segmentFrames(frames: readonly RawFrame[], options: ManyOptions): Promise<ManyOutcome> {
    const [first] = frames;
    if (first === undefined) return { masks: [], timings: noTime() };
    const { width, height } = first;
    const other = frames.find((frame) => frame.width !== width || frame.height !== height);
    if (other !== undefined) {
      throw new AppError(
        'FRAMES_DIFFER',
        `Frames of one call have one size; these have ${width}x${height} and ${other.width}x${other.height}.`,
        { hint: 'Group frames by their size.' },
      );
    }
    return this.#run({ frames: frames.map(nativeFrame), picture: { width, height }, options });
  }

  async #run(request: Request): Promise<ManyOutcome> {
    if (this.#closed !== null) throw sessionClosed();
    if (request.options.signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
    const work = this.#onDevice(request);
    const settled = work.catch(() => undefined);
    this.#running.add(settled);
    try {
      return await work;
    } finally {
      this.#running.delete(settled);
    }
  }

  async #onDevice({ frames, picture, options }: Request): Promise<ManyOutcome> {
    const start = now();
    const placement = this.#geometry.place(picture);
    const bytes = picture.width * picture.height * this.#bytesPerId;
    const masks = frames.map((_, index) => options.masks?.[index] ?? new Uint8Array(bytes));
    checkBuffers(masks, bytes);
    const stages = await withRemedy(`The engine ${this.#engine.id}`, () =>
      this.#handles.session.segment({
        frames,
        placement: this.#geometry.native(placement, picture),
        masks,
      }),
    );
    const asMask = (data: Uint8Array): Mask => ({ ...picture, bytesPerId: this.#bytesPerId, data: plain(data) });
    return { masks: masks.map(asMask), timings: timingsOf(stages, now() - start) };
  }
}

/** @param total nanoseconds; stages come in milliseconds */
function timingsOf(stages: StageTimes, total: number): Timings {
  const nanoseconds = (milliseconds: number): number => Math.max(0, Math.round(milliseconds * 1e6));
  const times = {
    decode: 0,
    preprocess: nanoseconds(stages.preprocess),
    transferIn: nanoseconds(stages.copyIn),
    infer: nanoseconds(stages.infer),
    postprocess: nanoseconds(stages.postprocess),
    transferOut: nanoseconds(stages.copyOut),
  };
  // Events of the device and the host's clock do not tick alike: the whole is at least its parts.
  const sum = Object.values(times).reduce((before, each) => before + each, 0);
  return { ...times, total: Math.max(total, sum) };
}

/** The type says that the bytes are not shared with other threads, which masks never are. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes);
}

function noTime(): Timings {
  return { decode: 0, preprocess: 0, transferIn: 0, infer: 0, postprocess: 0, transferOut: 0, total: 0 };
}

function checkBuffers(buffers: readonly Uint8Array[], bytes: number): void {
  // Only a bug can cause it, and the device would write past the end.
  if (buffers.some(({ byteLength }) => byteLength !== bytes)) throw new Error(`A mask needs ${bytes} bytes.`);
}

/** Nanoseconds of a monotonic clock. */
function now(): number {
  return Number(process.hrtime.bigint());
}

export function sessionClosed(): AppError {
  return new AppError('SESSION_CLOSED', 'The model was closed while a picture was waiting for it.', {
    hint: 'Open the model again.',
  });
}
