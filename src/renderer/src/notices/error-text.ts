import type { ErrorReport } from '../../../shared/app-error';
import type { RemarkDetails } from '../../../shared/remark';
import { i18n } from '../i18n/i18n';
import { buildLines } from '../i18n/zh-cn/build-lines';
import { eightBitReasons } from '../i18n/zh-cn/eight-bit-reasons';
import { engineWarnings } from '../i18n/zh-cn/engine-warnings';
import { errorMessages } from '../i18n/zh-cn/error-messages';
import { modelWarnings } from '../i18n/zh-cn/model-warnings';
import { knownPath } from '../shell/known-path';
import { passReasons } from '../i18n/zh-cn/pass-reasons';
import { pictureNotes } from '../i18n/zh-cn/picture-notes';

/** What is remarked, by code, in place of the studio's English sentence. */
const remarks: Readonly<Record<string, readonly string[]>> = {
  ...modelWarnings,
  ...engineWarnings,
  ...passReasons,
  ...eightBitReasons,
  ...buildLines,
  ...pictureNotes,
};

/** A short title in the user's language for what happened. */
export function errorTitle(error: ErrorReport): string {
  const key = `errors.codes.${error.code}`;
  return i18n.exists(key) ? String(i18n.t(key as 'errors.codes.INTERNAL')) : i18n.t('errors.title');
}

/** What happened, with the names and figures that belong to it. The studio speaks English; elsewhere it is said anew. */
export function errorMessage(error: ErrorReport): string {
  return knownPath(messageOf(error));
}

function messageOf(error: ErrorReport): string {
  if (i18n.language === 'en' || isTold(error.message)) return error.message;
  const details: Record<string, string | number> = { ...error.details };
  const what = subjectOf(error);
  if (what !== undefined) details['what'] = what;
  const sentence = firstThatFits(errorMessages[error.code] ?? [], details);
  if (sentence !== undefined) return sentence;
  return what === undefined ? errorTitle(error) : `${errorTitle(error)}：${what}`;
}

/** What a warning of ours says: of errors (a file that is gone, say) with the remedy. */
export function warningText(warning: ErrorReport): string {
  const isError = /^[A-Z]/.test(warning.code);
  if (isError) return [errorMessage(warning), errorHint(warning)].filter(Boolean).join(' ');
  if (i18n.language === 'en') return warning.message;
  return firstThatFits(remarks[warning.code] ?? [], warning.details ?? {}) ?? warning.message;
}

/** Why a pass acts somewhere. What was kept before reasons had codes is told as it was. */
export function reasonText({
  reason,
  code,
  details = {},
}: {
  readonly reason: string;
  readonly code?: string | undefined;
  readonly details?: RemarkDetails | undefined;
}): string {
  return code === undefined ? reason : warningText({ code, message: reason, details });
}

/** The first sentence whose names are all known, with their values. */
function firstThatFits(
  sentences: readonly string[],
  details: Readonly<Record<string, string | number>>,
): string | undefined {
  const namesIn = (sentence: string): string[] => [...sentence.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  const fitting = sentences.find((sentence) => namesIn(sentence).every((name) => name in details));
  return fitting?.replace(PLACEHOLDER, (_, name) => String(details[name]));
}

/** What the window itself raises speaks its language already. */
function isTold(text: string | undefined): boolean {
  return text !== undefined && /[。！？]\s*$/.test(text);
}

const PLACEHOLDER = /\{\{(\w+)\}\}/g;

/** Details that say what an error is about, the most telling first. */
const SUBJECTS = [
  'file',
  'path',
  'folder',
  'fileName',
  'name',
  'model',
  'engine',
  'picture',
  'repo',
  'host',
  'subject',
];

/** What an error is about: as its details name it, else the first path or file name of its message. */
function subjectOf({ details = {}, message }: ErrorReport): string | undefined {
  const key = SUBJECTS.find((name) => details[name] !== undefined);
  if (key !== undefined) return String(details[key]);
  return FILE_NAME.exec(message)?.[0];
}

const FILE_NAME =
  /(?:[A-Za-z]:)?[^\s"“”']*\.(?:onnx|json|data|jpe?g|png|webp|tiff?|gif|avif|bmp|mp4|webm|mov|mkv|csv|html)\b/i;

/** What to do about it: the studio's own advice, or ours by code in languages that the studio does not speak. */
export function errorHint(error: ErrorReport): string | undefined {
  const key = `errors.hints.${error.code}`;
  const ours = i18n.exists(key) ? String(i18n.t(key as 'errors.hints.DISK_FULL')) : undefined;
  return i18n.language === 'en' || isTold(error.hint) ? (error.hint ?? ours) : ours;
}

/** Everything a maintainer needs, as text for the clipboard. */
export function errorDetails(error: ErrorReport): string {
  const lines = [`${error.code}: ${error.message}`];
  if (error.hint !== undefined) lines.push(error.hint);
  for (const [name, value] of Object.entries(error.details ?? {})) lines.push(`${name}: ${value}`);
  if (error.stack !== undefined) lines.push(error.stack);
  return lines.join('\n');
}
