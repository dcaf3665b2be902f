import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { MaskStyle } from '../../shared/domain/export';
import type { Frame } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import type { Rgb } from '../../shared/domain/model';
import type { RawFrame } from '../../shared/domain/raw-frame';
import { rawFrameBytes } from '../../shared/domain/raw-frame';
import type { FrameChoice } from '../../shared/frames-to-do';
import { firstNeeded, isNeeded, isTaken } from '../../shared/frames-to-do';
import { paletteById } from '../../shared/palettes';
import type { VideoFormat } from '../../shared/video-export-contract';
import { fileError } from '../../media/picture-errors';
import { drawOverlay } from '../../media/overlay';
import { rawFrameToRgb } from '../../media/raw-frame';
import type { JobProgress } from '../jobs/job-registry';
import type { OpenSession } from '../sessions/session-registry';
import type { ExportSubject } from './export-journal';
import { doneFrames, ExportJournal } from './export-journal';
import { engineSubject, modelColors, videoVersion } from './export-subject';
import { findTool } from './ffmpeg';
import type { PartLength } from './part-sink';
import { partSink, usualPart } from './part-sink';
import { probeVideo, type VideoFacts } from './probe-video';
import { decodeFrames } from './raw-streams';
import { FrameSegmenter } from './segment-frame';
import type { FrameResult, FrameSink } from './video-sinks';
import { pictureSink, tableSink } from './video-sinks';

export interface VideoOrder {
  readonly open: OpenSession;
  readonly path: string;
  readonly out: string;
  readonly format: VideoFormat;
  readonly every: number;
  readonly smoothing: number;
  readonly style: MaskStyle;
  /** Begins anew where an earlier start has broken off. */
  readonly fresh: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parts?: PartLength;
}

/** Frames under way at once: one in the network, one decoded, one written; of 8K fewer. */
const IN_FLIGHT = 3;
const IN_FLIGHT_BYTES = 100 * 1024 * 1024;

/**
 * A video through a session, frame by frame, with the ffmpeg of this machine. Where it fails, is cancelled or killed, what
 * is done is kept beside what it makes, and the next start with the same order goes on there.
 * @throws AppError VIDEO_NO_FFMPEG, VIDEO_UNREADABLE, VIDEO_NO_TRACK, VIDEO_EMPTY, EXPORT_…, BATCH_BUSY,
 *   BATCH_OUTPUT_GONE, and what the session throws
 */
export async function exportVideo(order: VideoOrder, job: JobProgress): Promise<void> {
  const ffmpeg = findTool('ffmpeg', order.env);
  const path = resolve(order.path);
  const file = await stat(path).catch((error: unknown) => Promise.reject(fileError(error, path)));
  const facts = await probeVideo(path, order.env, job.signal);
  const isVideo = order.format === 'overlay' || order.format === 'mask';
  tellFacts(facts, isVideo, job);
  const journal = await ExportJournal.open({
    out: resolve(order.out),
    isFolder: order.format === 'png',
    about: subjectOf(order, videoVersion(path, file)),
    fresh: order.fresh,
    onOther: (differs, { records }) =>
      job.log(`${doneFrames(records)} frames of an earlier start are not used: ${differs.join(', ')} changed.`),
  });
  let isWhole = false;
  try {
    const sink = await openSink(order, { facts, ffmpeg }, journal);
    if (sink.done > 0) job.log(`${sink.done} frames were done before.`);
    const evenly = isVideo && !facts.isConstant;
    await work(order, { ffmpeg, path, facts, evenly, signal: job.signal }, sink, job);
    isWhole = true;
  } finally {
    if (!isWhole && journal.records.length > 0)
      job.log(`What is done is kept in ${journal.state}; start again to go on.`);
    await journal.close(isWhole);
  }
}

async function work(order: VideoOrder, decode: Decoding, sink: FrameSink, job: JobProgress): Promise<void> {
  try {
    job.phase('Segmenting');
    const count = await pump(order, decode, sink, job);
    if (job.signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
    if (count === 0) throw emptyVideo(decode.path);
    const wanted = Math.ceil(decode.facts.frames / order.every);
    if (count < wanted - 1) job.log(`The video ends early: ${count} of ${wanted} frames could be read.`);
    job.phase('Finishing');
    job.result(await sink.finish());
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function subjectOf(order: VideoOrder, video: string): ExportSubject {
  const { open, format, style } = order;
  const colors = { ...modelColors(open), ...style.colors };
  const look = format === 'overlay' || format === 'mask' ? { ...style, colors } : null;
  const settings = { ...choiceOf(order), style: look };
  return { ...engineSubject(open), video, encoding: '', format, settings };
}

function choiceOf({ every, smoothing }: VideoOrder): FrameChoice {
  return { from: 0, to: null, every, smoothing };
}

function tellFacts(facts: VideoFacts, isVideo: boolean, job: JobProgress): void {
  const { width, height, codec, framesPerSecond, isConstant, bitDepth } = facts;
  job.log(`${width}x${height}, ${codec}, ${framesPerSecond.toFixed(2)} frames a second.`);
  if (bitDepth > 8) job.log(`${bitDepth} bits for each channel are reduced to 8.`);
  if (!isConstant && isVideo) job.log('The frame rate varies; the result has the average rate, evenly spaced.');
  if (isVideo && (width % 2 === 1 || height % 2 === 1))
    job.log('The odd last column or row is left out: encoders take even sizes.');
}

type Decoding = Parameters<typeof decodeFrames>[0];

/** Answers with how many frames there are now, those of earlier starts included. */
async function pump(order: VideoOrder, decode: Decoding, sink: FrameSink, job: JobProgress): Promise<number> {
  const segmenter = new FrameSegmenter();
  const total = Math.ceil(decode.facts.frames / order.every);
  const choice = choiceOf(order);
  const from = decode.evenly ? 0 : (firstNeeded(choice, sink.isDone) ?? 0);
  const pending: { readonly isDone: boolean; readonly result: Promise<FrameResult> }[] = [];
  const most = Math.max(
    1,
    Math.min(IN_FLIGHT, Math.floor(IN_FLIGHT_BYTES / rawFrameBytes({ format: 'nv12', ...decode.facts }))),
  );
  let index = from;
  let done = sink.done;
  job.progress(done, Math.max(total, done));
  const takeOldest = async (): Promise<void> => {
    const oldest = pending.shift();
    if (oldest === undefined) return;
    const result = await oldest.result;
    if (oldest.isDone) return;
    await sink.take(result);
    job.progress(++done, Math.max(total, done));
  };
  try {
    for await (const raw of decodeFrames({ ...decode, from }, (complaint) => job.log(complaint))) {
      const frame = index++;
      if (!isTaken(frame, choice) || !isNeeded(frame, choice, sink.isDone)) continue;
      const { smoothing } = order;
      const request = { frame, picture: raw, stream: decode.path, smoothing, signal: job.signal };
      const result = segmenter.segment(order.open, request).then((segmentation) => ({ raw, segmentation }));
      // Looked at in order, below; until then a failure is not an unhandled one.
      result.catch(() => undefined);
      pending.push({ isDone: sink.isDone(frame), result });
      if (pending.length >= most) await takeOldest();
      if (job.signal.aborted) return done;
    }
    while (pending.length > 0) await takeOldest();
  } finally {
    await Promise.allSettled(pending.map(({ result }) => result));
  }
  return done;
}

function openSink(
  order: VideoOrder,
  { facts, ffmpeg }: { readonly facts: VideoFacts; readonly ffmpeg: string },
  journal: ExportJournal,
): Promise<FrameSink> {
  const out = resolve(order.out);
  switch (order.format) {
    case 'overlay':
    case 'mask': {
      const { width, height } = facts;
      const { every, parts = usualPart } = order;
      const rate = every === 1 ? facts.rate : String(facts.framesPerSecond / every);
      const paint = painter(order);
      const draw = ({ raw, segmentation }: FrameResult): Uint8Array => paint(raw, segmentation.mask);
      return partSink({ ffmpeg, out, width, height, rate, every, length: parts, draw }, journal);
    }
    case 'png':
      return pictureSink(out, journal);
    case 'csv':
      return tableSink(out, facts.framesPerSecond, journal);
  }
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
