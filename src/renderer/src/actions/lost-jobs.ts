import { AppError, toErrorReport } from '../../../shared/app-error';
import { i18n } from '../i18n/i18n';
import { reportError } from '../notices/notify';
import { isRunning, jobsStore, putJob } from '../state/jobs-store';
import { openDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';
import { receiveJob } from './jobs';
import { isLocalJob } from './local-jobs';

/**
 * After the connection was lost. Jobs of an engine host that is gone have ended with it; a batch goes on where it ended
 * when it is started again. Of a host that is still there, what happened meanwhile is told now.
 */
export async function catchUpWithJobs(isNewHost: boolean): Promise<void> {
  if (!isNewHost) {
    for (const job of await studio.call('jobs.list', {})) receiveJob(job);
    return;
  }
  for (const job of jobsStore.getState().jobs.filter((each) => isRunning(each) && !isLocalJob(each.id))) {
    const error = new AppError('HOST_GONE', 'The engine stopped while this job was running.', {
      hint: job.kind === 'batch' ? 'Start it again: it goes on where it ended.' : 'Start it again.',
    });
    putJob({ ...job, state: 'failed', secondsLeft: null, error: toErrorReport(error) });
    const run = (): void => openDialog({ kind: 'batch' });
    const action = { label: i18n.t('batch.goOn'), run };
    reportError(error, { subject: job.title, ...(job.kind === 'batch' ? { action } : {}) });
  }
}
