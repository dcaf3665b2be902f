import { describe, expect, it } from 'vitest';
import { parseCondition } from './gpu-condition';
import { distribution, median, percentile } from './statistics';

describe('what is told of samples', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
  it.each([
    [50, 50],
    [90, 90],
    [95, 95],
    [99, 99],
    [100, 100],
  ])('the %sth percentile of 1 to 100 is %s', (percent, value) => expect(percentile(hundred, percent)).toBe(value));

  it('sums up in any order', () => {
    expect(distribution([3, 1, 2])).toEqual({ min: 1, max: 3, mean: 2, median: 2, p90: 3, p95: 3, p99: 3 });
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(distribution([])).toBeNull();
  });
});

describe('what nvidia-smi says', () => {
  it('is read, with what a device does not tell left open', () => {
    expect(parseCondition('1980, 2619, 41, [N/A], 580.65.06\n')).toEqual({
      condition: { smClockMHz: 1980, memoryClockMHz: 2619, temperatureC: 41, powerW: null },
      driver: '580.65.06',
    });
    expect(parseCondition('No devices were found')).toBeNull();
  });
});
