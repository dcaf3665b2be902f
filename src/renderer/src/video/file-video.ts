import {
  ALL_FORMATS,
  BlobSource,
  CustomSource,
  EncodedPacketSink,
  Input,
  VideoSampleSink,
  type InputVideoTrack,
  type VideoSample,
} from 'mediabunny';
import { AppError } from '../../../shared/app-error';
import type { Size } from '../canvas/viewport';
import { FrameCache } from './frame-cache';
import { FrameJumper } from './frame-jumper';
import { copyPixels, FramePainter, hasPlainPlanes, workingSize } from './frame-pixels';
import { decodeFailed, decoderRefuses, emptyVideo, unreadableVideo, videoWithoutPicture } from './video-errors';
import type { DecodedFrame, FrameSource, VideoInfo, VideoNote } from './video-types';

/** Reads parts of a file that only the studio can reach. */
export type ReadPart = (start: number, end: number) => Promise<{ bytes: Uint8Array; sizeBytes: number }>;

/** Frames that are decoded at once while the end of a file that ends early is looked for. */
const AHEAD = 48;
/** Frames before the wanted one that are kept when one steps back to it. */
const BEFORE = 8;
/** Frames that could be decoded in the time in which a decoder is set up. */
const SETUP = 4;
/** A packet's time, as containers round it, against a frame's, as decoders do. */
const TOLERANCE = 0.0005;

export interface OpenOptions {
  readonly name: string;
  /** The file itself where the browser has it, else how to read it. */
  readonly content: File | ReadPart;
  readonly signal: AbortSignal;
  /** 0–1, while the times of all frames are read. */
  readonly onProgress: (done: number) => void;
}

/**
 * Opens a video file and reads when its frames are shown.
 * @throws AppError VIDEO_UNREADABLE, VIDEO_NO_TRACK, VIDEO_CODEC_UNSUPPORTED, VIDEO_EMPTY, CANCELLED
 */
export async function openVideoFile({ name, content, signal, onProgress }: OpenOptions): Promise<FrameSource> {
  const source =
    content instanceof File ? new BlobSource(content, { handleUnhandledError: toldElsewhere }) : partsSource(content);
  const input = new Input({ source, formats: ALL_FORMATS });
  try {
    const track = await input.getPrimaryVideoTrack().catch((cause: unknown) => Promise.reject(asReadable(name, cause)));
    throwIfAborted(signal);
    if (track === null)
      throw (await input.getTracks()).length > 0 ? videoWithoutPicture(name) : unreadableVideo(name, null);
    const size = { width: track.displayWidth, height: track.displayHeight };
    if (!(await track.canDecode())) throw decoderRefuses(name, track.codec, size);
    const index = await readIndex(track, signal, onProgress);
    if (index.times.length === 0) throw emptyVideo(name);
    const video = new FileVideo(input, track, await describe(name, track, index.times), index);
    await video.probe().catch((error: unknown) => Promise.reject(asRefused(error, name, track.codec, size)));
    throwIfAborted(signal);
    return video;
  } catch (error) {
    input.dispose();
    throw error instanceof AppError ? error : unreadableVideo(name, error);
  }
}

function partsSource(read: ReadPart): CustomSource {
  return new CustomSource({
    getSize: async () => (await read(0, 1)).sizeBytes,
    read: async (start, end) => (await read(start, end)).bytes,
    prefetchProfile: 'fileSystem',
    maxCacheSize: 32 * 1024 * 1024,
    handleUnhandledError: toldElsewhere,
  });
}

/** Reading ahead failed: whoever needs these bytes fails as well, and says so. */
function toldElsewhere(): void {}

/** What the studio says of the file stays; what the demuxer says is about its content. */
function asReadable(name: string, cause: unknown): AppError {
  return cause instanceof AppError ? cause : unreadableVideo(name, cause);
}

/** Not even the first frame: what is that large is not damaged, but too large. */
function asRefused(error: unknown, name: string, codec: string | null, size: Size): unknown {
  const isFirst = error instanceof AppError && error.code === 'VIDEO_DECODE_FAILED';
  const refusal = decoderRefuses(name, codec, size);
  return isFirst && refusal.code === 'VIDEO_SIZE_UNSUPPORTED' ? refusal : error;
}

/** Of all frames in order of presentation. */
interface FrameIndex {
  /** When they are shown: seconds, as in the file, which need not begin at 0. */
  readonly times: Float64Array;
  /** Numbers of those that can be decoded by themselves, ascending; what the container says of it. */
  readonly keys: readonly number[];
}

/** A file that ends early ends the list. */
async function readIndex(
  track: InputVideoTrack,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<FrameIndex> {
  const duration = await track.computeDuration().catch(() => 0);
  const found: { time: number; isKey: boolean }[] = [];
  try {
    for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
      throwIfAborted(signal);
      // What lies before the start is decoded but never shown.
      if (packet.timestamp + packet.duration > 0) found.push({ time: packet.timestamp, isKey: packet.type === 'key' });
      if (found.length % 256 === 0 && duration > 0) onProgress(Math.min(1, packet.timestamp / duration));
    }
  } catch (error) {
    if (error instanceof AppError || found.length === 0) throw error;
  }
  found.sort((a, b) => a.time - b.time);
  return {
    times: Float64Array.from(found, ({ time }) => time),
    keys: found.flatMap(({ isKey }, index) => (isKey ? [index] : [])),
  };
}

async function describe(name: string, track: InputVideoTrack, times: Float64Array): Promise<VideoInfo> {
  const shown = { width: track.displayWidth, height: track.displayHeight };
  const size = workingSize(shown);
  const notes: VideoNote[] = [];
  if (track.rotation !== 0) notes.push({ kind: 'rotated', degrees: track.rotation });
  if (size.width !== shown.width) notes.push({ kind: 'reduced', ...shown });
  const span = (times[times.length - 1] ?? 0) - (times[0] ?? 0);
  const interval = times.length > 1 ? span / (times.length - 1) : 0.04;
  if (isVariable(times, interval)) notes.push({ kind: 'variableRate' });
  return {
    name,
    size,
    codec: track.codec ?? '',
    framesPerSecond: interval > 0 ? 1 / interval : 25,
    frameCount: times.length,
    seconds: span + interval,
    notes,
  };
}

/** More than a tenth of the frames stay for another time than the usual one. */
function isVariable(times: Float64Array, interval: number): boolean {
  let odd = 0;
  for (let i = 1; i < times.length; i++) {
    const gap = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (Math.abs(gap - interval) > Math.max(0.002, interval * 0.1)) odd += 1;
  }
  return odd > times.length / 10;
}

/** One open decoder, and the number of the frame that it gives next. */
interface Cursor {
  readonly samples: AsyncGenerator<VideoSample, void, unknown>;
  next: number;
  /** One past the last frame that it gave; null before it gave any. */
  last: number | null;
}

type NumberedFrame = Omit<DecodedFrame, 'decodeMs'>;

class FileVideo implements FrameSource {
  readonly times: Float64Array;
  info: VideoInfo;
  readonly #input: Input;
  readonly #sink: VideoSampleSink;
  readonly #cache = new FrameCache();
  readonly #painter: FramePainter;
  readonly #fileTimes: Float64Array;
  readonly #keys: readonly number[];
  /** The frame that was asked for last. */
  #asked = -1;
  #cursor: Cursor | null = null;
  /** There is one of the two at most. */
  #jumper: FrameJumper | null = null;
  /** Calls take turns: there is one decoder. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(input: Input, track: InputVideoTrack, info: VideoInfo, { times, keys }: FrameIndex) {
    const begin = times[0] ?? 0;
    this.#input = input;
    this.#sink = new VideoSampleSink(track);
    this.info = info;
    this.#fileTimes = times;
    this.#keys = keys;
    this.times = times.map((time) => time - begin);
    this.#painter = new FramePainter(info.size);
  }

  /** Decodes the first frame: what cannot be decoded at all is told before it is shown, and so is its depth. */
  async probe(): Promise<void> {
    if ((await this.frameAt(0)) === null) throw emptyVideo(this.info.name);
  }

  frameAt(index: number): Promise<DecodedFrame | null> {
    return this.#inTurn(() => this.#frameAt(index));
  }

  async *framesFrom(index: number): AsyncGenerator<DecodedFrame, void, void> {
    for (let next = index; next < this.times.length; next++) {
      const frame = await this.frameAt(next);
      if (frame === null) return;
      yield frame;
      next = frame.index;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropJumper();
    void this.#inTurn(() => this.#dropCursor()).finally(() => this.#input.dispose());
    this.#cache.clear();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #frameAt(index: number): Promise<DecodedFrame | null> {
    if (this.#closed || index < 0 || index >= this.times.length) return null;
    const start = performance.now();
    const before = this.#asked;
    this.#asked = index;
    const kept = this.#cache.get(index);
    if (kept !== undefined) return { index, ...kept, decodeMs: performance.now() - start };
    try {
      const isJump = index !== before + 1 && !this.#isNear(index);
      const jumped = isJump ? await this.#jump(index, index < before && before - index <= BEFORE) : null;
      if (this.#closed) return null;
      const found = jumped ?? (await this.#readOn(index));
      return found === null ? null : { ...found, decodeMs: performance.now() - start };
    } catch (error) {
      await this.#dropCursor();
      if (this.#closed) return null;
      if (error instanceof AppError) throw error;
      throw decodeFailed(this.info.name, index, error);
    }
  }

  /** Whether the open decoder comes to a frame sooner than another one that begins at its key frame. */
  #isNear(index: number): boolean {
    const next = this.#cursor?.next ?? Number.POSITIVE_INFINITY;
    return next <= index && next + SETUP >= this.#keyBefore(index);
  }

  #keyBefore(index: number): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return this.#keys[low - 1] ?? 0;
  }

  /** Null where that fails, as at the end of a file that ends early: reading on finds out why. */
  async #jump(index: number, isStepBack: boolean): Promise<NumberedFrame | null> {
    await this.#dropCursor();
    const times = [...this.#fileTimes.subarray(isStepBack ? Math.max(0, index - BEFORE) : index, index + 1)];
    this.#jumper ??= new FrameJumper(this.#sink);
    try {
      for await (const sample of this.#jumper.frames(times.map((time) => time + TOLERANCE))) {
        const found = await this.#toFrame(sample, this.#indexOf(sample.timestamp));
        if (found.index === index) return found;
      }
    } catch {
      this.#dropJumper();
    }
    return null;
  }

  /** With a decoder that stays open for the frames that follow. */
  async #readOn(index: number): Promise<NumberedFrame | null> {
    if (!this.#isNear(index)) {
      this.#dropJumper();
      await this.#dropCursor();
      this.#cursor = {
        samples: this.#sink.samples((this.#fileTimes[index] ?? 0) - TOLERANCE),
        next: index,
        last: null,
      };
    }
    for (;;) {
      const cursor = this.#cursor;
      const sample = cursor === null ? undefined : (await cursor.samples.next()).value;
      if (cursor === null || sample === undefined) {
        this.#endsAt(cursor?.last ?? (await this.#findEnd(index)));
        return null;
      }
      const found = this.#indexOf(sample.timestamp);
      cursor.next = found + 1;
      cursor.last = found + 1;
      if (found >= index) return this.#toFrame(sample, found);
      sample.close();
    }
  }

  async #toFrame(sample: VideoSample, index: number): Promise<NumberedFrame> {
    const { size } = this.info;
    const image = sample.toVideoFrame();
    try {
      this.#noteDepth(image.format);
      const isPlain = sample.rotation === 0 && !sample.flip && hasPlainPlanes(image, size);
      const raw = isPlain
        ? await copyPixels(image, size)
        : this.#painter.paint((context, to) => drawWhole(context, sample, to));
      const frame = { seconds: this.times[index] ?? 0, raw };
      this.#cache.set(index, frame);
      return { index, ...frame };
    } finally {
      image.close();
      sample.close();
    }
  }

  #noteDepth(format: string | null): void {
    const bits = Number(/P(10|12)$/.exec(format ?? '')?.[1] ?? 8);
    if (bits === 8 || this.info.notes.some(({ kind }) => kind === 'deep')) return;
    this.info = { ...this.info, notes: [...this.info.notes, { kind: 'deep', bits }] };
  }

  /** The list of times promised more frames than the file holds. */
  #endsAt(frames: number): void {
    const expected = this.times.length;
    if (frames >= expected || frames >= this.info.frameCount) return;
    const notes = this.info.notes.filter(({ kind }) => kind !== 'truncated');
    this.info = {
      ...this.info,
      frameCount: Math.max(1, frames),
      notes: [...notes, { kind: 'truncated', frames, expected }],
    };
  }

  /** One past the last frame before `index` that can be decoded, looked for backwards. */
  async #findEnd(index: number): Promise<number> {
    for (let from = index; from > 0;) {
      from = Math.max(0, from - AHEAD);
      let end = 0;
      for await (const sample of this.#sink.samples((this.#fileTimes[from] ?? 0) - TOLERANCE)) {
        end = this.#indexOf(sample.timestamp) + 1;
        sample.close();
      }
      if (end > 0) return end;
    }
    return 0;
  }

  /** The frame whose time is nearest. */
  #indexOf(fileTime: number): number {
    const times = this.#fileTimes;
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? 0) < fileTime - TOLERANCE) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropJumper(): void {
    this.#jumper?.close();
    this.#jumper = null;
  }

  async #dropCursor(): Promise<void> {
    const cursor = this.#cursor;
    this.#cursor = null;
    await cursor?.samples.return(undefined).catch(() => undefined);
  }
}

/** Mediabunny turns and flips a sample as it draws it. */
function drawWhole(context: OffscreenCanvasRenderingContext2D, sample: VideoSample, { width, height }: Size): void {
  context.imageSmoothingQuality = 'high';
  sample.draw(context, 0, 0, width, height);
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
}
