import { binStart } from './magnitude-histogram';
import type { MagnitudeHistogram } from './magnitude-histogram';

/**
 * How a range follows from the magnitudes that a value took on the calibration pictures:
 *
 * - `min-max`: the largest one. Nothing is cut off.
 * - `percentile`: the one that so many per cent of all magnitudes do not exceed.
 * - `mse`: the one with the least mean squared error between the value and its 8-bit form.
 * - `entropy`: the one whose 8-bit distribution has the least Kullback-Leibler divergence from the original's, after
 *   S. Migacz, "8-bit Inference with TensorRT", GTC 2017.
 */
export type RangeMethod = 'min-max' | 'entropy' | 'percentile' | 'mse';

export const RANGE_METHODS: readonly RangeMethod[] = ['min-max', 'entropy', 'percentile', 'mse'];

export interface MethodOptions {
  /** For `percentile`, in per cent; 99.99 when left out. */
  readonly percentile?: number;
}

/** Steps on one side of zero. */
const LEVELS = 127;
const LINEAR_BINS = 2048;
/** Levels of magnitude that the entropy method compares with, as the paper has it. */
const ENTROPY_LEVELS = 128;
const MSE_CANDIDATES = 120;

/**
 * The magnitude that becomes the largest 8-bit number. Never beyond the largest that was seen; 0 for a value that was
 * zero throughout.
 *
 * @param largest the largest magnitude, exactly; the histogram knows it to within a bin.
 */
export function rangeOf(
  histogram: MagnitudeHistogram,
  largest: number,
  method: RangeMethod,
  options: MethodOptions = {},
): number {
  if (largest === 0 || histogram.total === histogram.zeros) return largest;
  switch (method) {
    case 'min-max':
      return largest;
    case 'percentile':
      return Math.min(largest, percentileOf(histogram, options.percentile ?? 99.99));
    case 'mse':
      return leastError(histogram, largest);
    case 'entropy':
      return leastDivergence(histogram, largest);
  }
}

/** Mean square of what rounding in 127 steps on each side up to this range changes, relative to the values' own. */
export function relativeError(histogram: MagnitudeHistogram, range: number): number {
  if (range <= 0) return 0;
  const masses = massesOf(histogram);
  const power = masses.reduce((sum, { start, end, count }) => sum + ((start + end) / 2) ** 2 * count, 0);
  return power === 0 ? 0 : squaredError(masses, range) / power;
}

function percentileOf(histogram: MagnitudeHistogram, percentile: number): number {
  let missing = (histogram.total * percentile) / 100 - histogram.zeros;
  for (const [bin, count] of histogram.bins.entries()) {
    missing -= count;
    // The end of the bin: at least so many are below it.
    if (missing <= 0 && count > 0) return binStart(bin + 1);
  }
  return Infinity;
}

interface Mass {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

function massesOf(histogram: MagnitudeHistogram): Mass[] {
  const masses: Mass[] = [];
  for (const [bin, count] of histogram.bins.entries()) {
    if (count > 0) masses.push({ start: binStart(bin), end: binStart(bin + 1), count });
  }
  return masses;
}

function leastError(histogram: MagnitudeHistogram, largest: number): number {
  const masses = massesOf(histogram);
  let best = { error: Infinity, range: largest };
  for (let candidate = 1; candidate <= MSE_CANDIDATES; candidate += 1) {
    const range = (largest * candidate) / MSE_CANDIDATES;
    const error = squaredError(masses, range);
    if (error <= best.error) best = { error, range };
  }
  return best.range;
}

function squaredError(masses: readonly Mass[], range: number): number {
  const step = range / LEVELS;
  let sum = 0;
  for (const { start, end, count } of masses) {
    const middle = (start + end) / 2;
    let error: number;
    if (middle > range) error = (middle - range) ** 2;
    // Across more than a step the error is that of an even spread.
    else if (end - start >= step) error = step ** 2 / 12;
    else error = (middle - Math.round(middle / step) * step) ** 2;
    sum += error * count;
  }
  return sum;
}

function leastDivergence(histogram: MagnitudeHistogram, largest: number): number {
  const bins = linearBins(histogram, largest);
  const beyond = new Float64Array(LINEAR_BINS + 1);
  for (let bin = LINEAR_BINS - 1; bin >= 0; bin -= 1) beyond[bin] = (beyond[bin + 1] ?? 0) + (bins[bin] ?? 0);
  let best = { divergence: Infinity, bins: LINEAR_BINS };
  for (let kept = ENTROPY_LEVELS; kept <= LINEAR_BINS; kept += 8) {
    const divergence = divergenceAt(bins, kept, beyond[kept] ?? 0);
    if (divergence < best.divergence) best = { divergence, bins: kept };
  }
  return (largest * best.bins) / LINEAR_BINS;
}

/** The histogram over equal steps from 0 to the largest magnitude. Zeros are left out: they cost no precision. */
function linearBins(histogram: MagnitudeHistogram, largest: number): Float64Array {
  const bins = new Float64Array(LINEAR_BINS);
  const width = largest / LINEAR_BINS;
  for (const { start, end, count } of massesOf(histogram)) {
    const last = Math.min(end, largest);
    const span = Math.max(last - start, Number.MIN_VALUE);
    const [from, to] = [Math.floor(start / width), Math.min(LINEAR_BINS - 1, Math.floor(last / width))];
    if (from >= to) {
      bins[Math.min(from, LINEAR_BINS - 1)] = (bins[Math.min(from, LINEAR_BINS - 1)] ?? 0) + count;
      continue;
    }
    for (let bin = from; bin <= to; bin += 1) {
      const overlap = Math.min(last, (bin + 1) * width) - Math.max(start, bin * width);
      bins[bin] = (bins[bin] ?? 0) + (count * Math.max(0, overlap)) / span;
    }
  }
  return bins;
}

/** Divergence of the first `kept` bins, with what lies beyond added to the last one, from their form in 128 levels. */
function divergenceAt(bins: Float64Array, kept: number, beyond: number): number {
  let total = beyond;
  let rough = 0;
  for (let bin = 0; bin < kept; bin += 1) total += bins[bin] ?? 0;
  rough = total - beyond;
  if (total === 0 || rough === 0) return Infinity;
  let divergence = 0;
  for (let level = 0; level < ENTROPY_LEVELS; level += 1) {
    const from = Math.floor((level * kept) / ENTROPY_LEVELS);
    const to = Math.floor(((level + 1) * kept) / ENTROPY_LEVELS);
    let [sum, filled] = [0, 0];
    for (let bin = from; bin < to; bin += 1) {
      const count = bins[bin] ?? 0;
      sum += count;
      if (count > 0) filled += 1;
    }
    const spread = filled === 0 ? 0 : sum / filled / rough;
    for (let bin = from; bin < to; bin += 1) {
      const own = bins[bin] ?? 0;
      const count = bin === kept - 1 ? own + beyond : own;
      if (count === 0) continue;
      const share = count / total;
      // A level that nothing was left in cannot stand for what was cut off.
      divergence += share * Math.log(share / (own === 0 ? 1e-9 : spread));
    }
  }
  return divergence;
}
