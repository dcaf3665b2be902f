import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { Select } from '../components/select';
import { languageNames } from '../i18n/i18n';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import type { Preferences } from '../state/preferences-store';
import { usePreferences } from '../state/preferences-store';
import { closeDialog, openDialog } from '../state/window-store';
import { updatePreferences } from './preferences';
import styles from './preferences-dialog.module.css';

const themes: readonly Preferences['theme'][] = ['system', 'light', 'dark'];

export function PreferencesDialog() {
  const { t } = useTranslation();
  const theme = usePreferences((state) => state.theme);
  const language = usePreferences((state) => state.language);
  return (
    <Dialog open onClose={closeDialog} title={t('preferences.title')} size="small">
      <div className={styles.rows}>
        <span>{t('preferences.theme')}</span>
        <Select
          label={t('preferences.theme')}
          value={theme}
          options={themes.map((value) => ({ value, label: t(`preferences.themes.${value}`) }))}
          onChange={(value) => updatePreferences({ theme: value })}
        />
        <span>{t('preferences.language')}</span>
        <Select<Preferences['language']>
          label={t('preferences.language')}
          value={language}
          options={[
            { value: 'system', label: t('preferences.themes.system') },
            { value: 'en', label: languageNames.en },
            { value: 'zh-CN', label: languageNames['zh-CN'] },
          ]}
          onChange={(value) => updatePreferences({ language: value })}
        />
        {shell.hasFolders && <ExportFolder />}
        <span>{t('preferences.recent')}</span>
        <RecentFiles />
        <span>{t('runtimes.title')}</span>
        <Button onClick={() => openDialog({ kind: 'runtimes' })}>{t('commands.runtimes')}</Button>
      </div>
      <Button variant="quiet" className={styles.link ?? ''} onClick={() => openDialog({ kind: 'about' })}>
        {t('commands.about')}
      </Button>
    </Dialog>
  );
}

function RecentFiles() {
  const { t } = useTranslation();
  const count = usePreferences((state) => state.recentFiles.length);
  return (
    <Button disabled={count === 0} onClick={() => updatePreferences({ recentFiles: [] })}>
      {t('preferences.clearRecent')}
    </Button>
  );
}

function ExportFolder() {
  const { t } = useTranslation();
  const directory = usePreferences((state) => state.exportDirectory);
  const choose = async (): Promise<void> => {
    const chosen = await shell.chooseExportFolder();
    if (chosen !== null) updatePreferences({ exportDirectory: chosen });
  };
  return (
    <>
      <span>{t('preferences.exportFolder')}</span>
      <Button
        className={styles.path ?? ''}
        title={directory ?? ''}
        onClick={() => void choose().catch((error: unknown) => reportError(error))}
      >
        <span className={styles.pathText}>{directory ?? t('preferences.askEachTime')}</span>
      </Button>
    </>
  );
}
