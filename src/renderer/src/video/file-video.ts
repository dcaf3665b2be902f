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
import { copyPixels, frameOfPixels, FramePainter, hasPlainPlanes, workingSize } from './frame-pixels';
import { codecUnsupported, decodeFailed, emptyVideo, unreadableVideo, videoWithoutPicture } from './video-errors';
import type { DecodedFrame, FrameSource, VideoInfo, VideoNote } from './video-types';

/** Reads parts of a file that only the studio can reach. */
export type ReadPart = (start: number, end: number) => Promise<{ bytes: Uint8Array; sizeBytes: number }>;

/** Frames that are pulled from an open decoder to get ahead; further ones are decoded from their key frame. */
const AHEAD = 48;
/** Frames before the wanted one that are kept when it had to be decoded from its key frame: for stepping back. */
const BEFORE = 8;
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
    if (!(await track.canDecode())) throw codecUnsupported(name, track.codec ?? 'an unknown codec');
    const times = await readTimes(track, signal, onProgress);
    if (times.length === 0) throw emptyVideo(name);
    const video = new FileVideo(input, track, await describe(name, track, times), times);
    await video.probe();
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

/** When frames are shown, in seconds, sorted. A file that ends early ends the list. */
async function readTimes(
  track: InputVideoTrack,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<Float64Array> {
  const duration = await track.computeDuration().catch(() => 0);
  const times: number[] = [];
  try {
    for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
      throwIfAborted(signal);
      // What lies before the start is decoded but never shown.
      if (packet.timestamp + packet.duration > 0) times.push(packet.timestamp);
      if (times.length % 256 === 0 && duration > 0) onProgress(Math.min(1, packet.timestamp / duration));
    }
  } catch (error) {
    if (error instanceof AppError || times.length === 0) throw error;
  }
  return Float64Array.from(times).sort();
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

class FileVideo implements FrameSource {
  readonly times: Float64Array;
  info: VideoInfo;
  readonly #input: Input;
  readonly #sink: VideoSampleSink;
  readonly #cache = new FrameCache();
  readonly #painter: FramePainter;
  /** Times as in the file, which need not begin at 0. */
  readonly #fileTimes: Float64Array;
  #cursor: Cursor | null = null;
  /** Calls take turns: there is one decoder. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(input: Input, track: InputVideoTrack, info: VideoInfo, fileTimes: Float64Array) {
    const begin = fileTimes[0] ?? 0;
    this.#input = input;
    this.#sink = new VideoSampleSink(track);
    this.info = info;
    this.#fileTimes = fileTimes;
    this.times = fileTimes.map((time) => time - begin);
    this.#painter = new FramePainter(info.size);
  }

  /** Decodes the first frame: what cannot be decoded at all is told before it is shown, and so is its depth. */
  async probe(): Promise<void> {
    const first = await this.frameAt(0);
    if (first === null) throw emptyVideo(this.info.name);
    first.image.close();
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
    const kept = this.#cache.get(index);
    if (kept !== undefined) {
      const image = frameOfPixels(kept.raw, kept.seconds);
      return { index, seconds: kept.seconds, image, raw: kept.raw, decodeMs: performance.now() - start };
    }
    try {
      return await this.#decode(index, start);
    } catch (error) {
      await this.#dropCursor();
      if (this.#closed) return null;
      if (error instanceof AppError) throw error;
      throw decodeFailed(this.info.name, index, error);
    }
  }

  async #decode(index: number, start: number): Promise<DecodedFrame | null> {
    const near = this.#cursor !== null && this.#cursor.next <= index && index - this.#cursor.next <= AHEAD;
    if (!near) {
      await this.#dropCursor();
      const from = Math.max(0, index - BEFORE);
      this.#cursor = { samples: this.#sink.samples((this.#fileTimes[from] ?? 0) - TOLERANCE), next: from, last: null };
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
      const frame = await this.#toFrame(sample, found, start);
      if (found >= index) return frame;
      frame.image.close();
    }
  }

  async #toFrame(sample: VideoSample, index: number, start: number): Promise<DecodedFrame> {
    const { size } = this.info;
    const seconds = this.times[index] ?? 0;
    const image = sample.toVideoFrame();
    try {
      this.#noteDepth(image.format);
      if (sample.rotation === 0 && !sample.flip && hasPlainPlanes(image, size)) {
        const raw = await copyPixels(image, size);
        this.#cache.set(index, { seconds, raw });
        return { index, seconds, image: image.clone(), raw, decodeMs: performance.now() - start };
      }
      const painted = this.#painter.paint((context, to) => drawWhole(context, sample, to), seconds);
      this.#cache.set(index, { seconds, raw: painted.raw });
      return { index, seconds, ...painted, decodeMs: performance.now() - start };
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
