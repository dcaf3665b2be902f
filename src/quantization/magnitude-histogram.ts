/*
 * How often which magnitude occurs. The bins are the float32 format's own: each power of two is cut into 128 equal parts,
 * so that no range has to be known beforehand, two histograms add up bin by bin, and the order of pictures is nothing.
 */

/** Mantissa bits that tell bins apart: a bin is at most 1/128 of its magnitude wide. */
const FRACTION_BITS = 7;
const SHIFT = 23 - FRACTION_BITS;
const PARTS = 1 << FRACTION_BITS;
/** From 2^-24 (below: as good as zero for 8 bits) to 2^24. */
const LOWEST_EXPONENT = -24;
const HIGHEST_EXPONENT = 24;
const OFFSET = (LOWEST_EXPONENT + 127) << FRACTION_BITS;

export const BIN_COUNT = (HIGHEST_EXPONENT - LOWEST_EXPONENT) * PARTS;

/** Counts in the shape of JSON: bins from `first` on; what lies before and after is 0. */
export interface HistogramRecord {
  /** Elements of magnitude below 2^-24. */
  readonly zeros: number;
  readonly first: number;
  readonly counts: number[];
}

export class MagnitudeHistogram {
  readonly #bins = new Float64Array(BIN_COUNT);
  #zeros = 0;
  #total = 0;

  /** Elements counted, those as good as zero included. */
  get total(): number {
    return this.#total;
  }

  get zeros(): number {
    return this.#zeros;
  }

  /** Elements in a bin; read only. */
  get bins(): Float64Array {
    return this.#bins;
  }

  /** Counts the magnitudes of finite numbers; others are passed over. */
  add(values: Float32Array): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const bins = this.#bins;
    let [zeros, others] = [0, 0];
    for (const pattern of bits) {
      const magnitude = pattern & 0x7fffffff;
      if (magnitude >= 0x7f800000) {
        others += 1;
        continue;
      }
      const bin = (magnitude >>> SHIFT) - OFFSET;
      if (bin < 0) zeros += 1;
      else bins[bin < BIN_COUNT ? bin : BIN_COUNT - 1] = (bins[bin < BIN_COUNT ? bin : BIN_COUNT - 1] ?? 0) + 1;
    }
    this.#zeros += zeros;
    this.#total += bits.length - others;
  }

  toRecord(): HistogramRecord {
    const first = this.#bins.findIndex((count) => count > 0);
    if (first < 0) return { zeros: this.#zeros, first: 0, counts: [] };
    let last = BIN_COUNT - 1;
    while (this.#bins[last] === 0) last -= 1;
    return { zeros: this.#zeros, first, counts: Array.from(this.#bins.subarray(first, last + 1)) };
  }

  static fromRecord({ zeros, first, counts }: HistogramRecord): MagnitudeHistogram {
    const histogram = new MagnitudeHistogram();
    histogram.#bins.set(counts.slice(0, BIN_COUNT - first), first);
    histogram.#zeros = zeros;
    histogram.#total = counts.reduce((sum, count) => sum + count, zeros);
    return histogram;
  }
}

/** Smallest magnitude of a bin; its end is the next one's start. */
export function binStart(bin: number): number {
  const exponent = LOWEST_EXPONENT + Math.floor(bin / PARTS);
  return 2 ** exponent * (1 + (bin % PARTS) / PARTS);
}
