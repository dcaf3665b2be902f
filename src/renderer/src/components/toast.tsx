import { Toast as BaseToast } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { cx } from './cx';
import { toasts } from './toast-manager';
import styles from './toast.module.css';

/** Where toasts appear. Mounted once, by the frame. */
export function ToastRegion() {
  return (
    <BaseToast.Provider toastManager={toasts} limit={4}>
      <BaseToast.Portal>
        <BaseToast.Viewport className={styles.viewport}>
          <ToastList />
        </BaseToast.Viewport>
      </BaseToast.Portal>
    </BaseToast.Provider>
  );
}

function ToastList() {
  const { t } = useTranslation();
  const { toasts: shown } = BaseToast.useToastManager();
  return shown.map((toast) => (
    <BaseToast.Root key={toast.id} toast={toast} className={cx(styles.toast, toast.type === 'error' && styles.error)}>
      <BaseToast.Content className={styles.content}>
        <div className={styles.text}>
          <BaseToast.Title className={styles.title} />
          <BaseToast.Description className={styles.description} render={<div />} />
        </div>
        <BaseToast.Action className={styles.action} />
        <BaseToast.Close className={styles.close} aria-label={t('common.dismiss')}>
          <X size={14} aria-hidden />
        </BaseToast.Close>
      </BaseToast.Content>
    </BaseToast.Root>
  ));
}
