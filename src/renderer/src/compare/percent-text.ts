/** Hundredths are kept, and 99.999 is not 100: what differs a little is what is looked for. */
export function percentText(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  return `${(value < 100 ? Math.min(value, 99.99) : 100).toFixed(2)} %`;
}

/** A share that may be tiny: `0.05 %`, `< 0.01 %`. */
export function smallShareText(share: number): string {
  return share > 0 && share < 0.0001 ? '< 0.01 %' : `${(share * 100).toFixed(2)} %`;
}
