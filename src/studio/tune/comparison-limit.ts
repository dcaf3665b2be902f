import { seconds } from '../engines/build-work';
import { median } from '../engines/statistics';
import type { Deadline } from './deadline';

/** Of what is left of the whole time: more than that is not spent on finding out in which order to try. */
const MOST_OF_REST = 1 / 3;

/** Whether there is time to compare masks of more candidates on ONNX Runtime, by how long those before took. */
export class ComparisonLimit {
  readonly #most: number;
  readonly #deadline: Pick<Deadline, 'left'>;
  readonly #now: () => number;
  readonly #took: number[] = [];
  #guess = 0;

  /** @param most seconds in all; @param now seconds of a monotonic clock */
  constructor(most: number, deadline: Pick<Deadline, 'left'>, now: () => number = seconds) {
    this.#most = most;
    this.#deadline = deadline;
    this.#now = now;
  }

  /** Seconds that one may take, before the first did. */
  guess(each: number): void {
    this.#guess = each;
  }

  affords(count: number): boolean {
    const each = this.#took.length === 0 ? this.#guess : median(this.#took);
    const spent = this.#took.reduce((sum, took) => sum + took, 0);
    return spent + count * each <= this.#most && count * each <= this.#deadline.left * MOST_OF_REST;
  }

  async count<T>(work: () => Promise<T>): Promise<T> {
    const begun = this.#now();
    try {
      return await work();
    } finally {
      this.#took.push(this.#now() - begun);
    }
  }
}
