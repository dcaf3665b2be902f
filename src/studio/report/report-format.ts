/** Sides are called A, B, C and D where there is no room for their names. */
export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Close to the whole or to nothing, more digits are told: 99.995 % is not 100 %. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  if (share === 1 || share === 0) return `${share * 100} %`;
  const text = (share * 100).toFixed(share > 0.999 || share < 0.001 ? 4 : share > 0.99 ? 3 : 2);
  return `${text} %`;
}

export function score(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(4);
}

/** Milliseconds with three digits or so. */
export function milliseconds(nanoseconds: number | null | undefined): string {
  if (nanoseconds === null || nanoseconds === undefined) return '–';
  const value = nanoseconds / 1e6;
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** `1,234,567`. */
export function whole(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `2026-11-21 15:04 UTC`; anything that is no date stays as it is. */
export function dateTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
