export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Milliseconds with one digit behind the point. */
export function milliseconds(nanoseconds: number): number {
  return Math.round(nanoseconds / 1e5) / 10;
}

/** A ratio with three digits behind the point. */
export function ratio(value: number, reference: number): number {
  return Math.round((value / reference) * 1000) / 1000;
}
