import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes, formatMilliseconds, formatPace, formatSeconds, formatTimeLeft } from './format';

/** The functions of format.ts in the language of the window. */
export function useFormat() {
  const { i18n } = useTranslation();
  const locale = i18n.language;
  return useMemo(
    () => ({
      bytes: (bytes: number) => formatBytes(bytes, locale),
      milliseconds: (nanoseconds: number) => formatMilliseconds(nanoseconds, locale),
      pace: (perSecond: number) => formatPace(perSecond, locale),
      seconds: (seconds: number) => formatSeconds(seconds, locale),
      timeLeft: (range: readonly [number, number]) => formatTimeLeft(range, locale),
      integer: (value: number) => new Intl.NumberFormat(locale).format(value),
    }),
    [locale],
  );
}
