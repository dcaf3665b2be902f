import { AppError, toErrorReport } from '../../../shared/app-error';
import { firstNeeded, isNeeded, isTaken } from '../../../shared/frames-to-do';
import type { FrameSegmentation } from '../../../shared/video-contract';
import type { ExportSettings } from '../../../shared/video-export-contract';
import { throwIfCancelled, type LocalProgress } from '../actions/local-jobs';
import { reopenIfLost } from '../actions/models';
import { isSessionGone } from '../actions/segment';
import { i18n } from '../i18n/i18n';
import { connectionStore } from '../state/connection-store';
import { studio } from '../studio-client/studio';
import { openSource } from '../video/open-source';
import type { DecodedFrame, FrameSource } from '../video/video-types';
import { orderOf, sessionSettled, type ExportTarget } from './export-order';
import { openSink, type ExportSink, type OpenExport } from './video-sinks';

export interface VideoExport {
  readonly target: ExportTarget;
  readonly settings: ExportSettings;
  /** `begin` refuses to replace what is kept of another export, `continue` to begin anew, `again` forgets what is kept. */
  readonly how: 'begin' | 'continue' | 'again';
}

interface Pending {
  readonly frame: DecodedFrame;
  readonly answer: Promise<FrameSegmentation>;
}

/** Frames at the engine at once, as for playing. */
const IN_FLIGHT = 3;

/**
 * Frames of a video through the engine, with a decoder of its own: what is shown is not disturbed. What is done is kept
 * until all is, so that it goes on there when it breaks off.
 */
export async function exportVideo({ target, settings, how }: VideoExport, job: LocalProgress): Promise<void> {
  const { pictureId, name, size } = target;
  const source = await openSource(pictureId, name, job.signal, () => undefined);
  try {
    if (size.width % 2 === 1 || size.height % 2 === 1) job.log(i18n.t('video.exporting.oddSize'));
    const open = await openExport({ target, settings, how }, job.signal, true);
    await work(open, { source, target }, job).catch((error: unknown) => {
      // Nobody else may have noticed yet; going on needs it.
      reopenIfLost(error, open.order.sessionId);
      throw error;
    });
  } finally {
    source.close();
  }
}

/** @param tries whether a model that the studio has lost is opened again */
async function openExport(wanted: VideoExport, signal: AbortSignal, tries: boolean): Promise<OpenExport> {
  const { target, settings, how } = wanted;
  // Whoever noticed that the model is lost may be opening it again.
  await sessionSettled(signal);
  const { order, codec } = await orderOf(target);
  try {
    const opened = await studio.call('videoExport.open', { ...order, settings, how });
    return { opened, order, settings, codec, size: target.size };
  } catch (error) {
    if (!tries || !isSessionGone(error)) throw error;
    reopenIfLost(error, order.sessionId);
    return openExport(wanted, signal, false);
  }
}

interface Frames {
  readonly source: FrameSource;
  readonly target: ExportTarget;
}

async function work(open: OpenExport, frames: Frames, job: LocalProgress): Promise<void> {
  const { exportId, done } = open.opened;
  let sink: ExportSink | null = null;
  try {
    if (done.length > 0) job.log(i18n.t('video.exporting.doneBefore', { count: done.length }));
    sink = await openSink(open);
    job.phase(i18n.t('video.exporting.segmenting'));
    await pump(open, frames, sink, job);
    job.phase(i18n.t('video.exporting.finishing'));
    for (const path of await sink.finish()) job.result(path);
  } catch (error) {
    // To a studio that is gone nothing more can be given; what it was given is kept.
    const isThere = connectionStore.getState().status === 'connected' && toErrorReport(error).code !== 'HOST_GONE';
    await sink?.abort(isThere);
    if (isThere) await studio.call('videoExport.close', { exportId }).catch(() => undefined);
    throw error;
  }
}

async function pump(open: OpenExport, { source, target }: Frames, sink: ExportSink, job: LocalProgress): Promise<void> {
  const { settings, opened } = open;
  const known = new Set(opened.done);
  const isDone = (frame: number): boolean => known.has(frame);
  const pending: Pending[] = [];
  const start = source.times?.[settings.from] ?? 0;
  const interval = settings.every / source.info.framesPerSecond;
  let done = known.size;
  job.before(done);
  const takeOldest = async (): Promise<void> => {
    const oldest = pending.shift();
    if (oldest === undefined) return;
    const { frame } = oldest;
    const answer = await oldest.answer;
    throwIfCancelled(job.signal);
    if (isDone(frame.index)) return;
    const next = source.times?.[frame.index + settings.every];
    const duration = next === undefined ? interval : next - frame.seconds;
    await sink.take(frame, answer, frame.seconds - start, duration);
    job.progress(++done);
  };
  const from = firstNeeded(settings, isDone);
  for await (const frame of from === null ? [] : source.framesFrom(from)) {
    if ((settings.to !== null && frame.index > settings.to) || job.signal.aborted) break;
    if (!isTaken(frame.index, settings) || !isNeeded(frame.index, settings, isDone)) continue;
    const answer = segment(open, target, frame, job.signal);
    // Looked at in order; until then a failure is not an unhandled one.
    answer.catch(() => undefined);
    pending.push({ frame, answer });
    if (pending.length >= IN_FLIGHT) await takeOldest();
  }
  while (pending.length > 0) await takeOldest();
  throwIfCancelled(job.signal);
  if (done > 0) return;
  throw new AppError('VIDEO_EMPTY', `${target.name} has no frame that can be read.`, {
    details: { file: target.name },
  });
}

function segment(
  { order, settings, opened }: OpenExport,
  { pictureId }: ExportTarget,
  frame: DecodedFrame,
  signal: AbortSignal,
): Promise<FrameSegmentation> {
  const { smoothing } = settings;
  // Masks that vote are those of this export alone.
  const stream = `${pictureId}|${opened.exportId}`;
  const call = { sessionId: order.sessionId, frame: frame.index, picture: frame.raw, stream, smoothing };
  return studio.call('session.segmentFrame', call, { signal });
}
