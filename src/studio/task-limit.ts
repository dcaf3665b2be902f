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
    if (this.#running >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
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
}
