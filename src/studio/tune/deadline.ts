import { seconds } from '../engines/build-work';

/** When a search has to be over. */
export class Deadline {
  readonly #most: number;
  readonly #now: () => number;
  readonly #begun: number;

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
