import { i18n } from '../i18n/i18n';

/** What a session or an engine runs on, which the studio says in English, in the language of the window. */
export function deviceText(device: string): string {
  if (device === 'any RTX GPU') return i18n.t('frame.anyRtx');
  const count = /^CPU · (\d+) threads?$/.exec(device)?.[1];
  return count === undefined ? device : `CPU · ${i18n.t('frame.threads', { count: Number(count) })}`;
}
