import { fromErrorReport } from '../shared/app-error';
import type { Job } from '../shared/domain/job';
import { logText } from '../shared/domain/job';
import type { CliContext } from './context';
import { followJob } from './follow-job';
import type { LocalStudio } from './open-studio';
import { showProgress } from './progress';

/**
 * Waits for a job that makes one thing, with its log and its progress on stderr.
 *
 * @returns the job's only result
 * @throws what the job failed with
 */
export async function runJob(
  context: CliContext,
  studio: LocalStudio,
  jobId: string,
  { isQuiet }: { readonly isQuiet: boolean },
): Promise<string> {
  const { terminal } = context;
  const progress = showProgress(terminal, 'steps');
  let last: string | undefined;
  const tell = (job: Job): void => {
    if (isQuiet) return;
    const log = job.log.map(logText);
    // The job keeps the last lines only, so that counting them would not do.
    const from = last === undefined ? 0 : log.lastIndexOf(last) + 1;
    for (const line of log.slice(from)) if (!line.startsWith('verbose')) terminal.note(line);
    last = log[log.length - 1] ?? last;
  };
  try {
    const job = await followJob(studio, context, jobId, (now) => {
      tell(now);
      progress.update(now.done, now.total, `${now.phase}${describeTimeLeft(now.secondsLeft)}`);
    });
    progress.stop();
    tell(job);
    if (job.error !== null) throw fromErrorReport(job.error);
    const [result] = job.results;
    if (result === undefined) throw new Error('A job that ends well has made something.');
    return result;
  } finally {
    progress.stop();
  }
}

function describeTimeLeft(range: Job['secondsLeft']): string {
  if (range === null) return '';
  const [least, most] = range.map((seconds) => Math.max(1, Math.round(seconds)));
  return ` · ${least} to ${most} s left`;
}
