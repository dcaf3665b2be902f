/** Numbers as text, with their units. `locale` is a BCP 47 tag. */

export function formatBytes(bytes: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let value = bytes;
  let at = 0;
  // 1000, not 1024: what file managers and the units' names say.
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: units[at] ?? 'byte',
    unitDisplay: at === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && at > 0 ? 1 : 0,
  }).format(value);
}

/** Three significant digits and no unit: `0.72`, `14.3`, `1204`. */
export function formatMilliseconds(nanoseconds: number, locale: string): string {
  const value = nanoseconds / 1e6;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  }).format(value);
}

/** Items a second, with two significant digits below 100: `0.85`, `12`, `140`. */
export function formatPace(perSecond: number, locale: string): string {
  const digits = perSecond >= 10 ? 0 : perSecond >= 1 ? 1 : 2;
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(perSecond);
}

/** A duration for people: `45 s`, `3 min`, `1 h 20 min`. */
export function formatSeconds(seconds: number, locale: string): string {
  const unit = (value: number, name: 'second' | 'minute' | 'hour'): string =>
    new Intl.NumberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: 0 }).format(
      value,
    );
  if (seconds < 90) return unit(Math.max(1, Math.round(seconds)), 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return unit(minutes, 'minute');
  const rest = minutes % 60;
  const hours = unit(Math.floor(minutes / 60), 'hour');
  return rest === 0 ? hours : `${hours} ${unit(rest, 'minute')}`;
}

/** Time left as a range; one value where both ends read the same. */
export function formatTimeLeft([low, high]: readonly [number, number], locale: string): string {
  const from = formatSeconds(low, locale);
  const to = formatSeconds(high, locale);
  return from === to ? to : `${from} – ${to}`;
}
