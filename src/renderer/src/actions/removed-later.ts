import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';

const graceSeconds = 10;

/**
 * Something was taken away in the window; the studio is told only when the user can no longer undo it. Says what was
 * removed, with a button that brings it back.
 */
export function removedLater(title: string, how: { undo: () => void; commit: () => Promise<void> }): void {
  const timer = window.setTimeout(() => {
    how.commit().catch((error: unknown) => reportError(error));
  }, graceSeconds * 1000);
  notify(title, {
    seconds: graceSeconds,
    action: {
      label: i18n.t('common.undo'),
      run: () => {
        window.clearTimeout(timer);
        how.undo();
      },
    },
  });
}
