import { Check, CircleAlert, Cpu, Minus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../shared/domain/job';
import { cx } from '../components/cx';
import { Progress } from '../components/progress';
import { useEngines } from '../engines/engines-store';
import { isRunning, useJobs } from '../state/jobs-store';
import { progressOf } from '../status-bar/job-progress';
import { canEnter, enterStep, showEngines, showJob } from './build-actions';
import styles from './build-nav.module.css';
import { buildSteps, useBuild } from './build-store';
import { phaseText } from './phase-text';
import { useStrip } from './strip-pictures';

/** The steps, the way to all engines, and the builds of this session. */
export function BuildNav() {
  const { t } = useTranslation();
  const { view, step, draft } = useBuild((state) => state);
  // What may be entered follows from the pictures, too.
  useStrip();
  const steps = buildSteps(draft);
  const count = useEngines(({ engines }) => engines.length);
  const current = steps.indexOf(step);
  return (
    <nav className={styles.nav} data-region="film-strip" aria-label={t('build.nav')}>
      <ol>
        {steps.map((id, index) => (
          <li key={id}>
            <button
              type="button"
              className={cx(styles.entry, view === 'wizard' && id === step && styles.current)}
              aria-current={view === 'wizard' && id === step ? 'step' : undefined}
              disabled={!canEnter(id)}
              onClick={() => enterStep(id)}
            >
              <span aria-hidden className={cx(styles.number, index < current && styles.passed)}>
                {index < current ? <Check size={12} aria-hidden /> : index + 1}
              </span>
              {t(`build.steps.${id}.title`)}
            </button>
          </li>
        ))}
      </ol>
      <div className={styles.part}>
        <button
          type="button"
          className={cx(styles.entry, view === 'engines' && styles.current)}
          aria-current={view === 'engines' ? 'page' : undefined}
          onClick={showEngines}
        >
          <Cpu size={16} aria-hidden className={styles.icon} />
          <span className={styles.grow}>{t('commands.engines')}</span>
          <span className={styles.count}>{count}</span>
        </button>
      </div>
      <Builds />
    </nav>
  );
}

function Builds() {
  const { t } = useTranslation();
  const all = useJobs(({ jobs }) => jobs);
  const builds = all.filter(({ kind }) => kind === 'build' || kind === 'tune');
  if (builds.length === 0) return null;
  return (
    <section className={styles.part} aria-label={t('build.builds')}>
      <h2 className={styles.heading}>{t('build.builds')}</h2>
      <ul>
        {builds.map((job) => (
          <li key={job.id}>
            <BuildRow job={job} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const signs = { done: Check, failed: CircleAlert, cancelled: Minus };

function BuildRow({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const current = useBuild(({ view, step, jobId, tuneJobId }) => {
    if (view !== 'wizard') return false;
    return step === 'build' ? jobId === job.id : step === 'calibration' && tuneJobId === job.id;
  });
  const Sign = job.state === 'queued' || job.state === 'running' ? null : signs[job.state];
  return (
    <button type="button" className={cx(styles.build, current && styles.current)} onClick={() => showJob(job.id)}>
      <span className={styles.title}>
        {Sign !== null && <Sign size={14} aria-hidden className={cx(styles.icon, styles[job.state])} />}
        <span className={styles.name}>
          {job.kind === 'tune' ? t('build.tuning.job', { name: job.title }) : job.title}
        </span>
      </span>
      <span className={styles.line}>
        {job.state === 'queued' || job.state === 'running' ? phaseText(job) : t(`frame.jobs.states.${job.state}`)}
      </span>
      {isRunning(job) && <Progress label={job.title} value={progressOf(job)} />}
    </button>
  );
}
