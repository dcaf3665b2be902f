import { isAbort, toErrorReport } from '../../../shared/app-error';
import type { FrameSegmentation } from '../../../shared/video-contract';
import type { Segmentation } from '../../../shared/contract';
import { reopenIfLost } from '../actions/models';
import { isSessionGone } from '../actions/segment';
import type { StageTimes } from '../latency/latency-stats';
import { recordDropped, recordFrame } from '../latency/latency-store';
import { libraryStore, openSession } from '../state/library-store';
import { liveStore } from '../state/live-store';
import { setSegmentation } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import { VideoPlayer, type FrameMask, type PlayerHost, type PlayOptions } from './player';
import { positionStore, videoStore } from './video-store';
import type { DecodedFrame, FrameSource } from './video-types';
import { deviceText } from '../format/device-text';

/** Legend and status bar follow at most this often; the canvas follows every frame. */
const FOLLOW_MS = 100;

/** An open video: its player, what it shows, and what of it the rest of the window is told. */
export class VideoSession implements PlayerHost {
  readonly pictureId: string;
  readonly source: FrameSource;
  readonly player: VideoPlayer;
  #shown: DecodedFrame | null = null;
  #mask: FrameMask | null = null;
  /** The last mask that was drawn: each is recorded once. */
  #presented: FrameMask | null = null;
  #followTimer: number | null = null;
  #mostInFlight = 0;
  readonly #stopFollowing: () => void;

  constructor(pictureId: string, source: FrameSource) {
    this.pictureId = pictureId;
    this.source = source;
    this.player = new VideoPlayer(source, this);
    // Another model: the mask that is shown is not its.
    this.#stopFollowing = libraryStore.subscribe((state, before) => {
      const now = openSession(state)?.id;
      if (now !== undefined && now !== openSession(before)?.id) this.player.refresh();
    });
  }

  close(): void {
    this.#stopFollowing();
    this.player.close();
    if (this.#followTimer !== null) window.clearTimeout(this.#followTimer);
    liveStore.setState({ live: null });
    this.#shown = null;
  }

  /** What is shown, for an export of single frames and for tests. */
  get shown(): DecodedFrame | null {
    return this.#shown;
  }

  options(): PlayOptions {
    const { options, inPoint, outPoint } = videoStore.getState();
    return { ...options, inPoint, outPoint };
  }

  async segment(frame: DecodedFrame, signal: AbortSignal): Promise<FrameSegmentation | null> {
    const session = openSession(libraryStore.getState());
    if (session === null) return null;
    const { smoothing } = videoStore.getState().options;
    try {
      return await studio.call(
        'session.segmentFrame',
        { sessionId: session.id, frame: frame.index, picture: frame.raw, stream: this.pictureId, smoothing },
        { signal },
      );
    } catch (error) {
      if (!isSessionGone(error)) throw error;
      // Closed or forgotten while the frame was on its way: it is opened again, and the next frame finds it.
      reopenIfLost(error, session.id);
      return null;
    }
  }

  show(frame: DecodedFrame, mask: FrameMask | null): void {
    this.#shown = frame;
    this.#mask = mask;
    this.present();
  }

  showMask(mask: FrameMask): void {
    this.#mask = mask;
    this.present();
  }

  dropped(): void {
    videoStore.setState((state) => ({ dropped: state.dropped + 1 }));
    recordDropped(this.#runOf(openSession(libraryStore.getState())?.id ?? ''));
  }

  inFlight(count: number): void {
    this.#mostInFlight = Math.max(this.#mostInFlight, count);
    positionStore.setState({ inFlight: count, mostInFlight: this.#mostInFlight });
  }

  stopped(): void {
    videoStore.setState({ playing: false });
    // Once more, and well: it comes to rest.
    this.present();
  }

  failed(error: unknown): void {
    if (isAbort(error)) return;
    videoStore.setState({ playing: false, trouble: toErrorReport(error) });
  }

  /** Puts what is shown on the canvas, again after something else was there. */
  present(): void {
    const frame = this.#shown;
    if (frame === null) return;
    const mask = this.#mask;
    const isNew = mask !== null && mask !== this.#presented;
    this.#presented = mask;
    liveStore.setState({
      live: {
        id: this.pictureId,
        image: frame.raw,
        size: this.source.info.size,
        isMoving: this.player.playing,
        mask: mask?.answer.mask ?? null,
        classes: mask?.answer.classes ?? [],
        ...(isNew ? { onDrawn: (drawMs: number) => this.#record(mask, drawMs) } : {}),
      },
    });
    positionStore.setState({ frame: frame.index, seconds: frame.seconds, maskFrame: mask?.frame ?? null });
    if (isNew) this.#followSoon();
    this.#tellChanges();
  }

  /** What is only found on the way: that the file ends early, or has more than 8 bits. */
  #tellChanges(): void {
    const { info } = this.source;
    const { video } = videoStore.getState();
    if (video.kind === 'open' && video.info !== info) videoStore.setState({ video: { ...video, info } });
  }

  #record(mask: FrameMask, draw: number): void {
    const { answer } = mask;
    const stages: StageTimes = { ...hostStages(mask), draw };
    const sample = { frame: mask.frame, pictureId: this.pictureId, at: performance.now(), stages, device: null };
    recordFrame(this.#runOf(answer.sessionId), sample);
  }

  #runOf(sessionId: string): { key: string; title: string; subject: string } {
    const session = openSession(libraryStore.getState());
    const title = session === null ? '' : `${session.modelName} · ${session.precision} · ${deviceText(session.device)}`;
    return { key: `${sessionId}|${this.pictureId}`, title, subject: this.source.info.name };
  }

  #followSoon(): void {
    this.#followTimer ??= window.setTimeout(() => {
      this.#followTimer = null;
      if (this.#mask !== null) setSegmentation(this.#segmentation(this.#mask));
    }, FOLLOW_MS);
  }

  /** As the rest of the window knows masks. */
  #segmentation({ answer, decodeMs }: FrameMask): Segmentation {
    const { size, codec, frameCount } = this.source.info;
    const { mask, classes, timings, sessionId } = answer;
    const decode = decodeMs * 1e6;
    return {
      pictureId: this.pictureId,
      sessionId,
      picture: {
        id: this.pictureId,
        ...size,
        format: codec === '' ? 'camera' : codec,
        bitDepth: 8,
        channels: 3,
        orientation: 1,
        frames: Math.max(1, frameCount),
      },
      mask,
      classes,
      timings: {
        ...timings,
        decode,
        preprocess: timings.decode + timings.preprocess,
        total: timings.total + decode,
      },
      cached: false,
      notes: [],
    };
  }
}

/** The stages up to drawing. What of the round trip the engine does not account for was spent on the way. */
export function hostStages({ answer, roundTripMs, decodeMs }: Omit<FrameMask, 'frame'>): Omit<StageTimes, 'draw'> {
  const { timings, waited } = answer;
  const ms = (nanoseconds: number): number => nanoseconds / 1e6;
  const away = roundTripMs - ms(timings.total) - ms(waited);
  return {
    decode: decodeMs,
    wait: ms(waited),
    pre: ms(timings.decode + timings.preprocess),
    transfer: Math.max(0, away) + ms(timings.transferIn + timings.transferOut),
    infer: ms(timings.infer),
    post: ms(timings.postprocess),
  };
}
