import { describe, expect, it } from 'vitest';
import { BIN_COUNT, binStart, MagnitudeHistogram } from './magnitude-histogram';
import { rangeOf } from './range-method';
import { randomNormal } from '../onnx/passes/test-support';

function histogramOf(values: Float32Array): MagnitudeHistogram {
  const histogram = new MagnitudeHistogram();
  histogram.add(values);
  return histogram;
}

function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

describe('MagnitudeHistogram', () => {
  it('puts each number into the bin whose bounds hold it', () => {
    for (const value of [1, 1.003, 1.5, 1.999, 2, 0.1, 3e-7, 6.5e4, 1e7]) {
      const { bins } = histogramOf(Float32Array.of(-value));
      const bin = bins.indexOf(1);
      expect(binStart(bin)).toBeLessThanOrEqual(Math.fround(value));
      expect(binStart(bin + 1)).toBeGreaterThan(Math.fround(value));
    }
  });

  it('counts zeros, keeps what is too large, passes over what is no number', () => {
    const histogram = histogramOf(Float32Array.of(0, -0, 1e-9, 1e30, NaN, Infinity, -Infinity, 1));
    expect([histogram.zeros, histogram.total]).toEqual([3, 5]);
    expect(histogram.bins[BIN_COUNT - 1]).toBe(1);
  });

  it('comes back from its record, and adds up whatever the order', () => {
    const [one, other] = [randomNormal(500, 1), randomNormal(300, 2)];
    const forth = histogramOf(one);
    forth.add(other);
    const back = MagnitudeHistogram.fromRecord(histogramOf(other).toRecord());
    back.add(one);
    expect(back.toRecord()).toEqual(forth.toRecord());
    expect(back.total).toBe(800);
    expect(MagnitudeHistogram.fromRecord(new MagnitudeHistogram().toRecord()).total).toBe(0);
  });
});

/** Mean squared error of rounding to 8 bits with a range. */
function errorAt(values: Float32Array, range: number): number {
  const step = range / 127;
  return (
    values.reduce((sum, value) => {
      const level = Math.max(-127, Math.min(127, Math.round(value / step)));
      return sum + (value - level * step) ** 2;
    }, 0) / values.length
  );
}

describe('rangeOf', () => {
  const plain = randomNormal(60_000, 3);
  const withOutlier = Float32Array.from(plain, (value, index) => (index === 7 ? 60 : value));

  it('min-max is the largest magnitude, exactly', () => {
    expect(rangeOf(histogramOf(withOutlier), 60, 'min-max')).toBe(60);
  });

  it.each([
    [99.99, 3.891],
    [99, 2.576],
    [50, 0.6745],
  ])('percentile %d of a normal distribution', (percentile, expected) => {
    const range = rangeOf(histogramOf(plain), largestOf(plain), 'percentile', { percentile });
    expect(range).toBeGreaterThan(expected * 0.97);
    expect(range).toBeLessThan(expected * 1.03);
  });

  it('percentile never goes beyond the largest', () => {
    expect(rangeOf(histogramOf(plain), largestOf(plain), 'percentile', { percentile: 100 })).toBe(largestOf(plain));
  });

  it('mse finds a range about as good as the best of a fine search', () => {
    for (const values of [plain, withOutlier]) {
      const largest = largestOf(values);
      const best = Math.min(...Array.from({ length: 150 }, (_, at) => errorAt(values, (largest * (at + 1)) / 150)));
      expect(errorAt(values, rangeOf(histogramOf(values), largest, 'mse'))).toBeLessThan(best * 1.1);
    }
  });

  it('entropy cuts off a lonely outlier and keeps an even spread whole', () => {
    const cut = rangeOf(histogramOf(withOutlier), 60, 'entropy');
    expect(cut).toBeGreaterThan(2.5);
    expect(cut).toBeLessThan(8);
    const even = Float32Array.from({ length: 100_000 }, (_, index) => (index % 2001) / 1000 - 1);
    expect(rangeOf(histogramOf(even), 1, 'entropy')).toBeGreaterThan(0.95);
  });

  it.each(['min-max', 'entropy', 'percentile', 'mse'] as const)('%s of nothing but zeros is 0', (method) => {
    expect(rangeOf(histogramOf(new Float32Array(100)), 0, method)).toBe(0);
  });

  it.each(['entropy', 'percentile', 'mse'] as const)('%s of one number repeated is that number', (method) => {
    const range = rangeOf(histogramOf(new Float32Array(50).fill(-0.75)), 0.75, method);
    expect(range).toBeGreaterThan(0.73);
    expect(range).toBeLessThanOrEqual(0.75);
  });
});
