import { Check, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../../shared/domain/job';
import type { ModelSummary } from '../../../shared/domain/model';
import { cancelJob } from '../actions/local-jobs';
import { Button } from '../components/button';
import { Progress } from '../components/progress';
import { useFormat } from '../format/use-format';
import { runtimeName } from '../engines/engine-facts';
import { i18n } from '../i18n/i18n';
import { ErrorCard } from '../notices/error-card';
import { reportError } from '../notices/notify';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import { isRunning, useJobs } from '../state/jobs-store';
import { openDialog } from '../state/window-store';
import { progressOf } from '../status-bar/job-progress';
import { enterStep, startBuild } from './build-actions';
import { BuildLog } from './build-log';
import { useCalibrationSummary } from './calibration-step';
import { needsCalibration, shapesOf } from './build-draft';
import { setBuild, useBuild } from './build-store';
import { Fact } from './model-step';
import { phaseText } from './phase-text';
import { precisionOf, runtimeOf } from './runtime-choice';
import { shapeSummary } from './shapes-step';
import styles from './wizard.module.css';

interface BuildStepProps {
  readonly model: ModelSummary;
  readonly runtimes: LoadedRuntimes;
}

/** What will be built; then how far it is. */
export function BuildStep({ model, runtimes }: BuildStepProps) {
  const { t } = useTranslation();
  const jobId = useBuild((state) => state.jobId);
  const job = useJobs(({ jobs }) => jobs.find(({ id }) => id === jobId) ?? null);
  if (jobId === null) return <Summary model={model} runtimes={runtimes} />;
  if (job === null) return <p className={styles.soft}>{t('build.gone')}</p>;
  return <Progressing job={job} />;
}

function Summary({ model, runtimes }: BuildStepProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const library = runtimes.kind === 'library' ? runtimes.library : null;
  const runtime = library === null ? null : runtimeOf(library, draft);
  const shapes = shapesOf(draft, model);
  const fixes = [
    t(`build.fixes.forms.${draft.layerNorm}.title`),
    ...(['foldHead', 'maskOutput', 'imageInput'] as const)
      .filter((name) => draft[name])
      .map((name) => t(`build.fixes.${name}.title`)),
  ];
  const calibration = useCalibrationSummary();
  const targets = draft.targets.map((target) => `sm_${target}`).join(', ');
  return (
    <>
      {library !== null && runtime === null && <p className={styles.bad}>{t('build.runtime.notHere')}</p>}
      {runtimes.kind === 'loading' && (
        <p className={styles.soft} role="status">
          {t('build.runtime.searching')}
        </p>
      )}
      <dl className={styles.facts}>
        <Fact name={t('models.model')} value={model.name} />
        <Fact name={t('build.steps.fixes.title')} value={fixes.join(' · ')} />
        <Fact name={t('build.steps.shapes.title')} value={shapes === null ? '–' : shapeSummary(shapes)} />
        <Fact name={t('models.precision')} value={precisionOf(draft, runtime?.family ?? null).toUpperCase()} />
        {needsCalibration(draft) && <Fact name={t('build.steps.calibration.title')} value={calibration} />}
        <Fact name={t('build.runtime.title')} value={runtime === null ? '–' : runtimeName(runtime)} />
        {runtime?.family === 'tensorrt-rtx' && (
          <Fact name={t('build.runtime.targets')} value={targets === '' ? t('build.runtime.allTargets') : targets} />
        )}
      </dl>
      <p className={styles.soft}>{t('build.background')}</p>
    </>
  );
}

function Progressing({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const running = isRunning(job);
  return (
    <>
      {running && <Running job={job} />}
      {job.state === 'done' && (
        <p className={styles.good} role="status">
          <Check size={14} aria-hidden />
          <span>{t('build.done', { name: job.title })}</span>
        </p>
      )}
      {job.state === 'cancelled' && (
        <div className={styles.group} role="status">
          <p>{t('build.cancelled')}</p>
          <Again />
        </div>
      )}
      {job.state === 'failed' && job.error !== null && (
        <ErrorCard error={job.error} subject={job.title} remedies={remediesOf(job.error.code)} />
      )}
      <BuildLog lines={job.log} />
    </>
  );
}

function Running({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const format = useFormat();
  const value = progressOf(job);
  const left = job.secondsLeft === null ? '' : t('frame.jobs.left', { time: format.timeLeft(job.secondsLeft) });
  const cancel = (): void => {
    cancelJob(job.id).catch((error: unknown) => reportError(error));
  };
  return (
    <div className={styles.group}>
      <div className={styles.row}>
        <span className={styles.space}>
          {[phaseText(job), value === null ? '' : `${Math.round(value * 100)} %`, left]
            .filter((part) => part !== '')
            .join(' · ')}
        </span>
        <Button onClick={cancel}>
          <X size={14} aria-hidden />
          {t('build.cancel')}
        </Button>
      </div>
      <Progress label={job.title} value={value} />
      <p className={styles.soft}>{t('build.background')}</p>
    </div>
  );
}

function Again() {
  const { t } = useTranslation();
  return (
    <div className={styles.row}>
      <Button onClick={() => void startBuild()}>{t('build.again')}</Button>
      <Button variant="quiet" onClick={() => setBuild({ jobId: null })}>
        {t('build.summary')}
      </Button>
    </div>
  );
}

function remediesOf(code: string): { label: string; run: () => void }[] {
  const again = { label: i18n.t('build.again'), run: () => void startBuild() };
  if (/^TENSORRT_|^NO_DEVICE|^NATIVE_|^DEVICE_/.test(code)) {
    return [{ label: i18n.t('commands.runtimes'), run: () => openDialog({ kind: 'runtimes' }) }, again];
  }
  if (/^CALIBRATION_|^QUANTIZATION_/.test(code)) {
    return [{ label: i18n.t('build.steps.calibration.title'), run: () => enterStep('calibration') }, again];
  }
  if (/MEMORY|SHAPE/.test(code)) {
    return [{ label: i18n.t('build.steps.shapes.title'), run: () => enterStep('shapes') }, again];
  }
  return [again, { label: i18n.t('build.steps.fixes.title'), run: () => enterStep('fixes') }];
}
