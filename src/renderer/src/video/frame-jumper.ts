import type { VideoSample, VideoSampleSink } from 'mediabunny';

/** Before every frame: nothing is decoded for it, but all that was asked for before. */
const NOWHERE = -1e9;

/**
 * Decodes single frames, each from its key frame on and nothing beyond it: a decoder that reads on would take the time
 * in which the frame could be drawn. It stays set up from one jump to the next, which costs as much as some frames.
 */
export class FrameJumper {
  readonly #samples: AsyncGenerator<VideoSample | null, void, unknown>;
  readonly #wanted: number[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  /** Answers that nobody has waited for: there is one for each time. */
  #unread = 0;

  constructor(sink: VideoSampleSink) {
    this.#samples = sink.samplesAtTimestamps(this.#times());
  }

  /** The frames that are shown at these times (seconds as in the file, ascending); whoever takes one closes it. */
  async *frames(times: readonly number[]): AsyncGenerator<VideoSample, void, undefined> {
    while (this.#unread > 0) (await this.#next())?.close();
    this.#wanted.push(...times, NOWHERE);
    this.#unread = times.length + 1;
    this.#wake();
    while (this.#unread > 1) {
      const sample = await this.#next();
      if (sample !== null) yield sample;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
    void this.#samples.return(undefined).catch(() => undefined);
  }

  async #next(): Promise<VideoSample | null> {
    const { value, done } = await this.#samples.next();
    this.#unread = done === true ? 0 : this.#unread - 1;
    return value ?? null;
  }

  async *#times(): AsyncGenerator<number, void, undefined> {
    while (!this.#isClosed) {
      const time = this.#wanted.shift();
      if (time === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else yield time;
    }
  }
}
