import { TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModelSummary } from '../../../shared/domain/model';
import { configureModel } from '../actions/models';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { reportError } from '../notices/notify';
import { useLibrary } from '../state/library-store';
import { closeDialog } from '../state/window-store';
import { draftOf, preprocessingOf } from './preprocessing-draft';
import { PreprocessingForm } from './preprocessing-form';
import { PreprocessingPreview } from './preprocessing-preview';
import styles from './preprocessing.module.css';

export function PreprocessingDialog({ modelId }: { readonly modelId: string }) {
  const model = useLibrary((state) => state.models.find((candidate) => candidate.id === modelId));
  return model === undefined ? null : <Editor model={model} />;
}

function Editor({ model }: { readonly model: ModelSummary }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(model.preprocessing));
  const [saving, setSaving] = useState(false);
  const preprocessing = preprocessingOf(draft);
  const save = (): void => {
    if (preprocessing === null) return;
    setSaving(true);
    configureModel({ modelId: model.id, preprocessing })
      .then(closeDialog)
      .catch((error: unknown) => reportError(error, { subject: model.name }))
      .finally(() => setSaving(false));
  };
  return (
    <Dialog
      open
      onClose={closeDialog}
      size="large"
      title={t('models.preprocessingTitle')}
      description={t('models.preprocessingText', { name: model.name })}
      footer={
        <>
          <Button onClick={() => setDraft(draftOf(model.preprocessing))}>{t('common.reset')}</Button>
          <Button variant="primary" disabled={preprocessing === null || saving} onClick={save}>
            {t('common.apply')}
          </Button>
        </>
      }
    >
      {model.preprocessingSource === 'assumed' && (
        <p className={styles.note}>
          <TriangleAlert size={14} aria-hidden />
          <span>{t('models.assumedLong')}</span>
        </p>
      )}
      <div className={styles.columns}>
        <PreprocessingForm draft={draft} onChange={(change) => setDraft((before) => ({ ...before, ...change }))} />
        <PreprocessingPreview modelId={model.id} preprocessing={preprocessing} />
      </div>
    </Dialog>
  );
}
