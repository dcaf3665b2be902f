import type { ErrorReport } from '../../../shared/app-error';
import { i18n } from '../i18n/i18n';

/** A short title in the user's language for what happened. The report's own message names the file and stays as it is. */
export function errorTitle(error: ErrorReport): string {
  const key = `errors.codes.${error.code}`;
  return i18n.exists(key) ? String(i18n.t(key as 'errors.codes.INTERNAL')) : i18n.t('errors.title');
}

/** What to do about it: the studio's own advice, or ours by code in languages that the studio does not speak. */
export function errorHint(error: ErrorReport): string | undefined {
  const key = `errors.hints.${error.code}`;
  const ours = i18n.exists(key) ? String(i18n.t(key as 'errors.hints.DISK_FULL')) : undefined;
  return i18n.language === 'en' ? (error.hint ?? ours) : (ours ?? error.hint);
}

/** Everything a maintainer needs, as text for the clipboard. */
export function errorDetails(error: ErrorReport): string {
  const lines = [`${error.code}: ${error.message}`];
  if (error.hint !== undefined) lines.push(error.hint);
  for (const [name, value] of Object.entries(error.details ?? {})) lines.push(`${name}: ${value}`);
  if (error.stack !== undefined) lines.push(error.stack);
  return lines.join('\n');
}
