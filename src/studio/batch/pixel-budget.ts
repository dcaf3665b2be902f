import { totalmem } from 'node:os';
import { AppError } from '../../shared/app-error';

/** Bytes of the machine's memory for each pixel that may be in work: 16 GiB for 256 million. */
const MEMORY_PER_PIXEL = 64;
const LEAST = 32e6;
const MOST = 256e6;

/** Pixels that all pictures in work may have together, before memory runs short. */
export function mostPixels(memory = totalmem()): number {
  return Math.min(MOST, Math.max(LEAST, memory / MEMORY_PER_PIXEL));
}

interface Waiting {
  readonly pixels: number;
  enter(): void;
}

/**
 * Lets so many pixels be in work at once: of small pictures all that wish, of large ones fewer. First come, first served; a
 * picture beyond the whole budget goes alone.
 */
export class PixelBudget {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #used = 0;

  constructor(most = mostPixels()) {
    this.#most = most;
  }

  /** Resolves when there is room. Whoever entered leaves. @throws AppError CANCELLED while it waits */
  enter(pixels: number, signal: AbortSignal): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(pixels)) {
      this.#used += pixels;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(new AppError('CANCELLED', 'The work was cancelled.'));
        // Whoever waits behind it may have room now.
        this.#admit();
      };
      const waiting: Waiting = {
        pixels,
        enter: () => {
          signal.removeEventListener('abort', cancel);
          resolve();
        },
      };
      this.#waiting.push(waiting);
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel, { once: true });
    });
  }

  leave(pixels: number): void {
    this.#used -= pixels;
    this.#admit();
  }

  #fits(pixels: number): boolean {
    return this.#used === 0 || this.#used + pixels <= this.#most;
  }

  #admit(): void {
    for (let first = this.#waiting[0]; first !== undefined && this.#fits(first.pixels); first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += first.pixels;
      first.enter();
    }
  }
}
