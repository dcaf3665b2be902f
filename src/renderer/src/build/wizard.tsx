import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModelSummary } from '../../../shared/domain/model';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import { useLibrary } from '../state/library-store';
import { BuildStep } from './build-step';
import { buildSteps, useBuild } from './build-store';
import { CalibrationStep } from './calibration-step';
import { CommandLine } from './command-line';
import { FixesStep } from './fixes-step';
import { ModelStep } from './model-step';
import { PrecisionStep } from './precision-step';
import { ShapesStep } from './shapes-step';
import { useBuildRuntimes } from './use-build-runtimes';
import { VerifyStep } from './verify-step';
import { WizardFooter } from './wizard-footer';
import styles from './wizard.module.css';

/** One step at a time, with what does the same in the terminal, and the way on and back. */
export function Wizard() {
  const { t } = useTranslation();
  const { step, draft } = useBuild((state) => state);
  const steps = buildSteps(draft);
  const runtimes = useBuildRuntimes();
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (body.current !== null) body.current.scrollTop = 0;
  }, [step]);
  return (
    <section className={styles.screen} data-own-keys aria-label={t('build.wizard')}>
      <header className={styles.header}>
        <p className={styles.count}>
          {t('build.stepOf', { step: String(steps.indexOf(step) + 1), total: String(steps.length) })}
        </p>
        <h2 className={styles.title}>{t(`build.steps.${step}.title`)}</h2>
        <p className={styles.lead}>{t(`build.steps.${step}.lead`)}</p>
      </header>
      <div className={styles.body} ref={body} tabIndex={-1}>
        <div className={styles.content}>
          <Step runtimes={runtimes} />
        </div>
      </div>
      <CommandLine />
      <WizardFooter runtimes={runtimes} />
    </section>
  );
}

function Step({ runtimes }: { readonly runtimes: LoadedRuntimes }) {
  const step = useBuild((state) => state.step);
  const model = useChosenModel();
  if (step === 'verify') return <VerifyStep />;
  if (step === 'model' || model === null) return <ModelStep />;
  switch (step) {
    case 'fixes':
      return <FixesStep model={model} runtimes={runtimes} />;
    case 'shapes':
      return <ShapesStep model={model} runtimes={runtimes} />;
    case 'precision':
      return <PrecisionStep model={model} runtimes={runtimes} />;
    case 'calibration':
      return <CalibrationStep model={model} runtimes={runtimes} />;
    case 'build':
      return <BuildStep model={model} runtimes={runtimes} />;
  }
}

export function useChosenModel(): ModelSummary | null {
  const modelId = useBuild((state) => state.modelId);
  return useLibrary((state) => state.models.find(({ id }) => id === modelId) ?? null);
}
