/** A frame whose planes are copied without padding into so many bytes. */
export interface CopyOrder {
  readonly id: number;
  readonly frame: VideoFrame;
  readonly layout: readonly PlaneLayout[];
  readonly bytes: number;
}

/** The worker's first message is `ready`. */
export type CopyAnswer =
  | 'ready'
  | { readonly id: number; readonly data: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly error: string };

interface Waiting {
  resolve(data: Uint8Array<ArrayBuffer>): void;
  reject(error: Error): void;
}

/**
 * Copies frames in a worker: for 1280x720 it takes 8 ms on a slow machine, thirty times a second, which the page's own
 * thread would lack for drawing.
 */
class PlaneCopier {
  readonly #waiting = new Map<number, Waiting>();
  /** Null until it says that it is there, so that one which cannot be loaded harms nothing. */
  #worker: Worker | null = null;
  #nextId = 0;

  constructor() {
    const worker = new Worker(new URL('./plane-copier-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data: answer }: MessageEvent<CopyAnswer>) => {
      if (answer === 'ready') {
        this.#worker = worker;
        return;
      }
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('data' in answer) waiting?.resolve(answer.data);
      else waiting?.reject(new Error(answer.error));
    });
    worker.addEventListener('error', () => this.#lost());
  }

  copy(frame: VideoFrame, layout: readonly PlaneLayout[], bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const worker = this.#worker;
    if (worker === null) return copyHere({ frame, layout, bytes });
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ id, frame, layout, bytes } satisfies CopyOrder, [frame]);
    });
  }

  /** Slower, but it goes on. */
  #lost(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(new Error('The thread that copies frames has ended.'));
    this.#waiting.clear();
  }
}

export async function copyHere(order: Omit<CopyOrder, 'id'>): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(order.bytes);
  await order.frame.copyTo(data, { layout: [...order.layout] });
  return data;
}

let copier: PlaneCopier | null = null;

/**
 * A frame's planes. The frame is taken over, and is closed afterwards.
 * @throws DOMException or Error where it cannot be read
 */
export function copyPlanes(
  frame: VideoFrame,
  layout: readonly PlaneLayout[],
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  copier ??= new PlaneCopier();
  return copier.copy(frame, layout, bytes);
}
