import type { ComparisonFormat } from '../../../shared/domain/comparison';
import { currentStyle } from '../export/run-export';
import { sayExported } from '../export/say-exported';
import { i18n } from '../i18n/i18n';
import { notify } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { studio } from '../studio-client/studio';
import { compareStore, openComparison } from './compare-store';

/** What the last run found, into a folder that the user picks, or as a download where there are none. */
export async function exportComparison(format: ComparisonFormat): Promise<void> {
  const open = openComparison(compareStore.getState());
  if (open === null) return;
  const directory = await shell.chooseExportFolder();
  if (directory === null && shell.hasFolders) return;
  const files = await studio.call('compare.export', {
    comparisonId: open.comparisonId,
    formats: [format],
    directory,
    language: i18n.language === 'zh-CN' ? 'zh' : 'en',
    style: currentStyle(open.labels),
  });
  for (const { name, mime, bytes } of files) if (bytes !== null) shell.download(name, mime, bytes);
  const [first] = files;
  if (first?.path != null) sayExported(files.length, first.path);
  else notify(i18n.t('exporting.downloaded', { count: files.length }));
}
