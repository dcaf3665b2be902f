import type { ComparisonFormat } from '../../../shared/domain/comparison';
import { currentStyle } from '../export/run-export';
import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { jobsStore } from '../state/jobs-store';
import { studio } from '../studio-client/studio';
import { compareStore, openComparison } from './compare-store';

/** Exports of this window that are to become downloads. */
const downloads = new Set<string>();

/** What the last run found, into a folder that the user picks, or as a download where there are none. As a job. */
export async function exportComparison(format: ComparisonFormat): Promise<void> {
  const open = openComparison(compareStore.getState());
  if (open === null) return;
  const directory = await shell.chooseExportFolder();
  if (directory === null && shell.hasFolders) return;
  const { jobId } = await studio.call('compare.export', {
    comparisonId: open.comparisonId,
    formats: [format],
    directory,
    language: i18n.language === 'zh-CN' ? 'zh' : 'en',
    style: currentStyle(open.labels),
  });
  if (directory !== null) return;
  downloads.add(jobId);
  // It may have ended before the answer came.
  const isDone = jobsStore.getState().jobs.some(({ id, state }) => id === jobId && state === 'done');
  if (isDone) downloadExported(jobId);
}

/** For an export that has come to its end. */
export function downloadExported(jobId: string): void {
  if (downloads.delete(jobId)) download(jobId).catch((error: unknown) => reportError(error));
}

async function download(jobId: string): Promise<void> {
  const files = await studio.call('compare.exported', { jobId });
  for (const { name, mime, bytes } of files) if (bytes !== null) shell.download(name, mime, bytes);
  notify(i18n.t('exporting.downloaded', { count: files.length }));
}
