import { useTranslation } from 'react-i18next';
import type { EngineSummary } from '../../../shared/domain/engine';
import { useBuild } from '../build/build-store';
import wizard from '../build/wizard.module.css';
import { EngineButtons } from './engine-buttons';
import { EngineFacts, EngineStateNote } from './engine-facts';
import { EngineName } from './engine-name';
import styles from './engines.module.css';
import { useEngines } from './engines-store';
import { useFigures } from './use-figures';

/** The engine whose row was chosen. */
export function EngineDetails() {
  const { t } = useTranslation();
  const shownId = useBuild((state) => state.shownEngineId);
  const engine = useEngines(({ engines }) => engines.find(({ id }) => id === shownId) ?? engines[0] ?? null);
  if (engine === null) return <p className={styles.none}>{t('engines.noneChosen')}</p>;
  return (
    <div className={styles.details}>
      <EngineName key={engine.id} engine={engine} />
      <EngineStateNote engine={engine} />
      <EngineFacts engine={engine} />
      <Measured engine={engine} />
      <EngineButtons engine={engine} without={[]} />
    </div>
  );
}

/** What was last measured, each with how. */
function Measured({ engine }: { readonly engine: EngineSummary }) {
  const { t } = useTranslation();
  const kept = useEngines((state) => state.kept.get(engine.id) ?? null);
  const figures = useFigures();
  if (kept === null) return null;
  const { latency, agreement } = figures(kept, engine);
  if (latency === null && agreement === null) return <p className={styles.soft}>{t('engines.notMeasured')}</p>;
  return (
    <dl className={wizard.facts}>
      {[latency, agreement].map((figure) => (figure === null ? null : <Row key={figure.how} {...figure} />))}
    </dl>
  );
}

function Row({ name, text, how }: { readonly name: string; readonly text: string; readonly how: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd title={how}>
        {text}
        <span className={styles.how}>{how}</span>
      </dd>
    </>
  );
}
