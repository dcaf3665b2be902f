import { useTranslation } from 'react-i18next';
import { FolderField } from '../components/folder-field';
import { reportError } from '../notices/notify';
import { updatePreferences } from '../preferences/preferences';
import { shell } from '../shell/current-shell';
import { usePreferences } from '../state/preferences-store';
import styles from './export-dialog.module.css';

/** Null when the user cancels. */
export async function chooseDirectory(): Promise<string | null> {
  const directory = await askForDirectory();
  if (directory !== null) updatePreferences({ exportDirectory: directory });
  return directory;
}

async function askForDirectory(): Promise<string | null> {
  try {
    return await shell.chooseExportFolder();
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
    <FolderField
      label={t('exporting.folder')}
      path={directory ?? ''}
      placeholder={t('exporting.noFolder')}
      choose={askForDirectory}
      onChange={(exportDirectory) => updatePreferences({ exportDirectory })}
    />
  );
}
