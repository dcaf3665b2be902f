import { ArrowLeft, ArrowRight, Check, FileDown, FileUp, Hammer, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { attempt, keepEngine, removeEngine, tuneEngine } from '../engines/engine-actions';
import { useEngines } from '../engines/engines-store';
import type { LoadedRuntimes } from '../runtimes/use-runtimes';
import { anotherBuild, nextStep, openRecipeFile, saveRecipe, startBuild } from './build-actions';
import { orderOf, roughOrderOf } from './build-draft';
import { useBuild } from './build-store';
import { runtimeOf } from './runtime-choice';
import { useStrip } from './strip-pictures';
import styles from './wizard.module.css';

export function WizardFooter({ runtimes }: { readonly runtimes: LoadedRuntimes }) {
  const { t } = useTranslation();
  const { step, modelId, draft } = useBuild((state) => state);
  const library = runtimes.kind === 'library' ? runtimes.library : null;
  const strip = useStrip();
  const whole = orderOf(draft, strip) !== null;
  const canBuild = library !== null && runtimeOf(library, draft) !== null && whole;
  const canGoOn =
    step === 'model'
      ? modelId !== null
      : step === 'fixes' || (step === 'calibration' ? whole : roughOrderOf(draft) !== null);
  return (
    <footer className={styles.footer}>
      {step !== 'model' && (
        <Button onClick={() => nextStep(-1)}>
          <ArrowLeft size={14} aria-hidden />
          {t('build.back')}
        </Button>
      )}
      {step === 'model' && (
        <Button onClick={() => void openRecipeFile()}>
          <FileUp size={14} aria-hidden />
          {t('commands.openRecipe')}
        </Button>
      )}
      <span className={styles.space} />
      {(step === 'precision' || step === 'calibration' || step === 'build') && canBuild && (
        <Button onClick={() => void saveRecipe()}>
          <FileDown size={14} aria-hidden />
          {t('build.saveRecipe')}
        </Button>
      )}
      {step === 'build' ? (
        <BuildButtons canBuild={canBuild} />
      ) : step === 'verify' ? (
        <Verdict />
      ) : (
        <Button variant="primary" disabled={!canGoOn} focusableWhenDisabled onClick={() => nextStep(1)}>
          {t('build.next')}
          <ArrowRight size={14} aria-hidden />
        </Button>
      )}
    </footer>
  );
}

function BuildButtons({ canBuild }: { readonly canBuild: boolean }) {
  const { t } = useTranslation();
  const { jobId, engineId } = useBuild((state) => state);
  const [starting, setStarting] = useState(false);
  const start = (): void => {
    setStarting(true);
    void startBuild().finally(() => setStarting(false));
  };
  if (jobId === null) {
    return (
      <Button variant="primary" disabled={!canBuild || starting} focusableWhenDisabled onClick={start}>
        <Hammer size={14} aria-hidden />
        {t('build.start')}
      </Button>
    );
  }
  return (
    <>
      <AnotherButton />
      {engineId !== null && (
        <Button variant="primary" onClick={() => nextStep(1)}>
          {t('build.steps.verify.title')}
          <ArrowRight size={14} aria-hidden />
        </Button>
      )}
    </>
  );
}

/** What becomes of the engine: it is in the library already, and can be taken out of it again. */
function Verdict() {
  const { t } = useTranslation();
  const engineId = useBuild((state) => state.engineId);
  const engine = useEngines(({ engines }) => engines.find(({ id }) => id === engineId) ?? null);
  if (engine === null) return <AnotherButton />;
  return (
    <>
      <Button variant="danger" onClick={() => attempt(removeEngine(engine))}>
        {t('build.verify.discard')}
      </Button>
      <Button onClick={() => attempt(tuneEngine(engine))}>{t('build.verify.tune')}</Button>
      <Button variant="primary" onClick={() => keepEngine(engine)}>
        <Check size={14} aria-hidden />
        {t('build.verify.keep')}
      </Button>
    </>
  );
}

function AnotherButton() {
  const { t } = useTranslation();
  return (
    <Button onClick={anotherBuild}>
      <Plus size={14} aria-hidden />
      {t('build.another')}
    </Button>
  );
}
