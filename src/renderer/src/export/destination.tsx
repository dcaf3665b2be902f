import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { reportError } from '../notices/notify';
import { updatePreferences } from '../preferences/preferences';
import { shell } from '../shell/current-shell';
import { usePreferences } from '../state/preferences-store';
import styles from './export-dialog.module.css';

/** Null when the user cancels. */
export async function chooseDirectory(): Promise<string | null> {
  try {
    const directory = await shell.chooseExportFolder();
    if (directory !== null) updatePreferences({ exportDirectory: directory });
    return directory;
  } catch (error) {
    reportError(error);
    return null;
  }
}

/** Where exports go: the folder that was chosen last, or downloads. */
export function Destination() {
  const { t } = useTranslation();
  const directory = usePreferences((state) => state.exportDirectory);
  if (!shell.hasFolders) return <p className={styles.note}>{t('exporting.downloads')}</p>;
  return (
    <div className={styles.destination}>
      <span className={styles.caption}>{t('exporting.folder')}</span>
      <span className={styles.path} title={directory ?? undefined}>
        {/* Cut at its beginning: the end of a path tells folders apart. */}
        <bdi>{directory ?? t('exporting.noFolder')}</bdi>
      </span>
      <Button onClick={() => void chooseDirectory()}>{t('exporting.choose')}</Button>
    </div>
  );
}
