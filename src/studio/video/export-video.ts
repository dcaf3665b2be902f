import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { MaskStyle } from '../../shared/domain/export';
import type { Frame } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import type { Rgb } from '../../shared/domain/model';
import type { RawFrame } from '../../shared/domain/raw-frame';
import { paletteById } from '../../shared/palettes';
import type { FrameSegmentation, VideoFormat } from '../../shared/video-contract';
import { frameTableHeader, frameTableRows } from '../../shared/video-table';
import { fileError } from '../../media/picture-errors';
import { drawOverlay } from '../../media/overlay';
import { encodeIndexPng } from '../../media/png-writer';
import { rawFrameToRgb } from '../../media/raw-frame';
import { exportError } from '../export/save-new-file';
import type { JobProgress } from '../jobs/job-registry';
import { writeFileAtomically } from '../library/json-file';
import type { OpenSession } from '../sessions/session-registry';
import { findTool } from './ffmpeg';
import { probeVideo, type VideoFacts } from './probe-video';
import { decodeFrames, encodeFrames } from './raw-streams';
import { FrameSegmenter } from './segment-frame';

export interface VideoOrder {
  readonly open: OpenSession;
  readonly path: string;
  readonly out: string;
  readonly format: VideoFormat;
  readonly every: number;
  readonly smoothing: number;
  readonly style: MaskStyle;
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface FrameResult {
  readonly raw: RawFrame;
  readonly segmentation: FrameSegmentation;
}

/** What becomes of the frames. */
interface Sink {
  take(frame: FrameResult): Promise<void>;
  /** Answers with the path of what was made. */
  finish(): Promise<string>;
  abort(): Promise<void>;
}

/** Frames under way at once: one in the network, one decoded, one written. */
const IN_FLIGHT = 3;

/**
 * A video through a session, frame by frame, with the ffmpeg of this machine. Nothing half written is left when it fails
 * or is cancelled.
 * @throws AppError VIDEO_NO_FFMPEG, VIDEO_UNREADABLE, VIDEO_NO_TRACK, VIDEO_EMPTY, EXPORT_…, and what the session throws
 */
export async function exportVideo(order: VideoOrder, job: JobProgress): Promise<void> {
  const ffmpeg = findTool('ffmpeg', order.env);
  const path = resolve(order.path);
  await stat(path).catch((error: unknown) => Promise.reject(fileError(error, path)));
  const facts = await probeVideo(path, order.env, job.signal);
  const isVideo = order.format === 'overlay' || order.format === 'mask';
  tellFacts(facts, isVideo, job);
  const sink = await openSink(order, facts, ffmpeg);
  try {
    job.phase('Segmenting');
    const count = await pump(
      order,
      { ffmpeg, path, facts, evenly: isVideo && !facts.isConstant, signal: job.signal },
      sink,
      job,
    );
    if (job.signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
    if (count === 0) throw emptyVideo(path);
    const wanted = Math.ceil(facts.frames / order.every);
    if (count < wanted - 1) job.log(`The video ends early: ${count} of ${wanted} frames could be read.`);
    job.phase('Finishing');
    job.result(await sink.finish());
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function tellFacts(facts: VideoFacts, isVideo: boolean, job: JobProgress): void {
  const { width, height, codec, framesPerSecond, isConstant, bitDepth } = facts;
  job.log(`${width}x${height}, ${codec}, ${framesPerSecond.toFixed(2)} frames a second.`);
  if (bitDepth > 8) job.log(`${bitDepth} bits for each channel are reduced to 8.`);
  if (!isConstant && isVideo) job.log('The frame rate varies; the result has the average rate, evenly spaced.');
  if (isVideo && (width % 2 === 1 || height % 2 === 1))
    job.log('The odd last column or row is left out: encoders take even sizes.');
}

async function pump(
  order: VideoOrder,
  decode: Parameters<typeof decodeFrames>[0],
  sink: Sink,
  job: JobProgress,
): Promise<number> {
  const segmenter = new FrameSegmenter();
  const total = Math.ceil(decode.facts.frames / order.every);
  const pending: Promise<FrameResult>[] = [];
  let index = 0;
  let done = 0;
  const takeOldest = async (): Promise<void> => {
    const oldest = pending.shift();
    if (oldest === undefined) return;
    await sink.take(await oldest);
    job.progress(++done, Math.max(total, done));
  };
  try {
    for await (const raw of decodeFrames(decode, (complaint) => job.log(complaint))) {
      const frame = index++;
      if (frame % order.every !== 0) continue;
      const { smoothing } = order;
      const request = { frame, picture: raw, stream: decode.path, smoothing, signal: job.signal };
      const result = segmenter.segment(order.open, request).then((segmentation) => ({ raw, segmentation }));
      // Looked at in order, below; until then a failure is not an unhandled one.
      result.catch(() => undefined);
      pending.push(result);
      if (pending.length >= IN_FLIGHT) await takeOldest();
      if (job.signal.aborted) return done;
    }
    while (pending.length > 0) await takeOldest();
  } finally {
    await Promise.allSettled(pending);
  }
  return done;
}

function openSink(order: VideoOrder, facts: VideoFacts, ffmpeg: string): Promise<Sink> {
  switch (order.format) {
    case 'overlay':
    case 'mask':
      return videoSink(order, facts, ffmpeg);
    case 'png':
      return pngSink(resolve(order.out));
    case 'csv':
      return tableSink(resolve(order.out), facts);
  }
}

async function videoSink(order: VideoOrder, facts: VideoFacts, ffmpeg: string): Promise<Sink> {
  const out = resolve(order.out);
  const ending = extname(out);
  const temporary = join(dirname(out), `.${basename(out, ending)}.${randomBytes(6).toString('hex')}.tmp${ending}`);
  await mkdir(dirname(out), { recursive: true }).catch((error: unknown) => Promise.reject(exportError(error, out)));
  const rate = order.every === 1 ? facts.rate : String(facts.framesPerSecond / order.every);
  const writer = encodeFrames({ ffmpeg, out: temporary, width: facts.width, height: facts.height, rate });
  const draw = painter(order);
  return {
    take: async ({ raw, segmentation }) => writer.write(draw(raw, segmentation.mask)),
    finish: async () => {
      await writer.finish();
      await rename(temporary, out).catch((error: unknown) => Promise.reject(exportError(error, out)));
      return out;
    },
    abort: async () => {
      writer.abort();
      await rm(temporary, { force: true }).catch(() => undefined);
    },
  };
}

/** Frames are named by their numbers, so that they sort and can be found again. */
async function pngSink(folder: string): Promise<Sink> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => Promise.reject(exportError(error, folder)));
  return {
    take: async ({ segmentation }) => {
      const path = join(folder, `${String(segmentation.frame).padStart(6, '0')}.png`);
      await writeFileAtomically(path, await encodeIndexPng(segmentation.mask)).catch((error: unknown) =>
        Promise.reject(exportError(error, path)),
      );
    },
    finish: async () => folder,
    // Each frame is whole; what was done before a failure is kept.
    abort: async () => undefined,
  };
}

async function tableSink(out: string, { framesPerSecond }: VideoFacts): Promise<Sink> {
  const rows = [frameTableHeader()];
  return {
    take: async ({ segmentation }) => {
      const { frame, classes, timings } = segmentation;
      rows.push(frameTableRows({ frame, seconds: frame / framesPerSecond, classes, timings }));
    },
    finish: async () => {
      await mkdir(dirname(out), { recursive: true }).catch(() => undefined);
      await writeFileAtomically(out, rows.join('')).catch((error: unknown) => Promise.reject(exportError(error, out)));
      return out;
    },
    abort: async () => undefined,
  };
}

function painter({ format, style, open }: VideoOrder): (raw: RawFrame, mask: Mask) => Uint8Array {
  const own = new Map(open.model.labels.map(({ id, color }) => [id, color]));
  const generated = paletteById('distinct');
  const colorOf = (id: number): Rgb => style.colors[String(id)] ?? own.get(id) ?? generated.colorOf(id);
  const hidden = new Set(style.hidden);
  const { mode, outlineWidth } = style;
  if (format === 'overlay') {
    return (raw, mask) =>
      drawOverlay(rawFrameToRgb(raw), mask, { mode, outlineWidth, hidden, colorOf, opacity: style.opacity }).pixels;
  }
  return (_raw, mask) => {
    const { width, height } = mask;
    const black: Frame = { width, height, channels: 3, pixels: new Uint8Array(width * height * 3) };
    return drawOverlay(black, mask, { mode: 'fill', outlineWidth, hidden, colorOf, opacity: 1 }).pixels;
  };
}

function emptyVideo(path: string): AppError {
  const name = basename(path);
  return new AppError('VIDEO_EMPTY', `${name} has no frame that can be read.`, {
    hint: 'Copy or download the video again.',
    details: { file: name },
  });
}
