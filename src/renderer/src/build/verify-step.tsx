import { FolderOpen, Images, Timer } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import type { BenchReport } from '../../../shared/domain/engine-measurement';
import type { EngineVerification } from '../../../shared/domain/verification';
import { cancelJob } from '../actions/local-jobs';
import { Button } from '../components/button';
import { Progress } from '../components/progress';
import { EngineButtons } from '../engines/engine-buttons';
import { EngineFacts, EngineStateNote } from '../engines/engine-facts';
import { loadKept, useEngines } from '../engines/engines-store';
import { useFormat } from '../format/use-format';
import { ErrorCard } from '../notices/error-card';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { isRunning, useJobs } from '../state/jobs-store';
import { usePictures } from '../state/pictures-store';
import { progressOf } from '../status-bar/job-progress';
import { studio } from '../studio-client/studio';
import { useBuild } from './build-store';
import { VerificationReport } from './verification-report';
import styles from './wizard.module.css';
import { deviceText } from '../format/device-text';

/** What was built, and whether its masks are still right. */
export function VerifyStep() {
  const { t } = useTranslation();
  const engineId = useBuild((state) => state.engineId);
  const engine = useEngines(({ engines }) => engines.find(({ id }) => id === engineId) ?? null);
  const loaded = useEngines((state) => state.loaded);
  if (engine === null) return <p className={styles.soft}>{t(loaded ? 'engines.gone' : 'common.loading')}</p>;
  return (
    <>
      <EngineStateNote engine={engine} />
      {engine.state === 'ready' ? (
        <Comparison key={engine.id} engine={engine} />
      ) : (
        <p className={styles.soft}>{t('build.verify.notHere')}</p>
      )}
      <section className={styles.group} aria-label={t('build.verify.engine')}>
        <h3 className={styles.heading}>{t('build.verify.engine')}</h3>
        <EngineFacts engine={engine} />
        <EngineButtons engine={engine} without={['verify', 'duplicate', 'remove']} />
      </section>
    </>
  );
}

function Comparison({ engine }: { readonly engine: EngineSummary }) {
  const { t } = useTranslation();
  const { order, items } = usePictures((state) => state);
  const pictures = order.filter((id) => items[id]?.entry.kind === 'image');
  const [jobId, setJobId] = useState<string | null>(null);
  const job = useJobs(({ jobs }) => jobs.find(({ id }) => id === jobId) ?? null);
  const running = job !== null && isRunning(job);
  const verification = useVerification(engine.id, job?.state === 'done');
  const start = (on: { images: string } | { pictureIds: string[] }): void => {
    studio
      .call('engines.verify', { engineId: engine.id, ...on })
      .then((started) => setJobId(started.jobId))
      .catch((error: unknown) => reportError(error));
  };
  const startOnFolder = async (): Promise<void> => {
    const images = await shell.chooseFolderToRead();
    if (images !== null) start({ images });
  };
  return (
    <section className={styles.group} aria-label={t('build.verify.title')}>
      <h3 className={styles.heading}>{t('build.verify.title')}</h3>
      <p className={styles.soft}>{t('build.verify.text')}</p>
      <div className={styles.row}>
        <Button disabled={running || pictures.length === 0} onClick={() => start({ pictureIds: pictures })}>
          <Images size={14} aria-hidden />
          {t('build.verify.onStrip', { count: pictures.length })}
        </Button>
        <Button disabled={running} onClick={() => void startOnFolder().catch(reportError)}>
          <FolderOpen size={14} aria-hidden />
          {t('build.verify.onFolder')}
        </Button>
        {running && <Button onClick={() => void cancelJob(job.id).catch(reportError)}>{t('build.cancel')}</Button>}
      </div>
      {running && <Progress label={t('build.verify.title')} value={progressOf(job)} />}
      {job?.state === 'failed' && job.error !== null && <ErrorCard error={job.error} subject={engine.modelName} />}
      <Latency engine={engine} />
      {verification !== null && !running && <VerificationReport verification={verification} engine={engine} />}
    </section>
  );
}

/** What the last comparison found; asked for anew when another has ended. */
function useVerification(engineId: string, again: boolean): EngineVerification | null {
  const [verification, setVerification] = useState<EngineVerification | null>(null);
  useEffect(() => {
    let live = true;
    studio.call('engines.verification', { engineId }).then(
      (found) => {
        if (live) setVerification(found);
        loadKept();
      },
      (error: unknown) => live && reportError(error),
    );
    return () => {
      live = false;
    };
  }, [engineId, again]);
  return verification;
}

/** A processor takes a hundred times as long for each as a GPU. */
const PROCESSOR_RUNS = 30;

function Latency({ engine }: { readonly engine: EngineSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [report, setReport] = useState<BenchReport | null>(null);
  const [busy, setBusy] = useState(false);
  const isOnProcessor = engine.runtime.family === 'onnxruntime';
  const measure = (): void => {
    setBusy(true);
    studio
      .call('engines.bench', { engineId: engine.id, options: isOnProcessor ? { iterations: PROCESSOR_RUNS } : {} })
      .then((measured) => {
        setReport(measured);
        loadKept();
      })
      .catch((error: unknown) => reportError(error))
      .finally(() => setBusy(false));
  };
  const ms = (value: number): string => `${format.milliseconds(value * 1e6)} ms`;
  return (
    <div className={styles.row}>
      <Button disabled={busy} onClick={measure}>
        <Timer size={14} aria-hidden />
        {t('build.verify.measure')}
      </Button>
      {report !== null && (
        <span
          role="status"
          title={t('build.verify.measuredHow', { count: report.iterations, device: deviceText(report.device) })}
        >
          {t('build.verify.latency', {
            median: ms(report.gpuComputeTime.median),
            p99: ms(report.gpuComputeTime.p99),
            images: format.integer(Math.round(report.imagesPerSecond)),
          })}
        </span>
      )}
    </div>
  );
}
