import type { Job } from '../../../shared/domain/job';
import { i18n } from '../i18n/i18n';
import { errorMessage } from '../notices/error-text';
import { notify } from '../notices/notify';
import { shell } from '../shell/current-shell';

/** Failed pictures named in a notice; the list of jobs has them all. */
const MOST_FAILURES = 5;

/** `path`: one of the written files. */
export function sayExported(count: number, path: string): void {
  notify(i18n.t('exporting.saved', { count }), {
    description: path.replace(/[\\/][^\\/]*$/, ''),
    action: { label: i18n.t('exporting.reveal'), run: () => void shell.reveal(path) },
  });
}

/** For an export of many pictures that has come to its end, which may be long after its dialog was closed. */
export function sayExportJobDone({ results, failures }: Job): void {
  const [first] = results;
  if (first !== undefined) sayExported(results.length, first);
  if (failures.length === 0) return;
  notify(i18n.t('exporting.someFailed', { count: failures.length }), {
    description: failures
      .slice(0, MOST_FAILURES)
      .map(({ item, error }) => `${item}: ${errorMessage(error)}`)
      .join(' '),
    seconds: 20,
  });
}
