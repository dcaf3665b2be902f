const formats = new Map<string, Intl.NumberFormat>();

/** A share of pixels (0–1) as `31.2\u00a0%`, with `< 0.1 %` for what would round to nothing. Space as in the language. */
export function formatShare(share: number, language: string): string {
  let format = formats.get(language);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    formats.set(language, format);
  }
  if (share > 0 && share < 0.001) return `< ${format.format(0.1)}\u00a0%`;
  return `${format.format(share * 100)}\u00a0%`;
}
