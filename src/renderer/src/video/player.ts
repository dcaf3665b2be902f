import { isAbort } from '../../../shared/app-error';
import type { FrameSegmentation } from '../../../shared/video-contract';
import { PlayClock } from './play-clock';
import type { DecodedFrame, FrameSource } from './video-types';

/** `drop`: the video keeps its own time and frames the engine has no time for are left out. `every`: none is. */
export type Pace = 'drop' | 'every';

export interface PlayOptions {
  readonly pace: Pace;
  /** Every n-th frame goes to the engine. */
  readonly every: number;
  /** Frames without a mask of their own are shown under the last one; else they are not shown. */
  readonly hold: boolean;
  readonly loop: boolean;
  readonly speed: number;
  /** First and last frame that are played. */
  readonly inPoint: number;
  readonly outPoint: number;
}

/** A mask, and how its frame came to it. */
export interface FrameMask {
  readonly frame: number;
  readonly answer: FrameSegmentation;
  /** Milliseconds from sending the frame until its mask was here. */
  readonly roundTripMs: number;
  readonly decodeMs: number;
}

/** What the player drives. */
export interface PlayerHost {
  options(): PlayOptions;
  /** Null while no model is open: the frame is then shown without a mask. */
  segment(frame: DecodedFrame, signal: AbortSignal): Promise<FrameSegmentation | null>;
  /** `mask` belongs to the frame, or with `hold` to an earlier one. */
  show(frame: DecodedFrame, mask: FrameMask | null): void;
  /** A mask for what is shown already. */
  showMask(mask: FrameMask): void;
  dropped(): void;
  inFlight(count: number): void;
  stopped(): void;
  failed(error: unknown): void;
}

/** Frames at the engine at once: one that it works on and one that waits, so that it never idles. */
const IN_FLIGHT = { drop: 2, every: 3 } as const;
/** A video that is later than this goes on from where it is. */
const LATEST_SECONDS = 0.5;

/** Plays, steps and seeks one video. Never more than three frames are at the engine. */
export class VideoPlayer {
  readonly #source: FrameSource;
  readonly #host: PlayerHost;
  #run: AbortController | null = null;
  #position = 0;
  #inFlight = 0;
  /** Frames that were sent while playing, and the latest of them that was shown. Their numbers go back in a loop. */
  #turns = 0;
  #shownTurn = 0;
  #slotFree: (() => void) | null = null;
  #held: FrameMask | null = null;
  #target: number | null = null;
  /** The frame that will be shown when no further wish comes; steps count from there. Null while nothing is sought. */
  #heading: number | null = null;
  #seeking = false;
  #masking: AbortController | null = null;
  #closed = false;

  constructor(source: FrameSource, host: PlayerHost) {
    this.#source = source;
    this.#host = host;
  }

  get playing(): boolean {
    return this.#run !== null;
  }

  /** Number of the frame that is shown. */
  get position(): number {
    return this.#position;
  }

  play(): void {
    if (this.#run !== null || this.#closed) return;
    const run = new AbortController();
    this.#run = run;
    this.#masking?.abort();
    void this.#playOn(run.signal)
      .catch((error: unknown) => {
        if (!run.signal.aborted && !isAbort(error)) this.#host.failed(error);
      })
      .finally(() => {
        if (this.#run !== run) return;
        this.#run = null;
        this.#host.stopped();
      });
  }

  /** What is shown stays, with its mask. */
  pause(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    run.abort();
    this.#host.stopped();
  }

  /** Shows a frame as soon as it is decoded, and its mask as soon as it is computed. The latest wish wins. */
  seek(index: number): void {
    if (this.#closed) return;
    this.#target = Math.max(0, Math.min(this.#source.info.frameCount - 1, index));
    this.#heading = this.#target;
    if (!this.#seeking) void this.#seekAll();
  }

  step(by: number): void {
    this.pause();
    this.seek((this.#heading ?? this.#position) + by);
  }

  /** The mask of the shown frame again, by another model or with other settings. */
  refresh(): void {
    this.#held = null;
    if (this.#run === null && !this.#seeking) this.seek(this.#position);
  }

  close(): void {
    this.#closed = true;
    this.pause();
    this.#masking?.abort();
    this.#source.close();
  }

  async #playOn(signal: AbortSignal): Promise<void> {
    const { inPoint, outPoint } = this.#host.options();
    const isLive = this.#source.times === null;
    const atEnd =
      !isLive && (this.#position >= Math.min(outPoint, this.#source.info.frameCount - 1) || this.#position < inPoint);
    let from = atEnd ? inPoint : this.#position;
    for (;;) {
      const count = await this.#pass(from, signal);
      const { loop, inPoint: again } = this.#host.options();
      if (signal.aborted || !loop || isLive || count === 0) return;
      from = again;
    }
  }

  /** Plays until the end or the out point; answers with the number of frames that came. */
  async #pass(from: number, signal: AbortSignal): Promise<number> {
    let clock: PlayClock | null = null;
    let count = 0;
    for await (const frame of this.#source.framesFrom(from)) {
      if (signal.aborted || frame.index > this.#host.options().outPoint) break;
      count += 1;
      clock ??= new PlayClock(frame.seconds, this.#host.options().speed, seconds);
      await this.#take(frame, clock, signal);
    }
    while (this.#inFlight > 0 && !signal.aborted) await this.#slot();
    return count;
  }

  async #take(frame: DecodedFrame, clock: PlayClock, signal: AbortSignal): Promise<void> {
    const { pace, every, hold, speed } = this.#host.options();
    if (this.#source.times !== null) {
      clock.setSpeed(speed);
      if (clock.until(frame.seconds) < -LATEST_SECONDS) clock.restart(frame.seconds);
      await sleep(clock.until(frame.seconds) * 1000, signal);
    }
    const isTurn = frame.index % every === 0;
    if (pace === 'every' && isTurn) {
      while (this.#inFlight >= IN_FLIGHT.every && !signal.aborted) await this.#slot();
      if (clock.until(frame.seconds) < 0) clock.restart(frame.seconds);
    }
    if (signal.aborted) return;
    if (hold) this.#showHeld(frame);
    if (!isTurn) return;
    if (this.#inFlight < IN_FLIGHT[pace]) void this.#submit(frame, hold, signal);
    else this.#host.dropped();
  }

  #showHeld(frame: DecodedFrame): void {
    this.#position = frame.index;
    this.#host.show(frame, this.#held);
  }

  async #submit(frame: DecodedFrame, hold: boolean, signal: AbortSignal): Promise<void> {
    const turn = ++this.#turns;
    try {
      const mask = await this.#maskOf(frame, signal);
      // A run that failed is over without being aborted; its last masks may come after the video was closed.
      if (signal.aborted || this.#closed) return;
      if (hold) {
        if (mask === null) return;
        this.#held = mask;
        return this.#host.showMask(mask);
      }
      // Another one overtook it.
      if (turn < this.#shownTurn) return;
      this.#shownTurn = turn;
      this.#position = frame.index;
      this.#host.show(frame, mask);
    } catch (error) {
      if (signal.aborted || this.#closed || isAbort(error)) return;
      this.pause();
      this.#host.failed(error);
    }
  }

  async #maskOf(frame: DecodedFrame, signal: AbortSignal): Promise<FrameMask | null> {
    const start = performance.now();
    this.#host.inFlight((this.#inFlight += 1));
    try {
      const answer = await this.#host.segment(frame, signal);
      if (answer === null || answer.frame !== frame.index) return null;
      return { frame: frame.index, answer, roundTripMs: performance.now() - start, decodeMs: frame.decodeMs };
    } finally {
      this.#host.inFlight((this.#inFlight -= 1));
      this.#slotFree?.();
    }
  }

  /** Resolves when a frame has come back from the engine. */
  #slot(): Promise<void> {
    return new Promise((resolve) => (this.#slotFree = resolve));
  }

  async #seekAll(): Promise<void> {
    this.#seeking = true;
    const wasPlaying = this.#run !== null;
    if (wasPlaying) this.pause();
    try {
      while (this.#target !== null && !this.#closed) {
        const index = this.#target;
        this.#target = null;
        this.#masking?.abort();
        const frame = await this.#source.frameAt(index);
        if (frame === null) {
          // The file ends earlier than it said: its last frame instead.
          const last = this.#source.info.frameCount - 1;
          if (index > last) this.#target ??= last;
          continue;
        }
        if (this.#closed) return;
        this.#held = null;
        this.#position = frame.index;
        this.#host.show(frame, null);
        if (this.#target === null && !wasPlaying) void this.#maskShown(frame);
      }
    } catch (error) {
      this.#host.failed(error);
    } finally {
      this.#seeking = false;
      this.#heading = null;
    }
    if (wasPlaying && !this.#closed) this.play();
  }

  async #maskShown(frame: DecodedFrame): Promise<void> {
    const masking = new AbortController();
    this.#masking = masking;
    try {
      const mask = await this.#maskOf(frame, masking.signal);
      if (masking.signal.aborted || mask === null || this.#position !== frame.index) return;
      this.#held = mask;
      this.#host.showMask(mask);
    } catch (error) {
      if (!masking.signal.aborted && !isAbort(error)) this.#host.failed(error);
    }
  }
}

function seconds(): number {
  return performance.now() / 1000;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 1 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      globalThis.clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = globalThis.setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
