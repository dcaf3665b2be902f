import { Hammer, Stethoscope, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ErrorReport } from '../../../shared/app-error';
import { toErrorReport } from '../../../shared/app-error';
import type { EngineFamily } from '../../../shared/domain/engine';
import type { Job } from '../../../shared/domain/job';
import type { ModelSummary } from '../../../shared/domain/model';
import type { KeptTuning } from '../../../shared/domain/tuning';
import { cancelJob } from '../actions/local-jobs';
import { Button } from '../components/button';
import { Progress } from '../components/progress';
import { useFormat } from '../format/use-format';
import { ErrorCard } from '../notices/error-card';
import { reasonText } from '../notices/error-text';
import { reportError } from '../notices/notify';
import { isRunning, useJobs } from '../state/jobs-store';
import { progressOf } from '../status-bar/job-progress';
import { tuneCommand } from './build-command';
import { shapesOf } from './build-draft';
import { setBuild, useBuild } from './build-store';
import { Warning } from './choice';
import { phaseText } from './phase-text';
import { precisionOf } from './runtime-choice';
import shapesStyles from './shapes-step.module.css';
import { useStripFolder } from './strip-pictures';
import { buildPoint, buildWide, startTuning } from './tune-actions';
import { TuneCurve } from './tune-curve';
import styles from './tune-panel.module.css';
import { TuneTable } from './tune-table';
import { judgesOf, tuningFor, useTunings } from './tunings';
import { useVerdict } from './tune-verdict';
import { percent } from './verification-report';
import wizard from './wizard.module.css';

interface TuneProps {
  readonly model: ModelSummary;
  readonly family: EngineFamily | null;
  /** Whether pictures are chosen: masks are compared on them. */
  readonly canStart: boolean;
}

/** Which blocks bear 8 bits: found out on request, shown as a curve of which a point can be built. */
export function TunePanel({ model, family, canStart }: TuneProps) {
  const { t } = useTranslation();
  const draft = useBuild((state) => state.draft);
  const jobId = useBuild((state) => state.tuneJobId);
  const job = useJobs(({ jobs }) => jobs.find(({ id }) => id === jobId) ?? null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const running = job !== null && isRunning(job);
  const { kinds } = draft.calibration;
  const sought = { precision: precisionOf(draft, family), family, shapes: shapesOf(draft, model), kinds };
  const tuning = tuningFor(useTunings(model.id), sought);
  // What was found goes with what was asked for then.
  const target = typed ?? percentText(tuning?.target ?? DEFAULT_TARGET);
  const share = shareOf(target);
  const start = (): void => {
    if (share === null) return;
    setError(null);
    startTuning(share)
      .then((started) => setBuild({ tuneJobId: started }))
      .catch((problem: unknown) => setError(toErrorReport(problem)));
  };
  const failure = error ?? (job?.state === 'failed' ? job.error : null);
  return (
    <section className={wizard.group} aria-label={t('build.tuning.title')}>
      <h3 className={wizard.heading}>{t('build.tuning.title')}</h3>
      <p className={wizard.soft}>{t('build.tuning.text')}</p>
      <div className={wizard.row}>
        <label className={styles.target}>
          <span>{t('build.tuning.target')}</span>
          <input
            className={shapesStyles.input}
            inputMode="decimal"
            aria-invalid={share === null}
            value={target}
            onChange={(event) => setTyped(event.target.value)}
          />
          <span>%</span>
        </label>
        <Button disabled={running || !canStart || share === null} focusableWhenDisabled onClick={start}>
          <Stethoscope size={14} aria-hidden />
          {t(tuning !== null && !tuning.isFinished ? 'build.tuning.goOn' : 'build.tuning.start')}
        </Button>
      </div>
      {share === null && (
        <p role="alert">
          <Warning>{t('build.tuning.wrongTarget')}</Warning>
        </p>
      )}
      {!canStart && kinds?.length !== 0 && <p className={wizard.soft}>{t('build.tuning.needsPictures')}</p>}
      <Command modelId={model.id} target={share} />
      {running && <Running job={job} />}
      {failure !== null && <ErrorCard error={failure} subject={model.name} />}
      {tuning !== null && tuning.points.length > 0 && <Found key={tuning.key} tuning={tuning} modelId={model.id} />}
    </section>
  );
}

function Command({ modelId, target }: { readonly modelId: string; readonly target: number | null }) {
  const draft = useBuild((state) => state.draft);
  const command = tuneCommand(modelId, draft, useStripFolder(), target);
  return command === null ? null : <code className={styles.command}>{command}</code>;
}

function Running({ job }: { readonly job: Job }) {
  const { t } = useTranslation();
  const format = useFormat();
  const value = progressOf(job);
  const left = job.secondsLeft === null ? '' : t('frame.jobs.left', { time: format.timeLeft(job.secondsLeft) });
  const parts = [phaseText(job), value === null ? '' : `${Math.round(value * 100)} %`, left];
  return (
    <div className={wizard.group} role="group" aria-label={t('build.phases.tune')}>
      <div className={wizard.row}>
        <span className={wizard.space}>{parts.filter((part) => part !== '').join(' · ')}</span>
        <Button onClick={() => void cancelJob(job.id).catch(reportError)}>
          <X size={14} aria-hidden />
          {t('build.cancel')}
        </Button>
      </div>
      <Progress label={job.title} value={value} />
      <p className={wizard.soft}>{t('build.tuning.background')}</p>
    </div>
  );
}

function Found({ tuning, modelId }: { readonly tuning: KeptTuning; readonly modelId: string }) {
  const { t } = useTranslation();
  const [picked, setPicked] = useState<number | null>(null);
  const verdict = useVerdict();
  const selected = picked ?? tuning.chosen;
  const point = tuning.points.find(({ number }) => number === selected) ?? null;
  const { wide, use, timedOn, compared, overflows } = tuning;
  const isWide = tuning.isFinished && use === wide;
  // Before the end another point may be better.
  const text = tuning.isFinished ? verdict(tuning) : null;
  return (
    <>
      {text !== null && (isWide ? <Warning>{text}</Warning> : <p>{text}</p>)}
      <TuneCurve tuning={tuning} selected={selected} onSelect={setPicked} />
      <TuneTable tuning={tuning} selected={selected} onSelect={setPicked} />
      <p className={styles.how}>
        <span>{t('build.tuning.compared', { count: compared })}</span>
        <span>{t(`build.tuning.judged.${judgesOf(tuning)}`)}</span>
        <span>{timedOn === null ? t('build.tuning.estimated') : t('build.tuning.timedOn', { device: timedOn })}</span>
        {tuning.wideAgreement !== null && wide === 'fp16' && (
          <span>{t('build.tuning.wideAgreement', { wide: 'FP16', agreement: percent(tuning.wideAgreement) })}</span>
        )}
        {tuning.ranking.some(({ isEstimated }) => isEstimated) && <span>{t('build.tuning.rankEstimated')}</span>}
        {!tuning.isFinished && <span>{t(tuning.isCut ? 'build.tuning.cut' : 'build.tuning.unfinished')}</span>}
      </p>
      {overflows.length > 0 && (
        <details className={styles.overflows}>
          <summary>{t('build.tuning.overflows', { count: overflows.length })}</summary>
          <ul>
            {overflows.map(({ node, ...why }) => (
              <li key={node}>{`${node}: ${reasonText(why)}`}</li>
            ))}
          </ul>
        </details>
      )}
      <div className={wizard.row}>
        {point !== null && (
          <Button variant={isWide ? 'plain' : 'primary'} onClick={() => buildPoint(tuning, point, modelId)}>
            <Hammer size={14} aria-hidden />
            {t('build.tuning.build', { number: String(point.number) })}
          </Button>
        )}
        {isWide && (
          <Button variant="primary" onClick={() => buildWide(tuning, modelId)}>
            <Hammer size={14} aria-hidden />
            {t('build.tuning.buildWide', { wide: wide.toUpperCase() })}
          </Button>
        )}
      </div>
    </>
  );
}

const DEFAULT_TARGET = 0.99;
const MOST_PERCENT = 100;

function percentText(share: number): string {
  return String(Number((share * MOST_PERCENT).toFixed(4)));
}

/** A percentage as a share above 0 and up to 1; null for what is none. */
function shareOf(text: string): number | null {
  const value = /^\s*\d+([.,]\d+)?\s*$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN;
  return value > 0 && value <= MOST_PERCENT ? value / MOST_PERCENT : null;
}
