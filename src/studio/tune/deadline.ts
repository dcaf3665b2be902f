import { seconds } from '../engines/build-work';
import { median } from '../engines/statistics';

/** How many of those before tell how long the next takes. */
const LATELY = 3;

/** When a search has to be over; tells whether there is time for more, by how long pieces of work took so far. */
export class Deadline {
  readonly #most: number;
  readonly #now: () => number;
  readonly #begun: number;
  readonly #took: number[] = [];

  /** @param most seconds from now; left out: any number; @param now seconds of a monotonic clock */
  constructor(most = Infinity, now: () => number = seconds) {
    this.#most = most;
    this.#now = now;
    this.#begun = now();
  }

  /** Seconds, never below 0; Infinity without a limit. */
  get left(): number {
    return Math.max(0, this.#begun + this.#most - this.#now());
  }

  /** Whether so many more pieces of work can be ended in time. */
  has(count: number): boolean {
    const each = this.#took.length === 0 ? 0 : median(this.#took.slice(-LATELY));
    return this.left > count * each;
  }

  /** A piece of work, whether it ends well or not. */
  async count<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.#now();
    try {
      return await work();
    } finally {
      this.#took.push(this.#now() - begun);
    }
  }

  /** Aborts when `outer` does, and when the time is up. `release` it. */
  signal(outer: AbortSignal): { readonly signal: AbortSignal; readonly release: () => void } {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (outer.aborted) abort();
    outer.addEventListener('abort', abort);
    const timer = Number.isFinite(this.#most) ? setTimeout(abort, this.left * 1000) : undefined;
    return {
      signal: controller.signal,
      release: () => {
        clearTimeout(timer);
        outer.removeEventListener('abort', abort);
      },
    };
  }
}
