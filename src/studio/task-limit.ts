import { AppError } from '../shared/app-error';

/** Lets only so many tasks run at once; the others wait in the order in which they came, and leave when cancelled. */
export class TaskLimit {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running >= this.#most) await this.#turn(signal);
    else this.#running += 1;
    try {
      if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  /** Resolves when a place is free, which is then taken. Whoever is cancelled meanwhile does not wait for it. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new AppError('CANCELLED', 'The work was cancelled.'));
      };
      if (signal?.aborted === true) return reject(new AppError('CANCELLED', 'The work was cancelled.'));
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(go);
    });
  }
}
