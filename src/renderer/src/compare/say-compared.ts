import type { Job } from '../../../shared/domain/job';
import { i18n } from '../i18n/i18n';
import { enterMode, modeStore } from '../modes/mode-store';
import { announce } from '../notices/announce';
import { notify } from '../notices/notify';

/** Whoever looks at the comparison sees the strip fill; elsewhere it is said, with the way there. */
export function sayCompared({ done }: Job): void {
  const title = i18n.t('compare.done', { count: done });
  if (modeStore.getState().mode === 'compare') return announce(title);
  notify(title, { action: { label: i18n.t('compare.show'), run: () => enterMode('compare') } });
}
