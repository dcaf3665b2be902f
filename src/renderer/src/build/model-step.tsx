import { Box, CloudDownload, Settings2, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ModelSummary } from '../../../shared/domain/model';
import { runById, shortcutOf } from '../commands/registry';
import { Button } from '../components/button';
import { Select } from '../components/select';
import { useFormat } from '../format/use-format';
import { inputShape, needsReview, policySize } from '../library/model-facts';
import { PreprocessingPreview } from '../library/preprocessing-preview';
import { warningText } from '../notices/error-text';
import { useLibrary } from '../state/library-store';
import { openDialog } from '../state/window-store';
import { setBuild } from './build-store';
import { useChosenModel } from './wizard';
import styles from './wizard.module.css';

/** Which network, and whether what goes into it is what it was trained on. */
export function ModelStep() {
  const { t } = useTranslation();
  const models = useLibrary((state) => state.models);
  const model = useChosenModel();
  return (
    <>
      <div className={styles.row}>
        {models.length > 0 && (
          <div className={styles.picker}>
            <Select
              label={t('models.model')}
              value={model?.id ?? ''}
              options={models.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(modelId) => setBuild({ modelId, jobId: null, engineId: null })}
            />
          </div>
        )}
        <Button onClick={() => runById('open-model')}>
          <Box size={14} aria-hidden />
          {t('commands.openModel')}
        </Button>
        <Button onClick={() => runById('catalogue')}>
          <CloudDownload size={14} aria-hidden />
          {t('commands.catalogue')}
        </Button>
      </div>
      {model === null ? (
        <p>{t('models.noneText', { model: shortcutOf('open-model') ?? '' })}</p>
      ) : (
        <Chosen model={model} />
      )}
    </>
  );
}

function Chosen({ model }: { readonly model: ModelSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { preprocessing, input, output } = model;
  const facts: [string, string][] = [
    [t('models.input'), `${input.type} · ${input.layout} ${inputShape(input)}`],
    [t('models.output'), `${output.name} · ${t(`models.kinds.${output.kind}`)}`],
    [t('models.classes'), `${format.integer(model.labels.length)} · ${t(`models.sources.${model.labelsSource}`)}`],
    [t('models.inputSize'), `${policySize(preprocessing.size)} · ${t(`models.policies.${preprocessing.size.mode}`)}`],
    [t('models.preprocessingFrom'), t(`models.sources.${model.preprocessingSource}`)],
    [t('models.onnx'), `opset ${model.opset} · ${model.producer || t('common.unknown')}`],
    [t('models.size'), format.bytes(model.sizeBytes)],
  ];
  return (
    <>
      {needsReview(model) && (
        <div className={styles.note}>
          <TriangleAlert size={14} aria-hidden />
          <p className={styles.noteText}>{t('models.assumedHint')}</p>
        </div>
      )}
      {model.warnings.map((warning) => (
        <div key={warning.message} className={styles.note}>
          <TriangleAlert size={14} aria-hidden />
          <p className={styles.noteText}>{warningText(warning)}</p>
        </div>
      ))}
      <div className={styles.columns}>
        <div className={styles.group}>
          <dl className={styles.facts}>
            {facts.map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
          <div className={styles.row}>
            <Button onClick={() => openDialog({ kind: 'preprocessing', modelId: model.id })}>
              <Settings2 size={14} aria-hidden />
              {t('commands.preprocessing')}
            </Button>
          </div>
        </div>
        <PreprocessingPreview modelId={model.id} preprocessing={preprocessing} />
      </div>
    </>
  );
}

export function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
