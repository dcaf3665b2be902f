import { FolderSearch, Settings2, Trash2, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ModelSummary } from '../../../shared/domain/model';
import { openModel, removeModel } from '../actions/models';
import { Button } from '../components/button';
import { useFormat } from '../format/use-format';
import { warningText } from '../notices/error-text';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { openDialog } from '../state/window-store';
import styles from './library-dialog.module.css';
import { LicenceText } from './licence-text';
import { inputShape, policySize } from './model-facts';

interface ModelDetailsProps {
  readonly model: ModelSummary;
  readonly isOpen: boolean;
}

export function ModelDetails({ model, isOpen }: ModelDetailsProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.details}>
      <h3 className={styles.title}>{model.name}</h3>
      <p className={styles.path}>{model.bundled ? t('models.bundled') : model.path}</p>
      <div className={styles.actions}>
        <Button variant="primary" disabled={isOpen} onClick={() => void openModel(model.id)}>
          {isOpen ? t('models.isOpen') : t('models.open')}
        </Button>
        <Button onClick={() => openDialog({ kind: 'preprocessing', modelId: model.id })}>
          <Settings2 size={14} aria-hidden />
          {t('commands.preprocessing')}
        </Button>
        {shell.hasFolders && (
          <Button onClick={() => void shell.reveal(model.path).catch((error: unknown) => reportError(error))}>
            <FolderSearch size={14} aria-hidden />
            {t('pictures.reveal')}
          </Button>
        )}
        {!model.bundled && (
          <Button onClick={() => removeModel(model)}>
            <Trash2 size={14} aria-hidden />
            {t('common.remove')}
          </Button>
        )}
      </div>
      {model.warnings.map((warning) => (
        <p key={warning.message} className={styles.note}>
          <TriangleAlert size={14} aria-hidden />
          <span>{warningText(warning)}</span>
        </p>
      ))}
      <ModelFacts model={model} />
      {model.licence !== undefined && (
        <>
          <h3 className={styles.heading}>{t('models.licence')}</h3>
          <LicenceText licence={model.licence} />
        </>
      )}
      <h3 className={styles.heading}>{t('models.classCount', { count: model.labels.length })}</h3>
      <ul className={styles.labels}>
        {model.labels.map((label) => (
          <li key={label.id} className={styles.label}>
            <i className={styles.swatch} style={{ backgroundColor: `rgb(${label.color.join(' ')})` }} />
            <span title={label.name}>
              {label.id} {label.name}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ModelFacts({ model }: { readonly model: ModelSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { input, output, preprocessing } = model;
  const facts: [string, string][] = [
    [t('models.input'), `${input.name} · ${input.type} · ${input.layout} ${inputShape(input)}`],
    [
      t('models.output'),
      [output.name, t(`models.kinds.${output.kind}`), output.layout ?? ''].filter((part) => part !== '').join(' · '),
    ],
    [t('models.inputSize'), `${policySize(preprocessing.size)} · ${t(`models.policies.${preprocessing.size.mode}`)}`],
    [t('models.colour'), `${preprocessing.channelOrder.toUpperCase()} · ${preprocessing.mean.join(', ')}`],
    [t('models.preprocessingFrom'), t(`models.sources.${model.preprocessingSource}`)],
    [t('models.labelsFrom'), t(`models.sources.${model.labelsSource}`)],
    [t('models.onnx'), `opset ${model.opset} · IR ${model.irVersion} · ${model.producer || t('common.unknown')}`],
    [t('models.size'), format.bytes(model.sizeBytes)],
  ];
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <FactRow key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function FactRow({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
