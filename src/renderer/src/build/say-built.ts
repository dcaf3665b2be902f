import type { Job } from '../../../shared/domain/job';
import { i18n } from '../i18n/i18n';
import { modeStore } from '../modes/mode-store';
import { announce } from '../notices/announce';
import { notify } from '../notices/notify';
import { showEngine } from './build-actions';
import { buildStore } from './build-store';

/** Whether the screen that shows a job's outcome is open. */
export function isWatched(jobId: string): boolean {
  const { view, step, jobId: current } = buildStore.getState();
  return modeStore.getState().mode === 'build' && view === 'wizard' && step === 'build' && current === jobId;
}

/** An engine is ready, or was compared: said aloud, and as a notice to whoever looks elsewhere. */
export function sayBuilt(job: Job): void {
  const title = i18n.t(job.kind === 'build' ? 'build.notice.built' : 'build.notice.verified', { name: job.title });
  const [engineId] = job.results;
  const { mode } = modeStore.getState();
  const looking = isWatched(job.id) || (mode === 'build' && buildStore.getState().engineId === engineId);
  if (looking || engineId === undefined) return announce(title);
  notify(title, { action: { label: i18n.t('build.notice.show'), run: () => showEngine(engineId) } });
}
