import type { ResourceLimits } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../shared/app-error';
import type { OutputFolder } from './output-folder';
import { PictureDesk } from './picture-desk';
import type { FromThread, Numbered, ThreadSetup, ThreadStart, ToThread } from './picture-thread-messages';

/**
 * For what a thread's script makes of each picture, which is gone with it. Left alone, this memory grows to a hundred
 * mebibytes in each thread before its engine sees a reason to look.
 */
const YOUNG_MEBIBYTES = 8;

/** What a thread is told before it has answered: while it works, it need not wait for the next. */
const TOLD_AHEAD = 2;

interface Task {
  readonly message: ToThread;
  /** Told to the thread under this number; 0 before. */
  number: number;
  resolve(answer: FromThread): void;
  reject(error: Error): void;
}

/** A thread, or the one that replaced it, with what it has yet to do. */
export class PictureLane {
  /** Pictures that are open in it. */
  pictures = 0;
  readonly #file: string;
  readonly #setup: ThreadSetup;
  readonly #limits: ResourceLimits;
  /** Where no further thread can be started. */
  readonly #desk: PictureDesk;
  /** From its start on. */
  #thread: Worker | null = null;
  /** The same once it can be told something. */
  #worker: Worker | null = null;
  /** Of the thread that there is now. */
  #begun: Int32Array = new Int32Array(1);
  #numbers = 0;
  /** Told to the thread; it answers them in this order. */
  #told: Task[] = [];
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

  /** What a further picture has to wait for. */
  get load(): number {
    return this.pictures + (this.#worker === null ? TOLD_AHEAD : 0);
  }

  ask(message: ToThread): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, number: 0, resolve, reject });
      this.#next();
    });
  }

  tell(message: Extract<ToThread, { t: 'forget' }>): void {
    if (this.#worker !== null) this.#post(this.#worker, message);
    this.#desk.forget(message.item);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
    this.#worker = null;
  }

  #start(): Promise<boolean> {
    const begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: ThreadStart = { ...this.#setup, begun };
    return new Promise((resolve) => {
      let isReady = false;
      let reason: unknown = null;
      const worker = new Worker(this.#file, { workerData, resourceLimits: this.#limits });
      this.#thread = worker;
      worker.on('message', (message: FromThread) => {
        if (message.t !== 'ready') return this.#answered(message);
        isReady = true;
        this.#begun = begun;
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
    this.#told.shift()?.resolve(answer);
    this.#next();
  }

  /** Only what it was at has failed. The rest is told to its successor, as far as it has not gone with it. */
  #died(reason: unknown): void {
    const told = this.#told;
    this.#told = [];
    const begun = Atomics.load(this.#begun, 0);
    // Where it had begun with none of them, the first is the one that it did not bear.
    const fatal =
      told.find(({ number }) => number === begun) ?? (told.every(({ number }) => number > begun) ? told[0] : undefined);
    for (const task of [...told].reverse()) {
      const { name } = task.message.item;
      if (task === fatal) task.reject(threadEnded(name, reason));
      else if (task.message.t === 'finish') task.reject(new MaskGone(name));
      else this.#waiting.unshift(task);
    }
    if (!this.#closed) this.#ready = this.#start();
  }

  #next(): void {
    if (this.#closed) return;
    const worker = this.#worker;
    if (worker === null) {
      if (this.#waiting.length > 0) void this.#ready.then((ready) => (ready ? undefined : this.#workHere()));
      return;
    }
    while (this.#told.length < TOLD_AHEAD) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      this.#told.push(task);
      task.number = this.#post(worker, task.message);
    }
  }

  #post(worker: Worker, message: ToThread): number {
    const number = ++this.#numbers;
    const handed = message.t === 'finish' ? handedOver(message.mask.data, message.pixels) : [];
    worker.postMessage({ number, message } satisfies Numbered, handed);
    return number;
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
export function isWhole(bytes: Uint8Array | undefined): bytes is Uint8Array<ArrayBuffer> {
  if (bytes === undefined || bytes.byteLength === 0) return false;
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength;
}

/** Of a picture that was only to be finished by a thread that ended over another one: its mask, handed over, went with it. */
export class MaskGone extends AppError {
  constructor(file: string) {
    super('PICTURE_THREAD_ENDED', `The thread that was to write the mask of ${file} ended over another picture.`, {
      hint: 'Try the picture again (--retry-failed).',
      details: { file },
    });
  }
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
