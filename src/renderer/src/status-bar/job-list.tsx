import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../shared/domain/job';
import { cancelJob, goOnOf } from '../actions/local-jobs';
import { phaseText as buildPhaseText } from '../build/phase-text';
import { Button, IconButton } from '../components/button';
import { Progress } from '../components/progress';
import { useFormat } from '../format/use-format';
import { i18n } from '../i18n/i18n';
import { ErrorDetails } from '../notices/error-card';
import { errorHint, errorMessage, errorTitle } from '../notices/error-text';
import { reportError } from '../notices/notify';
import { openDialog } from '../state/window-store';
import { clearFinishedJobs, isRunning, useJobs } from '../state/jobs-store';
import styles from './job-list.module.css';
import { progressOf } from './job-progress';

export function JobList() {
  const { t } = useTranslation();
  const jobs = useJobs((state) => state.jobs);
  return (
    <>
      <ul className={styles.list}>
        {jobs.map((job) => (
          <li key={job.id} className={styles.job}>
            <JobEntry job={job} />
          </li>
        ))}
      </ul>
      {jobs.some((job) => !isRunning(job)) && (
        <div className={styles.footer}>
          <Button variant="quiet" onClick={clearFinishedJobs}>
            {t('frame.jobs.clear')}
          </Button>
        </div>
      )}
    </>
  );
}

function JobEntry({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const running = isRunning(job);
  const goOn = goOnOf(job.id);
  const cancel = (): void => {
    cancelJob(job.id).catch((error: unknown) => reportError(error));
  };
  return (
    <>
      <div className={styles.head}>
        <span className={styles.title}>{job.title}</span>
        {running && <IconButton label={t('frame.jobs.cancel')} icon={<X size={14} aria-hidden />} onClick={cancel} />}
      </div>
      {running && <Progress label={job.title} value={progressOf(job)} />}
      <p className={styles.line}>
        <JobLine job={job} />
      </p>
      {job.error !== null && (
        <div className={styles.error}>
          <p>{errorTitle(job.error)}</p>
          <p>{errorMessage(job.error)}</p>
          <p>{errorHint(job.error)}</p>
          <ErrorDetails error={job.error} />
        </div>
      )}
      {goOn !== undefined && (
        <Button variant="quiet" onClick={goOn}>
          {t('video.exporting.goOn')}
        </Button>
      )}
      {job.kind === 'batch' && !running && job.failures.length > 0 ? (
        <Button variant="quiet" onClick={() => openDialog({ kind: 'batch-failures', jobId: job.id })}>
          {t('batch.showFailures')}
        </Button>
      ) : (
        job.failures.length > 0 && <Failures job={job} />
      )}
    </>
  );
}

function JobLine({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (job.state !== 'queued' && job.state !== 'running') return t(`frame.jobs.states.${job.state}`);
  const amount = (value: number): string => (job.unit === 'bytes' ? format.bytes(value) : format.integer(value));
  const parts = [
    job.state === 'queued' ? t('frame.jobs.states.queued') : phaseText(job),
    job.total > 0 ? t('frame.jobs.progress', { done: amount(job.done), total: amount(job.total) }) : amount(job.done),
    ...(job.perSecond === undefined ? [] : [t('frame.jobs.pace', { rate: format.pace(job.perSecond) })]),
    ...(job.secondsLeft === null ? [] : [t('frame.jobs.left', { time: format.timeLeft(job.secondsLeft) })]),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** A phase's word in the language of the window; a file's name as it is. Builds have more words. */
function phaseText({ kind, phase }: Job): string {
  if (kind === 'build' || kind === 'tune') return buildPhaseText({ phase });
  const key = `frame.jobs.phases.${phase}`;
  return phase !== '' && i18n.exists(key) ? String(i18n.t(key as 'frame.jobs.phases.downloading')) : phase;
}

function Failures({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  return (
    <details className={styles.failures}>
      <summary>{t('frame.jobs.failures', { count: job.failures.length })}</summary>
      <ul>
        {job.failures.map((failure, index) => (
          <li key={index} className={styles.failure}>
            <span className={styles.item}>{failure.item}</span>
            <span>{errorMessage(failure.error)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
