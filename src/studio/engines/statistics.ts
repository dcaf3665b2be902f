import type { Distribution } from '../../shared/domain/engine-measurement';

/** A percentile as trtexec takes it: of n sorted samples the one with index n − 1 − ⌊(1 − p/100) n⌋. */
export function percentile(sorted: readonly number[], percent: number): number {
  const excluded = Math.floor((1 - percent / 100) * sorted.length + 1e-9);
  return sorted[Math.max(0, sorted.length - 1 - excluded)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Null where nothing was measured. */
export function distribution(samples: readonly number[]): Distribution | null {
  const sorted = [...samples].sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted[sorted.length - 1];
  if (min === undefined || max === undefined) return null;
  return {
    min,
    max,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    median: median(sorted),
    p90: percentile(sorted, 90),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  };
}
