import { seconds } from '../engines/build-work';
import { median } from '../engines/statistics';

/** How many of those before tell how long the next takes. */
const LATELY = 5;

/** Whether there is time for more of a kind of work, by how long it took so far. */
export class TimeLimit {
  readonly #most: number;
  readonly #now: () => number;
  readonly #took: number[] = [];

  /** @param most seconds in all; @param now seconds of a monotonic clock */
  constructor(most: number, now: () => number = seconds) {
    this.#most = most;
    this.#now = now;
  }

  affords(count: number): boolean {
    const spent = this.#took.reduce((sum, took) => sum + took, 0);
    return spent + count * this.each <= this.#most;
  }

  /** Seconds that one takes, as far as can be told. */
  get each(): number {
    return this.#took.length === 0 ? 0 : median(this.#took.slice(-LATELY));
  }

  /** Work that counts, whether it ends well or not. */
  async count<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.#now();
    try {
      return await work();
    } finally {
      this.#took.push(this.#now() - begun);
    }
  }
}
