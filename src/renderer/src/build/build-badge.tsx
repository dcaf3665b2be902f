import { useTranslation } from 'react-i18next';
import { isRunning, useJobs } from '../state/jobs-store';
import styles from './build-badge.module.css';

/** How many builds go on, wherever the user looks. */
export function BuildBadge() {
  const { t } = useTranslation();
  const count = useJobs(
    ({ jobs }) => jobs.filter((job) => (job.kind === 'build' || job.kind === 'tune') && isRunning(job)).length,
  );
  if (count === 0) return null;
  return (
    <span className={styles.badge} title={t('build.running', { count })}>
      {count}
    </span>
  );
}
