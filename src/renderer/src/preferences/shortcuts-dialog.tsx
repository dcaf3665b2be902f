import { useTranslation } from 'react-i18next';
import { commandGroups } from '../commands/command';
import { commands } from '../commands/registry';
import { formatShortcut } from '../commands/shortcut';
import { Dialog } from '../components/dialog';
import { shell } from '../shell/current-shell';
import { closeDialog } from '../state/window-store';
import styles from './preferences-dialog.module.css';

/** Every key that does something, from the same list that does it. */
export function ShortcutsDialog() {
  const { t } = useTranslation();
  return (
    <Dialog open onClose={closeDialog} title={t('commands.shortcuts')} size="large" reading>
      <div className={styles.columns}>
        {commandGroups.map((group) => {
          const shown = commands.filter((command) => command.group === group && command.shortcuts !== undefined);
          return shown.length === 0 ? null : (
            <section key={group} className={styles.group}>
              <h3>{t(`commands.groups.${group}`)}</h3>
              <dl>
                {shown.map((command) => (
                  <Row
                    key={command.id}
                    title={t(command.title)}
                    keys={(command.shortcuts ?? []).map((shortcut) => formatShortcut(shortcut, shell.modifier))}
                  />
                ))}
                {group === 'window' && <Row title={t('commands.panelsOnCanvas')} keys={['Tab']} />}
              </dl>
            </section>
          );
        })}
        <section className={styles.group}>
          <h3>{t('commands.groups.mouse')}</h3>
          <dl>
            <Row title={t('commands.zoomWheel')} keys={[t('commands.gestureWheel')]} />
            <Row title={t('commands.pan')} keys={[t('commands.gestureDrag')]} />
          </dl>
        </section>
      </div>
    </Dialog>
  );
}

function Row({ title, keys }: { readonly title: string; readonly keys: readonly string[] }) {
  return (
    <div className={styles.shortcut}>
      <dt>{title}</dt>
      <dd>
        {keys.map((key) => (
          <kbd key={key} className={styles.key}>
            {key}
          </kbd>
        ))}
      </dd>
    </div>
  );
}
