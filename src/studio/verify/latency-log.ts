import type { SideLatency } from '../../shared/domain/comparison';
import type { Timings } from '../../shared/domain/mask';
import { median, percentile } from '../engines/statistics';

const STAGES = ['decode', 'preprocess', 'transferIn', 'infer', 'postprocess', 'transferOut', 'total'] as const;

/** How long each stage took, picture by picture. */
export class LatencyLog {
  readonly #samples: Record<keyof Timings, number[]> = {
    decode: [],
    preprocess: [],
    transferIn: [],
    infer: [],
    postprocess: [],
    transferOut: [],
    total: [],
  };

  add(timings: Timings): void {
    for (const stage of STAGES) this.#samples[stage].push(timings[stage]);
  }

  /** Null where nothing was measured. */
  summary(): SideLatency | null {
    const pictures = this.#samples.total.length;
    if (pictures === 0) return null;
    const of = (take: (samples: readonly number[]) => number): Timings => ({
      decode: take(this.#samples.decode),
      preprocess: take(this.#samples.preprocess),
      transferIn: take(this.#samples.transferIn),
      infer: take(this.#samples.infer),
      postprocess: take(this.#samples.postprocess),
      transferOut: take(this.#samples.transferOut),
      total: take(this.#samples.total),
    });
    const p95 = (samples: readonly number[]): number =>
      percentile(
        [...samples].sort((a, b) => a - b),
        95,
      );
    return { pictures, median: of(median), p95: of(p95) };
  }
}
