import { z } from 'zod';
import { BIN_COUNT, MagnitudeHistogram } from './magnitude-histogram';
import { rangeOf } from './range-method';
import type { MethodOptions, RangeMethod } from './range-method';

const finite = z.number();

/** What is kept of one value, as JSON. `low` and `high` are per channel, in the channels' order. */
export const valueRecordSchema = z
  .strictObject({
    low: z.array(finite).min(1),
    high: z.array(finite).min(1),
    histogram: z.strictObject({
      zeros: z.int().nonnegative(),
      first: z.int().min(0).max(BIN_COUNT),
      counts: z.array(z.int().nonnegative()).max(BIN_COUNT),
    }),
  })
  .refine(({ low, high }) => low.length === high.length, 'low and high are of different lengths')
  .refine(({ low, high }) => low.every((value, channel) => value <= (high[channel] ?? value)), 'low is above high');
export type ValueRecord = z.infer<typeof valueRecordSchema>;

/** What one value of a network took on over the calibration pictures: extremes per channel, a histogram of magnitudes. */
export class ValueStatistics {
  #low: Float64Array | undefined;
  #high: Float64Array | undefined;
  #histogram = new MagnitudeHistogram();

  /** @param low smallest number of each channel in one picture; @param samples some of the value's elements, or all. */
  add(low: ArrayLike<number>, high: ArrayLike<number>, samples: Float32Array): void {
    this.#low = merge(this.#low, low, Math.min);
    this.#high = merge(this.#high, high, Math.max);
    this.#histogram.add(samples);
  }

  get channels(): number {
    return this.#low?.length ?? 0;
  }

  /** Largest magnitude in each channel. */
  channelMagnitudes(): Float64Array {
    const [low, high] = [this.#low ?? new Float64Array(), this.#high ?? new Float64Array()];
    return low.map((value, channel) => Math.max(Math.abs(value), Math.abs(high[channel] ?? 0)));
  }

  /** Largest magnitude of all. */
  largest(): number {
    return this.channelMagnitudes().reduce((most, value) => Math.max(most, value), 0);
  }

  /** The magnitude that becomes the largest 8-bit number under a method. */
  range(method: RangeMethod, options?: MethodOptions): number {
    return rangeOf(this.#histogram, this.largest(), method, options);
  }

  get histogram(): MagnitudeHistogram {
    return this.#histogram;
  }

  toRecord(): ValueRecord {
    const low = Array.from(this.#low ?? [0]);
    return { low, high: Array.from(this.#high ?? [0]), histogram: this.#histogram.toRecord() };
  }

  /** Of a value of which only its range is known, as from a calibration table: every method gives that. */
  static ofRange(range: number): ValueStatistics {
    const statistics = new ValueStatistics();
    statistics.#low = Float64Array.of(-range);
    statistics.#high = Float64Array.of(range);
    return statistics;
  }

  static fromRecord({ low, high, histogram }: ValueRecord): ValueStatistics {
    const statistics = new ValueStatistics();
    statistics.#low = Float64Array.from(low);
    statistics.#high = Float64Array.from(high);
    statistics.#histogram = MagnitudeHistogram.fromRecord(histogram);
    return statistics;
  }
}

/** By value name. */
export type StatisticsByValue = ReadonlyMap<string, ValueStatistics>;

function merge(
  kept: Float64Array | undefined,
  added: ArrayLike<number>,
  choose: (one: number, other: number) => number,
): Float64Array {
  if (kept === undefined) return Float64Array.from(added);
  return kept.map((value, channel) => choose(value, added[channel] ?? value));
}
