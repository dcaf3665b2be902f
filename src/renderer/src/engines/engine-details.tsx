import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineVerification } from '../../../shared/domain/verification';
import { useBuild } from '../build/build-store';
import { percent } from '../build/verification-report';
import { studio } from '../studio-client/studio';
import { EngineButtons } from './engine-buttons';
import { EngineFacts, EngineStateNote } from './engine-facts';
import styles from './engines.module.css';
import { useEngines } from './engines-store';

/** The engine whose row was chosen. */
export function EngineDetails() {
  const { t } = useTranslation();
  const shownId = useBuild((state) => state.shownEngineId);
  const engine = useEngines(({ engines }) => engines.find(({ id }) => id === shownId) ?? engines[0] ?? null);
  if (engine === null) return <p className={styles.none}>{t('engines.noneChosen')}</p>;
  return (
    <div className={styles.details}>
      <h2 className={styles.name}>{engine.modelName}</h2>
      <EngineStateNote engine={engine} />
      <EngineFacts engine={engine} />
      <Agreement key={engine.id} engineId={engine.id} />
      <EngineButtons engine={engine} without={[]} />
    </div>
  );
}

function Agreement({ engineId }: { readonly engineId: string }) {
  const { t } = useTranslation();
  const [verification, setVerification] = useState<EngineVerification | null>(null);
  useEffect(() => {
    let live = true;
    studio.call('engines.verification', { engineId }).then(
      (found) => live && setVerification(found),
      // The table stands without it.
      () => undefined,
    );
    return () => {
      live = false;
    };
  }, [engineId]);
  if (verification === null) return null;
  const { agreement, reference, pictures } = verification;
  return (
    <p>
      {percent(agreement.pixelAgreement)}{' '}
      {t('build.verify.agreement', { reference: `${reference.runtime} ${reference.precision}`, count: pictures })}
    </p>
  );
}
