import { AppError, isAbort, toErrorReport } from '../../../shared/app-error';
import { arrangementStore } from '../canvas/arrangement-store';
import { i18n } from '../i18n/i18n';
import { announce } from '../notices/announce';
import { errorMessage } from '../notices/error-text';
import { connectionStore } from '../state/connection-store';
import { libraryStore } from '../state/library-store';
import { picturesStore, setSegmentation, setStatus } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import { recordPicture } from '../latency/record-picture';
import { nextToSegment } from './next-to-segment';

/** From the call until its mask is here, as a performance measure; the last one is kept. `detail` has the session's part. */
export const SEGMENT_CALL = 'segment-call';

/** Asked for by the user beyond the selected picture, in order. */
let batch: string[] = [];
let fresh = new Set<string>();
/** Opens the model again. */
let onSessionGone: (error: unknown, sessionId: string) => void = () => undefined;
let running: { readonly pictureId: string; readonly controller: AbortController } | null = null;

/**
 * Keeps the engine busy with what is looked at, one picture at a time: the engine uses all cores for each, so that more
 * at once would only make the selected one wait. Runs by itself whenever a store it depends on changes.
 */
export function runSegmentation(reopen: typeof onSessionGone): void {
  onSessionGone = reopen;
  picturesStore.subscribe((state, before) => {
    if (state.selectedId !== before.selectedId || state.order !== before.order) pump();
  });
  libraryStore.subscribe((state, before) => {
    if (state.session !== before.session) pump();
  });
  connectionStore.subscribe(pump);
  arrangementStore.subscribe((state, before) => {
    if (state.arrangement === null && before.arrangement !== null) pump();
  });
}

/** Again, even though there is a mask, and even though it failed before. */
export function segmentAgain(chosen: readonly string[]): void {
  const { items } = picturesStore.getState();
  const pictureIds = chosen.filter((id) => items[id]?.entry.kind === 'image');
  for (const id of pictureIds) {
    fresh.add(id);
    if (picturesStore.getState().items[id]?.status !== 'working') setStatus(id, 'queued');
  }
  batch = [...batch.filter((id) => !pictureIds.includes(id)), ...pictureIds];
  pump();
}

/** All pictures of the strip that have no mask yet. */
export function segmentAll(): void {
  const { order, items } = picturesStore.getState();
  const wanted = order.filter((id) => items[id]?.status === 'idle' && items[id].entry.kind === 'image');
  for (const id of wanted) setStatus(id, 'queued');
  batch = [...batch, ...wanted];
  pump();
}

/** Masks under way are of no use any more: the model changed, or the pictures were taken away. */
export function stopSegmentation(): void {
  batch = [];
  fresh = new Set();
  running?.controller.abort();
}

function pump(): void {
  if (running !== null || connectionStore.getState().status !== 'connected') return;
  const { session } = libraryStore.getState();
  // What is compared has the engine for itself; the open model is mostly among it.
  if (session.kind !== 'open' || arrangementStore.getState().arrangement !== null) return;
  const pictureId = nextToSegment(picturesStore.getState(), batch);
  if (pictureId === null) return;
  const controller = new AbortController();
  running = { pictureId, controller };
  setStatus(pictureId, 'working');
  void segmentOne(session.info.id, pictureId, controller.signal).finally(() => {
    running = null;
    pump();
  });
}

async function segmentOne(sessionId: string, pictureId: string, signal: AbortSignal): Promise<void> {
  const wasQueued = batch.includes(pictureId);
  batch = batch.filter((id) => id !== pictureId);
  const again = fresh.delete(pictureId);
  const start = performance.now();
  try {
    const segmentation = await studio.call('session.segment', { sessionId, pictureId, fresh: again }, { signal });
    if (signal.aborted) return;
    const { cached, timings } = segmentation;
    const roundTripMs = performance.now() - start;
    performance.clearMeasures(SEGMENT_CALL);
    performance.measure(SEGMENT_CALL, {
      start,
      end: performance.now(),
      detail: { pictureId, cached, sessionMs: timings.total / 1e6 },
    });
    setSegmentation(segmentation);
    if (!cached) recordPicture(segmentation, roundTripMs);
    if (picturesStore.getState().selectedId === pictureId) {
      announce(i18n.t('pictures.announceDone', { name: nameOf(pictureId), count: segmentation.classes.length }));
    }
  } catch (error) {
    if (isAbort(error)) setStatus(pictureId, 'idle');
    else if (isSessionGone(error)) {
      // The engine host forgot the model, and nothing is wrong with the picture.
      setStatus(pictureId, 'idle');
      onSessionGone(error, sessionId);
    } else if (error instanceof AppError && error.code === 'SESSION_BROKEN') {
      // Another picture lost the GPU. The engine host is about to make way for one that opens it anew.
      if (wasQueued) batch = [pictureId, ...batch];
      if (again) fresh.add(pictureId);
      setStatus(pictureId, wasQueued ? 'queued' : 'idle');
      await nextConnection();
    } else {
      // HOST_GONE included: the picture may be what killed the host, so only the user may try it again.
      const report = toErrorReport(error);
      setStatus(pictureId, 'failed', report);
      announce(
        i18n.t('pictures.announceFailed', { name: nameOf(pictureId), reason: errorMessage(report) }),
        'assertive',
      );
      // What came next would be lost with the engine host, which is about to make way for one that opens the GPU anew.
      if (report.code === 'DEVICE_LOST') await nextConnection();
    }
  }
}

function nextConnection(): Promise<void> {
  const { generation } = connectionStore.getState();
  return new Promise((resolve) => {
    const leave = connectionStore.subscribe((state) => {
      if (state.generation === generation) return;
      leave();
      resolve();
    });
  });
}

/** Whether the studio does not know, or know any more, the session that was named. */
export function isSessionGone(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'SESSION_UNKNOWN' || error.code === 'SESSION_CLOSED');
}

function nameOf(pictureId: string): string {
  return picturesStore.getState().items[pictureId]?.entry.name ?? '';
}
