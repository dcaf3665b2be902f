/** Hundredths are kept, and 99.999 is not 100: what differs a little is what is looked for. */
export function percentText(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  return `${(value < 100 ? Math.min(value, 99.99) : 100).toFixed(2)} %`;
}
