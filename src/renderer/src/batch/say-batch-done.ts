import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { openDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';

/** For a batch that has come to its end, which may be long after its dialog was closed. */
export function sayBatchDone(jobId: string): void {
  tell(jobId).catch((error: unknown) => reportError(error));
}

async function tell(jobId: string): Promise<void> {
  const report = await studio.call('batch.report', { jobId });
  if (report === null) return;
  const { done, skipped, output, tables } = report;
  const failed = report.failed + report.problems.length;
  const description = [
    ...(failed > 0 ? [i18n.t('batch.ended', { count: done })] : []),
    ...(skipped > 0 ? [i18n.t('batch.skipped', { count: skipped })] : []),
    output,
  ].join(' · ');
  if (failed > 0) {
    const run = (): void => openDialog({ kind: 'batch-failures', jobId });
    const action = { label: i18n.t('batch.showFailures'), run };
    return notify(i18n.t('batch.failed', { count: failed }), { description, action, seconds: 30 });
  }
  const action = { label: i18n.t('exporting.reveal'), run: () => void shell.reveal(tables[0] ?? output) };
  notify(i18n.t('batch.ended', { count: done }), { description, ...(shell.hasFolders ? { action } : {}) });
}
