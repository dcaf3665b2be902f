import { AppError } from '../shared/app-error';
import type { Job } from '../shared/domain/job';
import type { CliContext } from './context';
import type { LocalStudio } from './open-studio';

/** Waits for a job to end and tells of its progress. Cancelling the command cancels the job, then rejects. */
export async function followJob(
  studio: LocalStudio,
  { signal }: CliContext,
  jobId: string,
  onProgress: (job: Job) => void,
): Promise<Job> {
  const untied = new AbortController().signal;
  const cancel = (): void => void studio.call('jobs.cancel', { jobId }, untied).catch(() => undefined);
  let unsubscribe: () => void = () => undefined;
  try {
    const ended = new Promise<Job>((resolve) => {
      const look = (job: Job): void => {
        if (job.id !== jobId) return;
        if (job.state === 'running' || job.state === 'queued') onProgress(job);
        else resolve(job);
      };
      unsubscribe = studio.on('jobs.changed', look);
      // It may have ended before anybody listened.
      void studio.call('jobs.list', {}, untied).then((jobs) => jobs.forEach(look));
    });
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    const job = await ended;
    // What it said last: that it can be gone on with, and where.
    if (job.state === 'cancelled') onProgress(job);
    if (job.state === 'cancelled') throw new AppError('CANCELLED', 'The work was cancelled.');
    return job;
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', cancel);
  }
}
