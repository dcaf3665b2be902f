import { useTranslation } from 'react-i18next';
import { shortcutOf } from '../commands/registry';
import { Tooltip } from '../components/tooltip';
import { modeOf, modes, type ModeId } from './mode-list';
import { enterMode, useMode } from './mode-store';
import styles from './mode-switch.module.css';

/** The modes of the window, one of which always holds. With little room the names go and the icons stay. */
export function ModeSwitch({ narrow }: { readonly narrow: boolean }) {
  const { t } = useTranslation();
  const current = useMode(({ mode }) => mode);
  return (
    <nav className={styles.switch} aria-label={t('modes.title')}>
      {modes.map(({ id, title, icon: Icon }) => (
        <Tooltip key={id} text={t(title)} shortcut={shortcutOf(`mode-${id}`)} side="bottom">
          <button
            type="button"
            className={styles.mode}
            aria-current={id === current ? 'page' : undefined}
            aria-label={t(title)}
            onClick={() => enterMode(id satisfies ModeId)}
          >
            <Icon size={16} aria-hidden />
            {!narrow && <span>{t(title)}</span>}
            <Badge id={id} />
          </button>
        </Tooltip>
      ))}
    </nav>
  );
}

function Badge({ id }: { readonly id: ModeId }) {
  const { Badge: Content } = modeOf(id);
  return Content === undefined ? null : <Content />;
}
