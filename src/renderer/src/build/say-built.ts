import type { Job } from '../../../shared/domain/job';
import { i18n } from '../i18n/i18n';
import { enterMode, modeStore } from '../modes/mode-store';
import { announce } from '../notices/announce';
import { notify } from '../notices/notify';
import { showEngine, showJob } from './build-actions';
import { buildStore } from './build-store';

/** Whether the screen that shows a job's outcome is open. */
export function isWatched(jobId: string): boolean {
  const { view, step, tuneJobId, jobId: current } = buildStore.getState();
  if (modeStore.getState().mode !== 'build' || view !== 'wizard') return false;
  return step === 'build' ? current === jobId : step === 'calibration' && tuneJobId === jobId;
}

/** It is known which blocks bear 8 bits. */
export function sayTuned(job: Job): void {
  const title = i18n.t('build.notice.tuned', { name: job.title });
  if (isWatched(job.id)) return announce(title);
  const run = (): void => {
    enterMode('build');
    showJob(job.id);
  };
  notify(title, { action: { label: i18n.t('build.notice.show'), run } });
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
