import { TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModelSummary } from '../../../shared/domain/model';
import { configureModel } from '../actions/models';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { Tabs } from '../components/tabs';
import { reportError } from '../notices/notify';
import { useLibrary } from '../state/library-store';
import { closeDialog } from '../state/window-store';
import { labelsFrom, labelsText } from './labels-draft';
import { LabelsForm } from './labels-form';
import { needsReview } from './model-facts';
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
  const editor = useEditor(model);
  const { draft, preprocessing, text, labels } = editor;
  return (
    <Dialog
      open
      onClose={closeDialog}
      size="large"
      title={t('models.preprocessingTitle')}
      description={t('models.preprocessingText', { name: model.name })}
      footer={
        <>
          <Button onClick={editor.reset}>{t('common.reset')}</Button>
          <Button variant="primary" disabled={!editor.canSave} onClick={editor.save}>
            {t('common.apply')}
          </Button>
        </>
      }
    >
      {needsReview(model) && (
        <p className={styles.note}>
          <TriangleAlert size={14} aria-hidden />
          <span>{t('models.assumedLong')}</span>
        </p>
      )}
      <Tabs
        label={t('models.preprocessingTitle')}
        tabs={[
          {
            id: 'input',
            label: t('models.input'),
            content: (
              <div className={styles.columns}>
                <PreprocessingForm draft={draft} onChange={editor.change} />
                <PreprocessingPreview modelId={model.id} preprocessing={preprocessing} />
              </div>
            ),
          },
          {
            id: 'labels',
            label: t('models.labels'),
            content: (
              <LabelsForm text={text} classes={model.labels.length} valid={labels !== null} onChange={editor.setText} />
            ),
          },
        ]}
      />
    </Dialog>
  );
}

function useEditor(model: ModelSummary) {
  const [draft, setDraft] = useState(() => draftOf(model.preprocessing));
  const [text, setText] = useState(() => labelsText(model.labels));
  const [saving, setSaving] = useState(false);
  const preprocessing = preprocessingOf(draft);
  const labels = labelsFrom(text, model.labels);
  const save = (): void => {
    if (preprocessing === null || labels === null) return;
    setSaving(true);
    // What was not touched keeps its source.
    const renamed = text === labelsText(model.labels) ? {} : { labels };
    configureModel({ modelId: model.id, preprocessing, ...renamed })
      .then(closeDialog)
      .catch((error: unknown) => reportError(error, { subject: model.name }))
      .finally(() => setSaving(false));
  };
  return {
    draft,
    preprocessing,
    text,
    labels,
    canSave: preprocessing !== null && labels !== null && !saving,
    change: (change: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...change })),
    setText,
    reset: () => {
      setDraft(draftOf(model.preprocessing));
      setText(labelsText(model.labels));
    },
    save,
  };
}
