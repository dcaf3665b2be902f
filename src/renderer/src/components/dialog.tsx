import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';
import styles from './dialog.module.css';

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly size?: 'small' | 'medium' | 'large';
  /** Buttons, the primary one last. */
  readonly footer?: ReactNode;
  readonly initialFocus?: RefObject<HTMLElement | null>;
  /** Without inner padding: for dialogs that are lists. */
  readonly flush?: boolean;
  /** Nothing inside takes the focus, so the text itself must, to be scrolled by keys. */
  readonly reading?: boolean;
  readonly children: ReactNode;
}

export function Dialog(props: DialogProps) {
  const { t } = useTranslation();
  // The dialog itself: a ring around the closing cross would be the first thing seen.
  const popup = useRef<HTMLDivElement>(null);
  const {
    open,
    onClose,
    title,
    description,
    size = 'medium',
    footer,
    initialFocus,
    flush = false,
    reading = false,
    children,
  } = props;
  return (
    <BaseDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles.backdrop} />
        <BaseDialog.Viewport className={styles.viewport}>
          <BaseDialog.Popup className={cx(styles.popup, styles[size])} ref={popup} initialFocus={initialFocus ?? popup}>
            <header className={styles.header}>
              <BaseDialog.Title className={styles.title}>{title}</BaseDialog.Title>
              <BaseDialog.Close className={styles.close} aria-label={t('common.close')}>
                <X size={16} aria-hidden />
              </BaseDialog.Close>
            </header>
            {description !== undefined && (
              <BaseDialog.Description className={styles.description}>{description}</BaseDialog.Description>
            )}
            <div className={cx(styles.body, flush && styles.flush)} {...(reading ? { tabIndex: 0 } : {})}>
              {children}
            </div>
            {footer !== undefined && <footer className={styles.footer}>{footer}</footer>}
          </BaseDialog.Popup>
        </BaseDialog.Viewport>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}
