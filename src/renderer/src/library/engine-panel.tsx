import { Settings2, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../components/button';
import { useFormat } from '../format/use-format';
import { activeModel, openSession, useLibrary } from '../state/library-store';
import { openDialog } from '../state/window-store';
import styles from './engine-panel.module.css';
import { needsReview, policySize } from './model-facts';
import { deviceText } from '../format/device-text';

/** What runs, where, and what it makes of a picture before it sees it. */
export function EnginePanel() {
  const { t } = useTranslation();
  const format = useFormat();
  const model = useLibrary(activeModel);
  const session = useLibrary(openSession);
  if (model === null) return <p className={styles.none}>{t('models.none')}</p>;
  return (
    <div className={styles.panel}>
      <dl className={styles.facts}>
        <Fact name={t('models.model')} value={model.name} />
        <Fact name={t('models.precision')} value={session?.precision ?? '…'} />
        <Fact name={t('models.device')} value={session === null ? '…' : deviceText(session.device)} />
        <Fact
          name={t('models.inputSize')}
          value={`${policySize(model.preprocessing.size)} · ${t(`models.policies.${model.preprocessing.size.mode}`)}`}
        />
        <Fact name={t('models.classes')} value={format.integer(model.labels.length)} />
        {session !== null && <Fact name={t('models.openedIn')} value={`${format.milliseconds(session.openedIn)} ms`} />}
      </dl>
      {needsReview(model) && (
        <p className={styles.warning}>
          <TriangleAlert size={14} aria-hidden />
          <span>{t('models.assumedHint')}</span>
        </p>
      )}
      <Button variant="quiet" onClick={() => openDialog({ kind: 'preprocessing', modelId: model.id })}>
        <Settings2 size={14} aria-hidden />
        {t('commands.preprocessing')}
      </Button>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt className={styles.factName}>{name}</dt>
      <dd className={styles.factValue} title={value}>
        {value}
      </dd>
    </>
  );
}
