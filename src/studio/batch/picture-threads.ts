import { existsSync } from 'node:fs';
import type { ResourceLimits } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import type { ErrorReport } from '../../shared/app-error';
import { AppError, fromErrorReport } from '../../shared/app-error';
import type { Frame, FrameSize } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import { loadSharp } from '../../media/sharp-loader';
import type { BatchItem } from './batch-item';
import type { JpegLibrary } from './jpeg-library';
import type { FolderIdentity, OutputFolder } from './output-folder';
import type { DeskOrder, FinishedPicture, OpenedPicture, PictureWork } from './picture-desk';
import { PictureDesk } from './picture-desk';

/**
 * For what a thread's script makes of each picture, which is gone with it. Left alone, this memory grows to a hundred
 * mebibytes in each thread before its engine sees a reason to look.
 */
const YOUNG_MEBIBYTES = 8;

export interface ThreadSetup {
  readonly order: DeskOrder;
  readonly output: { readonly path: string; readonly identity: FolderIdentity };
  /** Null: JPEGs are decoded by the image library, as all else is. */
  readonly jpegLibrary: JpegLibrary | null;
}

/** Each names the picture's file: a thread that replaces another opens it again. */
export type ToThread =
  /** Where `whole`, probably all its pixels are going to be read, at full size */
  | { readonly t: 'open'; readonly item: BatchItem; readonly whole: boolean }
  | { readonly t: 'read'; readonly item: BatchItem; readonly size?: FrameSize }
  /** With the memory of its pixels, for those of another picture. */
  | { readonly t: 'finish'; readonly item: BatchItem; readonly mask: Mask; readonly pixels?: Uint8Array }
  | { readonly t: 'forget'; readonly item: BatchItem };

export type FromThread =
  | { readonly t: 'ready' }
  | { readonly t: 'opened'; readonly opened: OpenedPicture; readonly frame: Frame | null }
  | { readonly t: 'frame'; readonly frame: Frame }
  | { readonly t: 'finished'; readonly finished: FinishedPicture }
  | { readonly t: 'error'; readonly error: ErrorReport };

type Answer<T extends FromThread['t']> = Extract<FromThread, { t: T }>;

interface Task {
  readonly message: ToThread;
  resolve(answer: FromThread): void;
  reject(error: Error): void;
}

/**
 * The work in several threads. Each picture belongs to one of them; pixels and masks change hands without being copied. A
 * thread does one thing at a time, so that when it dies it is known over which picture: that one has failed, and another
 * thread goes on with the rest.
 */
export class PictureThreads implements PictureWork {
  readonly #lanes: readonly Lane[];
  readonly #owners = new Map<string, Lane>();
  /** Of pictures that have been read: whoever has made a mask of them needs them no more. */
  readonly #pixels = new Map<string, Uint8Array>();
  /** Of pictures that have been decoded as they were opened. */
  readonly #ahead = new Map<string, Frame>();
  /** Whether the latest picture was read at full size: so will the next ones be. */
  #wantsWhole = false;

  private constructor(lanes: readonly Lane[]) {
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
    const lanes = Array.from({ length: count }, () => new Lane(file, setup, output, limits));
    const ready = await Promise.all(lanes.map((lane) => lane.isReady()));
    const threads = new PictureThreads(lanes);
    if (ready.every(Boolean)) return threads;
    await threads.close();
    return null;
  }

  async open(item: BatchItem): Promise<OpenedPicture> {
    const lane = this.#lanes.reduce((best, each) => (each.pictures < best.pictures ? each : best));
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

  #disown({ name }: BatchItem): Lane | undefined {
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

/** A thread, or the one that replaced it, with what it has yet to do. */
class Lane {
  /** Pictures that are open in it. */
  pictures = 0;
  readonly #file: string;
  readonly #setup: ThreadSetup;
  readonly #limits: ResourceLimits;
  /** Where no further thread can be started. */
  readonly #desk: PictureDesk;
  #worker: Worker | null = null;
  #running: Task | null = null;
  readonly #waiting: Task[] = [];
  #ready: Promise<boolean>;
  #closed = false;

  constructor(file: string, setup: ThreadSetup, output: OutputFolder, limits: ResourceLimits) {
    this.#file = file;
    this.#limits = { maxYoungGenerationSizeMb: YOUNG_MEBIBYTES, ...limits };
    this.#setup = setup;
    this.#desk = new PictureDesk(setup.order, output);
    this.#ready = this.#start();
  }

  isReady(): Promise<boolean> {
    return this.#ready;
  }

  ask(message: ToThread): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#next();
    });
  }

  tell(message: Extract<ToThread, { t: 'forget' }>): void {
    this.#worker?.postMessage(message);
    this.#desk.forget(message.item);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Promise<boolean> {
    return new Promise((resolve) => {
      let isReady = false;
      let reason: unknown = null;
      const worker = new Worker(this.#file, { workerData: this.#setup, resourceLimits: this.#limits });
      worker.on('message', (message: FromThread) => {
        if (message.t !== 'ready') return this.#answered(message);
        isReady = true;
        this.#worker = worker;
        resolve(true);
        this.#next();
      });
      worker.on('error', (error) => (reason = error));
      worker.on('exit', () => {
        this.#worker = null;
        if (isReady) return this.#died(reason);
        resolve(false);
        this.#next();
      });
    });
  }

  #answered(answer: FromThread): void {
    const task = this.#running;
    this.#running = null;
    task?.resolve(answer);
    this.#next();
  }

  #died(reason: unknown): void {
    const task = this.#running;
    this.#running = null;
    if (task !== null) task.reject(threadEnded(task.message.item.name, reason));
    if (!this.#closed) this.#ready = this.#start();
  }

  #next(): void {
    if (this.#running !== null || this.#closed) return;
    const worker = this.#worker;
    if (worker === null) return void this.#ready.then((ready) => (ready ? undefined : this.#workHere()));
    const task = this.#waiting.shift();
    if (task === undefined) return;
    this.#running = task;
    const { message } = task;
    worker.postMessage(message, message.t === 'finish' ? handedOver(message.mask.data, message.pixels) : []);
  }

  /** No thread, and none to be had: slower, but it goes on. */
  #workHere(): void {
    for (const { message, resolve, reject } of this.#waiting.splice(0)) this.#here(message).then(resolve, reject);
  }

  async #here(message: ToThread): Promise<FromThread> {
    switch (message.t) {
      case 'open':
        return { t: 'opened', opened: await this.#desk.open(message.item), frame: null };
      case 'read':
        return { t: 'frame', frame: await this.#desk.read(message.item, message.size) };
      case 'finish':
        return { t: 'finished', finished: await this.#desk.finish(message.item, message.mask) };
      case 'forget':
        throw new Error('That is told, not asked.');
    }
  }
}

/** Memory that is part of another's is copied instead. */
function handedOver(...parts: (Uint8Array | undefined)[]): ArrayBuffer[] {
  return parts.flatMap((part) => (isWhole(part) ? [part.buffer] : []));
}

/** Whether it is all of its memory, and has not been handed on yet. */
function isWhole(bytes: Uint8Array | undefined): bytes is Uint8Array<ArrayBuffer> {
  if (bytes === undefined || bytes.byteLength === 0) return false;
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength;
}

function threadEnded(file: string, reason: unknown): AppError {
  const isMemory = reason instanceof Error && 'code' in reason && reason.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const why = isMemory ? 'there was not enough memory for it' : reason instanceof Error ? reason.message : 'it crashed';
  return new AppError('PICTURE_THREAD_ENDED', `The thread that worked on ${file} has ended: ${why}.`, {
    hint: isMemory
      ? 'Close other programs, or try the picture again alone (--retry-failed).'
      : 'Try the picture again (--retry-failed); if it fails again, open it in another program and save it anew.',
    details: { file },
    cause: reason,
  });
}
