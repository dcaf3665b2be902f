import { existsSync } from 'node:fs';
import type { ResourceLimits } from 'node:worker_threads';
import { fromErrorReport } from '../../shared/app-error';
import type { Frame, FrameSize } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import { loadSharp } from '../../media/sharp-loader';
import type { BatchItem } from './batch-item';
import type { JpegLibrary } from './jpeg-library';
import type { OutputFolder } from './output-folder';
import type { DeskOrder, FinishedPicture, OpenedPicture, PictureWork } from './picture-desk';
import { isWhole, PictureLane } from './picture-lane';
import type { FromThread, ToThread } from './picture-thread-messages';

type Answer<T extends FromThread['t']> = Extract<FromThread, { t: T }>;

/** So many start first: threads that start together keep each other waiting. */
const FIRST_THREADS = 4;

/**
 * The work in several threads. Each picture belongs to one of them; pixels and masks change hands without being copied. A
 * thread does one thing at a time, so that when it dies it is known over which picture: that one has failed, and another
 * thread goes on with the rest. The next thing to do already lies before it meanwhile.
 */
export class PictureThreads implements PictureWork {
  readonly #lanes: PictureLane[];
  readonly #owners = new Map<string, PictureLane>();
  /** Of pictures that have been read: whoever has made a mask of them needs them no more. */
  readonly #pixels = new Map<string, Uint8Array>();
  /** Of pictures that have been decoded as they were opened. */
  readonly #ahead = new Map<string, Frame>();
  /** Whether the latest picture was read at full size: so will the next ones be. */
  #wantsWhole = false;

  private constructor(lanes: PictureLane[]) {
    this.#lanes = lanes;
  }

  /** Null where there is no compiled thread, as in tests of the sources, or where threads cannot load the library. */
  static async start(
    file: string,
    count: number,
    order: DeskOrder,
    output: OutputFolder,
    limits: ResourceLimits = {},
    jpegLibrary: JpegLibrary | null = null,
  ): Promise<PictureThreads | null> {
    if (count < 1 || !existsSync(file)) return null;
    // On Linux its native build has to be loaded by the main thread before any other does.
    loadSharp();
    const setup = { order, output: { path: output.path, identity: output.identity }, jpegLibrary };
    const lanes = (length: number): PictureLane[] =>
      Array.from({ length }, () => new PictureLane(file, setup, output, limits));
    const threads = new PictureThreads(lanes(Math.min(count, FIRST_THREADS)));
    const isUsable = await Promise.race(threads.#lanes.map((lane) => lane.isReady()));
    // What one cannot load, none can. The others start while the first pictures are in work.
    if (isUsable) threads.#lanes.push(...lanes(count - threads.#lanes.length));
    else await threads.close();
    return isUsable ? threads : null;
  }

  async open(item: BatchItem): Promise<OpenedPicture> {
    const lane = this.#lanes.reduce((best, each) => (each.load < best.load ? each : best));
    lane.pictures += 1;
    this.#owners.set(item.name, lane);
    try {
      const { opened, frame } = await this.#ask('opened', { t: 'open', item, whole: this.#wantsWhole });
      if (frame !== null) this.#ahead.set(item.name, frame);
      return opened;
    } catch (error) {
      this.#disown(item);
      throw error;
    }
  }

  async read(item: BatchItem, size?: FrameSize): Promise<Frame> {
    this.#wantsWhole = size === undefined;
    const ahead = size === undefined ? this.#ahead.get(item.name) : undefined;
    this.#ahead.delete(item.name);
    const frame = ahead ?? (await this.#read(item, size));
    this.#pixels.set(item.name, frame.pixels);
    return frame;
  }

  async #read(item: BatchItem, size?: FrameSize): Promise<Frame> {
    return (await this.#ask('frame', { t: 'read', item, ...(size === undefined ? {} : { size }) })).frame;
  }

  async finish(item: BatchItem, mask: Mask): Promise<FinishedPicture> {
    const pixels = this.#pixels.get(item.name);
    const { finished } = await this.#ask('finished', {
      t: 'finish',
      item,
      mask,
      ...(isWhole(pixels) ? { pixels } : {}),
    });
    this.#disown(item);
    return finished;
  }

  forget(item: BatchItem): void {
    this.#disown(item)?.tell({ t: 'forget', item });
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }

  #disown({ name }: BatchItem): PictureLane | undefined {
    const lane = this.#owners.get(name);
    if (lane !== undefined) lane.pictures -= 1;
    this.#owners.delete(name);
    this.#pixels.delete(name);
    this.#ahead.delete(name);
    return lane;
  }

  async #ask<T extends FromThread['t']>(kind: T, message: ToThread): Promise<Answer<T>> {
    const lane = this.#owners.get(message.item.name);
    if (lane === undefined) throw new Error(`${message.item.name} was not opened.`);
    const answer = await lane.ask(message);
    if (answer.t === 'error') throw fromErrorReport(answer.error);
    if (answer.t !== kind) throw new Error(`A thread for pictures answered ${message.t} with ${answer.t}.`);
    return answer as Answer<T>;
  }
}
