import { useTranslation } from 'react-i18next';
import { EngineDetails } from '../engines/engine-details';
import styles from './build-aside.module.css';
import type { BuildStep } from './build-store';
import { useBuild } from './build-store';

/** Beside a step what its choices mean; beside the table of engines the one that is chosen. */
export function BuildAside() {
  const { t } = useTranslation();
  const { view, step } = useBuild((state) => state);
  return (
    <aside className={styles.aside} data-region="side-panels" aria-label={t('build.aside')}>
      {view === 'engines' ? <EngineDetails /> : <Explanation step={step} />}
    </aside>
  );
}

function Explanation({ step }: { readonly step: BuildStep }) {
  const { t } = useTranslation();
  return (
    <div className={styles.text}>
      <h2 className={styles.title}>{t(`build.steps.${step}.title`)}</h2>
      {(['first', 'second', 'third'] as const).map((part) => (
        <p key={part}>{t(`build.steps.${step}.${part}`)}</p>
      ))}
    </div>
  );
}
