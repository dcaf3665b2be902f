import { describe, expect, it } from 'vitest';
import { histogram, percentile, summarise, totalOf, type LatencySample } from './latency-stats';
import { samplesAsCsv } from './samples-as-text';

function sample(frame: number, infer: number, more: Partial<LatencySample> = {}): LatencySample {
  const stages = { decode: 1, wait: 0, pre: 2, transfer: 0.5, infer, post: 0.25, draw: 0.25 };
  return { frame, pictureId: 'v', at: frame * 100, stages, warmUp: false, device: null, ...more };
}

describe('percentile', () => {
  it.each([
    [[], 0.5, 0],
    [[7], 0.99, 7],
    [[1, 2, 3, 4], 0.5, 2],
    [[1, 2, 3, 4], 0.51, 3],
    [[1, 2, 3, 4], 1, 4],
    [[1, 2, 3, 4], 0, 1],
  ])('of %j at %d is %d', (values, share, expected) => expect(percentile(values, share)).toBe(expected));
});

describe('summarise', () => {
  it('counts no warm-up, and takes medians of each stage', () => {
    const samples = [sample(0, 900, { warmUp: true }), sample(1, 10), sample(2, 30), sample(3, 20)];
    const summary = summarise(samples, 300);
    expect(summary).toMatchObject({ n: 3, p50: 24, p95: 34, p99: 34, stages: { infer: 20, decode: 1, pre: 2 } });
    expect(summary.framesPerSecond).toBeCloseTo(10);
  });

  it('has a rate for an engine of seconds, too', () => {
    const samples = [0, 1, 2].map((i) => sample(i, 1, { at: i * 3000 }));
    expect(summarise(samples, 8000).framesPerSecond).toBeCloseTo(1 / 3);
  });

  it('has no rate when nothing was drawn lately', () => {
    expect(summarise([sample(0, 1), sample(1, 1)], 10_000).framesPerSecond).toBe(0);
    expect(summarise([], 0)).toMatchObject({ n: 0, p50: 0, framesPerSecond: 0 });
  });
});

describe('histogram', () => {
  it('counts every sample once, in bins that join', () => {
    const samples = Array.from({ length: 200 }, (_, i) => sample(i, 10 + (i % 50) * 0.37));
    const bins = histogram([...samples, sample(200, 5000), sample(201, 1, { warmUp: true })], 24);
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(201);
    for (let i = 1; i < bins.length; i++) expect(bins[i]?.from).toBeCloseTo(bins[i - 1]?.to ?? 0);
    // One outlier among many does not stretch the bins.
    expect(bins.length).toBeLessThanOrEqual(30);
  });

  it('has nothing for nothing, and one bin for equal ones', () => {
    expect(histogram([], 10)).toEqual([]);
    expect(histogram([sample(0, 5), sample(1, 5)], 10).reduce((sum, { count }) => sum + count, 0)).toBe(2);
  });
});

describe('samplesAsCsv', () => {
  it('has one row for each frame, whose stages add up', () => {
    const run = { key: '', title: '', subject: '', dropped: 0, now: 0, samples: [sample(4, 10), sample(5, 20)] };
    const rows = samplesAsCsv(run)
      .trim()
      .split('\r\n')
      .map((row) => row.split(','));
    expect(rows[0]).toEqual(expect.arrayContaining(['frame', 'infer_ms', 'total_ms']));
    for (const [i, row] of rows.slice(1).entries()) {
      const sum = row.slice(3, -1).reduce((total, value) => total + Number(value), 0);
      expect(Number(row[row.length - 1])).toBeCloseTo(sum, 3);
      expect(sum).toBeCloseTo(totalOf(sample(0, i === 0 ? 10 : 20)));
    }
  });
});
