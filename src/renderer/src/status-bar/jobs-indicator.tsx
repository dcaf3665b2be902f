import { useTranslation } from 'react-i18next';
import { cx } from '../components/cx';
import { Popover } from '../components/popover';
import { Progress } from '../components/progress';
import { isRunning, useJobs } from '../state/jobs-store';
import { JobList } from './job-list';
import { progressOf } from './job-progress';
import styles from './status-bar.module.css';

/** How many jobs run, with the progress of the oldest; opens the list. */
export function JobsIndicator() {
  const { t } = useTranslation();
  const jobs = useJobs((state) => state.jobs);
  if (jobs.length === 0) return null;
  const running = jobs.filter(isRunning);
  const failed = running.length > 0 ? 0 : jobs.filter((job) => job.state === 'failed').length;
  const oldest = running[running.length - 1];
  return (
    <Popover
      title={t('frame.jobs.title')}
      side="top"
      trigger={
        <button type="button" className={cx(styles.jobs, failed > 0 && styles.failed)}>
          {oldest !== undefined && (
            <span className={styles.meter}>
              <Progress label={oldest.title} value={progressOf(oldest)} />
            </span>
          )}
          {running.length > 0
            ? t('frame.jobs.running', { count: running.length })
            : failed > 0
              ? t('frame.jobs.failed', { count: failed })
              : t('frame.jobs.finished', { count: jobs.length })}
        </button>
      }
    >
      <JobList />
    </Popover>
  );
}
