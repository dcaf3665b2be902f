import type { Job } from '../../../shared/domain/job';
import { fromErrorReport } from '../../../shared/app-error';
import { sayBatchDone } from '../batch/say-batch-done';
import { downloadExported } from '../compare/export-comparison';
import { sayCompared } from '../compare/say-compared';
import { sayExportJobDone } from '../export/say-exported';
import { i18n } from '../i18n/i18n';
import { announce } from '../notices/announce';
import { notify, reportError } from '../notices/notify';
import { isRunning, jobsStore, putJob } from '../state/jobs-store';
import { libraryStore } from '../state/library-store';
import { openModel } from './models';
import { isWatched, sayBuilt, sayTuned } from '../build/say-built';

/** Keeps the list of jobs and says when one ends. */
export function receiveJob(job: Job): void {
  const before = jobsStore.getState().jobs.find((other) => other.id === job.id);
  putJob(job);
  const wasRunning = before === undefined || isRunning(before);
  if (!wasRunning) return;
  if (before === undefined && isRunning(job)) announce(i18n.t('frame.jobs.announceStart', { title: job.title }));
  if (job.state === 'done') sayDone(job);
  // Whoever looks at it sees the failure where it happened.
  if (job.state === 'failed' && job.error !== null && !isWatched(job.id))
    reportError(fromErrorReport(job.error), { subject: job.title });
}

function sayDone(job: Job): void {
  if (job.kind === 'compare') return sayCompared(job);
  if (job.kind === 'export') {
    downloadExported(job.id);
    return sayExportJobDone(job);
  }
  if (job.kind === 'batch') return sayBatchDone(job.id);
  if (job.kind === 'tune') return sayTuned(job);
  if (job.kind === 'build' || job.kind === 'verify') return sayBuilt(job);
  // What was sent for is shown where it is used.
  if (job.kind === 'import' && job.failures.length === 0) {
    return announce(i18n.t('frame.jobs.announceDone', { title: job.title }));
  }
  const model = libraryStore.getState().models.find((candidate) => job.results.includes(candidate.id));
  const failed = job.failures.length;
  notify(i18n.t('frame.jobs.announceDone', { title: job.title }), {
    ...(failed > 0 ? { description: i18n.t('frame.jobs.failures', { count: failed }) } : {}),
    ...(model === undefined
      ? {}
      : { action: { label: i18n.t('models.openNow'), run: () => void openModel(model.id) } }),
  });
}

export function hasRunningJobs(): boolean {
  return jobsStore.getState().jobs.some(isRunning);
}
