import { Box, CloudDownload, Plus, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModelSummary } from '../../../shared/domain/model';
import { runById } from '../commands/registry';
import { Button } from '../components/button';
import { cx } from '../components/cx';
import { Dialog } from '../components/dialog';
import { useFormat } from '../format/use-format';
import { activeModel, useLibrary } from '../state/library-store';
import { closeDialog, openDialog } from '../state/window-store';
import styles from './library-dialog.module.css';
import { ModelDetails } from './model-details';
import { needsReview } from './model-facts';

/** All models on the left, the chosen one on the right. */
export function LibraryDialog({ modelId }: { readonly modelId: string | null }) {
  const { t } = useTranslation();
  const models = useLibrary((state) => state.models);
  const active = useLibrary(activeModel);
  const [chosenId, choose] = useState(modelId ?? active?.id ?? null);
  const chosen = models.find((model) => model.id === chosenId) ?? models[0];
  return (
    <Dialog
      open
      onClose={closeDialog}
      title={t('models.library')}
      size="large"
      flush
      footer={
        <>
          <Button onClick={() => openDialog({ kind: 'catalogue' })}>
            <CloudDownload size={16} aria-hidden />
            {t('commands.catalogue')}
          </Button>
          <Button onClick={() => runById('open-model')}>
            <Plus size={16} aria-hidden />
            {t('commands.openModel')}
          </Button>
        </>
      }
    >
      <div className={styles.library}>
        <ModelList models={models} chosenId={chosen?.id ?? null} activeId={active?.id ?? null} onChoose={choose} />
        {chosen === undefined ? (
          <p className={styles.nothing}>{t('models.noneText', { model: '' })}</p>
        ) : (
          <ModelDetails key={chosen.id} model={chosen} isOpen={chosen.id === active?.id} />
        )}
      </div>
    </Dialog>
  );
}

interface ModelListProps {
  readonly models: readonly ModelSummary[];
  readonly chosenId: string | null;
  readonly activeId: string | null;
  readonly onChoose: (modelId: string) => void;
}

function ModelList({ models, chosenId, activeId, onChoose }: ModelListProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul className={styles.list} aria-label={t('models.library')}>
      {models.map((model) => (
        <li key={model.id}>
          <button
            type="button"
            className={cx(styles.entry, model.id === chosenId && styles.chosen)}
            aria-current={model.id === chosenId}
            onClick={() => onChoose(model.id)}
          >
            <Box size={16} aria-hidden className={styles.icon} />
            <span className={styles.text}>
              <span className={styles.name}>{model.name}</span>
              <span className={styles.line}>
                {t('models.classCount', { count: model.labels.length })} · {format.bytes(model.sizeBytes)}
              </span>
            </span>
            {needsReview(model) && (
              <TriangleAlert size={14} className={styles.warning} aria-label={t('models.assumedHint')} />
            )}
            {model.id === activeId && <span className={styles.open}>{t('models.isOpen')}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
