import type { VideoSample, VideoSampleSink } from 'mediabunny';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameJumper } from './frame-jumper';

/** Frames a second of the stand-in. */
const RATE = 10;

/**
 * Answers as Mediabunny does: a frame comes out once the next time is asked for, the last one of the file for whatever lies
 * beyond it; nothing is before the first, which is known without decoding.
 */
class FakeDecoder {
  readonly asked: number[] = [];
  readonly opened: number[] = [];
  readonly closed: number[] = [];
  ended = false;
  /** Frame that cannot be decoded. */
  broken = -1;

  constructor(readonly frames: number) {}

  get sink(): VideoSampleSink {
    return { samplesAtTimestamps: (times: AsyncIterable<number>) => this.#answer(times) } as unknown as VideoSampleSink;
  }

  async *#answer(times: AsyncIterable<number>): AsyncGenerator<VideoSample | null, void, unknown> {
    try {
      let before: number | null = null;
      for await (const time of times) {
        if (before !== null) yield this.#sample(before);
        before = time < 0 ? null : time;
        if (before === null) yield null;
        else this.asked.push(time);
      }
    } finally {
      this.ended = true;
    }
  }

  #sample(time: number): VideoSample {
    const frame = Math.min(this.frames - 1, Math.floor(time * RATE + 1e-6));
    if (frame === this.broken) throw new Error(`frame ${frame} is broken`);
    this.opened.push(frame);
    return { timestamp: frame / RATE, close: () => this.closed.push(frame) } as unknown as VideoSample;
  }
}

/** The jumper's answers, closed as whoever takes them has to. */
async function take(jumper: FrameJumper, times: readonly number[], most = Infinity): Promise<number[]> {
  const frames: number[] = [];
  if (most === 0) return frames;
  for await (const sample of jumper.frames(times)) {
    frames.push(Math.round(sample.timestamp * RATE));
    sample.close();
    if (frames.length >= most) break;
  }
  return frames;
}

let jumper: FrameJumper | null = null;
function over(decoder: FakeDecoder): FrameJumper {
  jumper = new FrameJumper(decoder.sink);
  return jumper;
}
afterEach(() => jumper?.close());

describe('FrameJumper', () => {
  it('gives the frames of a jump in order, with one decoder from jump to jump', async () => {
    const decoder = new FakeDecoder(20);
    const one = over(decoder);
    expect(await take(one, [0.3, 0.4, 0.5])).toEqual([3, 4, 5]);
    expect(await take(one, [1.2])).toEqual([12]);
    expect(await take(one, [0, 0.1])).toEqual([0, 1]);
    expect(decoder.asked).toEqual([0.3, 0.4, 0.5, 1.2, 0, 0.1]);
    expect(decoder.ended).toBe(false);
  });

  it.each([0, 1, 2])(
    'closes what an earlier jump left when a newer one comes after %i of its frames',
    async (taken) => {
      const decoder = new FakeDecoder(20);
      const one = over(decoder);
      expect(await take(one, [0.3, 0.4, 0.5], taken)).toEqual([3, 4, 5].slice(0, taken));
      expect(await take(one, [1.9])).toEqual([19]);
      expect(decoder.closed).toEqual(decoder.opened);
    },
  );

  it('gives the last frame for times beyond the end, and none before the first', async () => {
    const decoder = new FakeDecoder(5);
    const one = over(decoder);
    expect(await take(one, [0.4, 0.5, 9])).toEqual([4, 4, 4]);
    expect(await take(one, [-0.1, 0])).toEqual([0]);
    expect(await take(one, [])).toEqual([]);
    expect(await take(one, [0.2])).toEqual([2]);
    expect(decoder.closed).toEqual(decoder.opened);
  });

  it('tells what the decoder fails with, gives nothing after it, and has closed what came before', async () => {
    const decoder = new FakeDecoder(20);
    decoder.broken = 4;
    const one = over(decoder);
    await expect(take(one, [0.3, 0.4, 0.5])).rejects.toThrow('frame 4 is broken');
    expect(await take(one, [0.6])).toEqual([]);
    expect([decoder.opened, decoder.closed, decoder.ended]).toEqual([[3], [3], true]);
  });

  it('lets the decoder go when it is closed', async () => {
    const decoder = new FakeDecoder(20);
    const one = over(decoder);
    await take(one, [0.3]);
    one.close();
    await expect.poll(() => decoder.ended).toBe(true);
    expect(await take(one, [0.5])).toEqual([]);
  });
});
