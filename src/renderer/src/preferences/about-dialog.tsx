import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { shell } from '../shell/current-shell';
import { useLibrary } from '../state/library-store';
import { closeDialog, openDialog } from '../state/window-store';
import styles from './preferences-dialog.module.css';

export function AboutDialog() {
  const { t } = useTranslation();
  const version = useLibrary((state) => state.version);
  const runtimes = useLibrary((state) => state.runtimes);
  return (
    <Dialog open onClose={closeDialog} title={t('commands.about')} size="small" reading>
      <div className={styles.about}>
        <p className={styles.version}>
          {t('common.appName')} {version}
        </p>
        <p>{t('preferences.aboutText')}</p>
        <p className={styles.soft}>{shell.versions}</p>
        <ul className={styles.runtimes}>
          {runtimes.map((runtime) => (
            <li key={runtime.id}>
              {runtime.name} {runtime.version}
              <p className={styles.soft}>{runtime.available ? runtime.devices.join(', ') : runtime.reason}</p>
            </li>
          ))}
        </ul>
      </div>
      <Button variant="quiet" className={styles.link ?? ''} onClick={() => openDialog({ kind: 'runtimes' })}>
        {t('commands.runtimes')}
      </Button>
    </Dialog>
  );
}
