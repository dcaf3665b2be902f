import { AppError } from '../../../shared/app-error';
import type { FrameSegmentation, VideoFormat } from '../../../shared/video-contract';
import { throwIfCancelled, type LocalProgress } from '../actions/local-jobs';
import { i18n } from '../i18n/i18n';
import { studio } from '../studio-client/studio';
import { openSource } from '../video/open-source';
import type { DecodedFrame, FrameSource } from '../video/video-types';
import { openPngSink, openTableSink, openVideoSink, type ExportSink, type SinkOrder } from './video-sinks';

export interface VideoExportOrder {
  readonly pictureId: string;
  readonly name: string;
  readonly sessionId: string;
  readonly format: VideoFormat;
  /** Null: the browser gets downloads. */
  readonly directory: string | null;
  /** First and last frame. */
  readonly from: number;
  readonly to: number;
  readonly every: number;
  readonly smoothing: number;
}

interface Pending {
  readonly frame: DecodedFrame;
  readonly answer: Promise<FrameSegmentation>;
}

/** Frames at the engine at once, as for playing. */
const IN_FLIGHT = 3;

/** Every frame of a part of a video through the engine, with a decoder of its own: what is shown is not disturbed. */
export async function exportVideo(order: VideoExportOrder, job: LocalProgress): Promise<void> {
  const source = await openSource(order.pictureId, order.name, job.signal, () => undefined);
  try {
    const stem = order.name.replace(/\.[^.]*$/, '') || order.name;
    const { size } = source.info;
    if (size.width % 2 === 1 || size.height % 2 === 1) job.log(i18n.t('video.exporting.oddSize'));
    const sink = await openSink(order.format, { stem, directory: order.directory, size });
    try {
      job.phase(i18n.t('video.exporting.segmenting'));
      await pump(order, source, sink, job);
      job.phase(i18n.t('video.exporting.finishing'));
      for (const path of await sink.finish()) job.result(path);
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    source.close();
  }
}

function openSink(format: VideoFormat, order: SinkOrder): Promise<ExportSink> {
  switch (format) {
    case 'overlay':
    case 'mask':
      return openVideoSink(order, format);
    case 'png':
      return Promise.resolve(openPngSink(order));
    case 'csv':
      return Promise.resolve(openTableSink(order));
  }
}

async function pump(order: VideoExportOrder, source: FrameSource, sink: ExportSink, job: LocalProgress): Promise<void> {
  const pending: Pending[] = [];
  const start = source.times?.[order.from] ?? 0;
  const interval = order.every / source.info.framesPerSecond;
  let done = 0;
  const takeOldest = async (): Promise<void> => {
    const oldest = pending.shift();
    if (oldest === undefined) return;
    const { frame } = oldest;
    const answer = await oldest.answer;
    throwIfCancelled(job.signal);
    const next = source.times?.[frame.index + order.every];
    const duration = next === undefined ? interval : next - frame.seconds;
    await sink.take(frame, answer, frame.seconds - start, duration);
    job.progress(++done);
  };
  for await (const frame of source.framesFrom(order.from)) {
    if (frame.index > order.to || job.signal.aborted) break;
    if ((frame.index - order.from) % order.every !== 0) continue;
    const answer = segment(order, frame, job.signal);
    // Looked at in order; until then a failure is not an unhandled one.
    answer.catch(() => undefined);
    pending.push({ frame, answer });
    if (pending.length >= IN_FLIGHT) await takeOldest();
  }
  while (pending.length > 0) await takeOldest();
  throwIfCancelled(job.signal);
  if (done === 0) {
    throw new AppError('VIDEO_EMPTY', `${order.name} has no frame that can be read.`, {
      details: { file: order.name },
    });
  }
}

function segment(order: VideoExportOrder, frame: DecodedFrame, signal: AbortSignal): Promise<FrameSegmentation> {
  const { sessionId, smoothing, pictureId } = order;
  const call = { sessionId, frame: frame.index, picture: frame.raw, stream: `${pictureId}|export`, smoothing };
  return studio.call('session.segmentFrame', call, { signal });
}
