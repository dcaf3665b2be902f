import { describe, expect, it } from 'vitest';
import type { FrameSegmentation } from '../../../shared/video-contract';
import { VideoPlayer, type FrameMask, type PlayerHost, type PlayOptions } from './player';
import type { DecodedFrame, FrameSource } from './video-types';

/** A video without pictures: frame numbers are all that the player looks at. */
function makeVideo(frameCount: number, framesPerSecond = 1000) {
  const make = (index: number): DecodedFrame => {
    const raw = {
      format: 'rgba',
      width: 1,
      height: 1,
      matrix: 'bt709',
      fullRange: true,
      data: new Uint8Array(4),
    } as const;
    return { index, seconds: index / framesPerSecond, raw, decodeMs: 0 };
  };
  const source: FrameSource = {
    info: {
      name: 'v',
      size: { width: 1, height: 1 },
      codec: 'avc',
      framesPerSecond,
      frameCount,
      seconds: frameCount / framesPerSecond,
      notes: [],
    },
    times: Float64Array.from({ length: frameCount }, (_, i) => i / framesPerSecond),
    frameAt: async (index) => (index < frameCount ? make(index) : null),
    framesFrom: async function* (from) {
      for (let index = from; index < frameCount; index++) yield make(index);
    },
    close: () => undefined,
  };
  return source;
}

const playOnce: PlayOptions = {
  pace: 'every',
  every: 1,
  hold: false,
  loop: false,
  speed: 1,
  inPoint: 0,
  outPoint: Infinity,
};

class Engine implements PlayerHost {
  readonly shown: [frame: number, mask: number | null][] = [];
  readonly sent: number[] = [];
  readonly failures: unknown[] = [];
  droppedCount = 0;
  most = 0;
  waiting: { frame: number; answer: () => void; fail: (error: Error) => void }[] = [];
  /** Answers by itself, after as many turns of the event loop. */
  delay: number | null = 0;
  settings: PlayOptions;
  #frame = -1;
  ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor(settings: Partial<PlayOptions> = {}) {
    this.settings = { ...playOnce, ...settings };
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }
  options = (): PlayOptions => this.settings;
  segment = (frame: DecodedFrame): Promise<FrameSegmentation> => {
    this.sent.push(frame.index);
    return new Promise((resolve, reject) => {
      const answer = (): void => resolve({ frame: frame.index } as FrameSegmentation);
      if (this.delay === null) this.waiting.push({ frame: frame.index, answer, fail: reject });
      else void turns(this.delay).then(answer);
    });
  };
  show = (frame: DecodedFrame, mask: FrameMask | null): void => {
    this.#frame = frame.index;
    this.shown.push([frame.index, mask?.frame ?? null]);
  };
  showMask = (mask: FrameMask): void => void this.shown.push([this.#frame, mask.frame]);
  dropped = (): void => void (this.droppedCount += 1);
  inFlight = (count: number): void => void (this.most = Math.max(this.most, count));
  stopped = (): void => this.#end();
  failed = (error: unknown): void => void this.failures.push(error);
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(holds()).toBe(true);
}

describe('VideoPlayer', () => {
  it('shows every frame in order with its own mask, three at the engine at most', async () => {
    const source = makeVideo(40);
    const engine = new Engine();
    engine.delay = null;
    new VideoPlayer(source, engine).play();
    // Answered only once three wait, as long as there are so many.
    for (let left = 40; left > 0; left--) {
      await until(() => engine.waiting.length >= Math.min(3, left));
      await turns(5);
      engine.waiting.shift()?.answer();
    }
    await engine.ended;
    expect(engine.shown).toEqual(Array.from({ length: 40 }, (_, i) => [i, i]));
    expect([engine.most, engine.droppedCount]).toEqual([3, 0]);
  });

  it('leaves out and counts what a slow engine has no time for; none is lost uncounted', async () => {
    const source = makeVideo(60);
    const engine = new Engine({ pace: 'drop' });
    engine.delay = null;
    new VideoPlayer(source, engine).play();
    await until(() => engine.droppedCount > 0);
    engine.delay = 0;
    for (const { answer } of engine.waiting) answer();
    await engine.ended;
    expect(engine.most).toBeLessThanOrEqual(2);
    expect(engine.sent.length + engine.droppedCount).toBe(60);
    expect(engine.shown).toEqual(engine.sent.map((frame) => [frame, frame]));
  });

  it('drops a frame that another one overtook', async () => {
    const source = makeVideo(3);
    const engine = new Engine();
    engine.delay = null;
    new VideoPlayer(source, engine).play();
    await until(() => engine.waiting.length === 3);
    for (const index of [1, 0, 2]) engine.waiting[index]?.answer();
    await engine.ended;
    expect(engine.shown).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('plays between the in and the out point again and again', async () => {
    const source = makeVideo(30);
    const engine = new Engine({ loop: true, inPoint: 10, outPoint: 13 });
    const player = new VideoPlayer(source, engine);
    player.play();
    await until(() => engine.shown.length > 9);
    player.pause();
    expect(engine.shown.slice(0, 9).map(([frame]) => frame)).toEqual([10, 11, 12, 13, 10, 11, 12, 13, 10]);
  });

  it('sends every n-th frame, and shows the others only where they are held under the last mask', async () => {
    const bare = new Engine({ every: 3 });
    new VideoPlayer(makeVideo(9), bare).play();
    await bare.ended;
    expect(bare.shown).toEqual([0, 3, 6].map((frame) => [frame, frame]));

    const held = new Engine({ every: 3, hold: true });
    new VideoPlayer(makeVideo(9, 100), held).play();
    await held.ended;
    expect([...new Set(held.shown.map(([frame]) => frame))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const [frame, mask] of held.shown) expect(mask === null || (mask <= frame && mask % 3 === 0)).toBe(true);
  });

  it('shows a jump at once and its mask when it is there; the latest wish wins', async () => {
    const source = makeVideo(50);
    const engine = new Engine();
    engine.delay = null;
    const player = new VideoPlayer(source, engine);
    player.seek(5);
    player.seek(6);
    player.seek(40);
    await until(() => engine.waiting.length === 1);
    expect(engine.shown[engine.shown.length - 1]).toEqual([40, null]);
    expect(engine.sent).toEqual([40]);
    player.step(1);
    await until(() => engine.waiting.length === 2);
    // The mask of the frame that was left comes late and is not shown.
    engine.waiting[0]?.answer();
    engine.waiting[1]?.answer();
    await until(() => engine.shown[engine.shown.length - 1]?.[1] === 41);
    expect(engine.shown.filter(([, mask]) => mask === 40)).toEqual([]);
  });

  it('counts every step, however fast they come', async () => {
    const engine = new Engine();
    const player = new VideoPlayer(makeVideo(10), engine);
    for (let i = 0; i < 4; i++) player.step(1);
    await until(() => player.position === 4);
    player.step(-1);
    await until(() => player.position === 3);
    expect(engine.failures).toEqual([]);
  });

  it('keeps what is shown when it is paused, and goes on from there', async () => {
    const source = makeVideo(10);
    const engine = new Engine();
    engine.delay = null;
    const player = new VideoPlayer(source, engine);
    player.play();
    await until(() => engine.waiting.length === 3);
    engine.waiting[0]?.answer();
    await until(() => engine.shown.length === 1);
    player.pause();
    engine.waiting.splice(0).forEach(({ answer }) => answer());
    await turns(5);
    expect([engine.shown, player.position]).toEqual([[[0, 0]], 0]);
    await turns(5);
    engine.delay = 0;
    player.play();
    await until(() => player.position === 9);
    expect(engine.failures).toEqual([]);
  });

  it('stops at a failure and tells of it once', async () => {
    const source = makeVideo(10);
    const engine = new Engine();
    engine.delay = null;
    const player = new VideoPlayer(source, engine);
    player.play();
    await until(() => engine.waiting.length === 3);
    for (const { fail } of engine.waiting) fail(new Error('gone'));
    await engine.ended;
    await turns(3);
    expect([player.playing, engine.failures.length, engine.shown]).toEqual([false, 1, []]);
  });

  it('shows nothing of masks that come after a source that failed was closed', async () => {
    const source = makeVideo(10);
    const engine = new Engine();
    engine.delay = null;
    const unplugged: FrameSource = Object.create(source, {
      framesFrom: {
        value: async function* () {
          yield* [await source.frameAt(0), await source.frameAt(1)].filter((frame) => frame !== null);
          throw new Error('unplugged');
        },
      },
    });
    const player = new VideoPlayer(unplugged, engine);
    player.play();
    await until(() => engine.waiting.length === 2 && engine.failures.length === 1);
    player.close();
    engine.waiting.splice(0).forEach(({ answer }) => answer());
    await turns(5);
    expect(engine.shown).toEqual([]);
  });
});
