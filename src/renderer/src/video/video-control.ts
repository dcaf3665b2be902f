import { toErrorReport, isAbort } from '../../../shared/app-error';
import { i18n } from '../i18n/i18n';
import { announce } from '../notices/announce';
import { reportError } from '../notices/notify';
import { putThumbnail } from '../film-strip/thumbnail-loader';
import { modeStore } from '../modes/mode-store';
import { liveStore } from '../state/live-store';
import { picturesStore, selectedItem, setStatus } from '../state/pictures-store';
import { frameOfPixels } from './frame-pixels';
import { CAMERA_ID } from './local-videos';
import { openSource } from './open-source';
import { rememberedOptions } from './video-options';
import { VideoSession } from './video-session';
import { positionStore, videoStore } from './video-store';

const THUMBNAIL_SIDE = 160;

let session: VideoSession | null = null;
let opening: AbortController | null = null;
/** The item that is open or being opened. */
let wanted: string | null = null;
let following = false;

/** Opens what is selected in video mode, and lets go of it when it is not. Called when the mode is first entered. */
export function followVideos(): void {
  if (following) return;
  following = true;
  videoStore.setState({ options: rememberedOptions() });
  picturesStore.subscribe((state, before) => {
    if (state.selectedId !== before.selectedId || state.items !== before.items) sync();
  });
  modeStore.subscribe(sync);
  sync();
}

/** What the transport drives; null while no video is open. */
export function videoSession(): VideoSession | null {
  return session;
}

export function playOrPause(): void {
  if (session === null) return;
  if (session.player.playing) session.player.pause();
  else {
    videoStore.setState({ playing: true, trouble: null });
    session.player.play();
  }
}

/** Shows a frame, its mask as soon as it is there. */
export function seekTo(frame: number): void {
  session?.player.seek(frame);
}

/** For looking at one frame: playing would run away from it. */
export function pauseAt(frame: number): void {
  session?.player.pause();
  session?.player.seek(frame);
}

export function stepBy(frames: number): void {
  session?.player.step(frames);
}

export function markIn(): void {
  const { frame } = positionStore.getState();
  videoStore.setState((state) => ({ inPoint: frame, outPoint: Math.max(frame, state.outPoint) }));
}

export function markOut(): void {
  const { frame } = positionStore.getState();
  videoStore.setState((state) => ({ outPoint: frame, inPoint: Math.min(frame, state.inPoint) }));
}

export function clearMarks(): void {
  videoStore.setState({ inPoint: 0, outPoint: Number.MAX_SAFE_INTEGER });
}

/** Again, after it could not be opened. */
export function retryVideo(): void {
  close();
  sync();
}

function sync(): void {
  const item = selectedItem(picturesStore.getState());
  const isShown = modeStore.getState().mode === 'video';
  if (!isShown) {
    // It stays open, where it is, for coming back.
    session?.player.pause();
    if (wanted !== null && picturesStore.getState().items[wanted] === undefined) close();
    liveStore.setState({ live: null });
    return;
  }
  const id = item?.entry.kind === 'video' ? item.entry.id : null;
  if (id !== wanted) {
    close();
    if (item !== null && id !== null) void open(id, item.entry.name);
  }
  if (session === null) showNothing();
  else if (liveStore.getState().live?.id !== session.pictureId) session.present();
}

function showNothing(): void {
  const { live } = liveStore.getState();
  if (live !== null && live.image === null) return;
  const size = { width: 1, height: 1 };
  liveStore.setState({ live: { id: '', image: null, size, isMoving: false, mask: null, classes: [] } });
}

function close(): void {
  opening?.abort();
  opening = null;
  wanted = null;
  session?.close();
  session = null;
  videoStore.setState({ video: { kind: 'none' }, playing: false, dropped: 0, trouble: null });
  positionStore.setState({ frame: 0, seconds: 0, maskFrame: null, inFlight: 0, mostInFlight: 0 });
  clearMarks();
}

async function open(id: string, name: string): Promise<void> {
  wanted = id;
  const controller = new AbortController();
  opening = controller;
  videoStore.setState({ video: { kind: 'opening', pictureId: id, name, progress: 0 } });
  try {
    const source = await openSource(id, name, controller.signal, (progress) => {
      if (opening === controller) videoStore.setState({ video: { kind: 'opening', pictureId: id, name, progress } });
    });
    if (controller.signal.aborted) return source.close();
    opening = null;
    session = new VideoSession(id, source);
    videoStore.setState({
      video: { kind: 'open', pictureId: id, name, info: source.info, isCamera: id === CAMERA_ID },
    });
    announce(i18n.t('video.announceOpen', { name }));
    if (id === CAMERA_ID) playOrPause();
    else await showFirst(session);
  } catch (error) {
    if (controller.signal.aborted || isAbort(error)) return;
    const report = toErrorReport(error);
    videoStore.setState({ video: { kind: 'failed', pictureId: id, name, error: report } });
    setStatus(id, 'failed', report);
  }
}

async function showFirst(shown: VideoSession): Promise<void> {
  shown.player.seek(0);
  setStatus(shown.pictureId, 'done');
  const first = await shown.source.frameAt(0);
  if (first === null) return;
  const image = frameOfPixels(first.raw, first.seconds);
  try {
    const scale = THUMBNAIL_SIDE / Math.max(first.raw.width, first.raw.height);
    const canvas = new OffscreenCanvas(Math.ceil(first.raw.width * scale), Math.ceil(first.raw.height * scale));
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    putThumbnail(shown.pictureId, URL.createObjectURL(await canvas.convertToBlob({ type: 'image/jpeg' })));
    setStatus(shown.pictureId, 'done');
  } catch (error) {
    reportError(error);
  } finally {
    image.close();
  }
}
