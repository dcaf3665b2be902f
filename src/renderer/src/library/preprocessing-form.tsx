import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Select } from '../components/select';
import type { Draft, PresetId } from './preprocessing-draft';
import { number, presetOf, presets } from './preprocessing-draft';
import styles from './preprocessing.module.css';

interface FormProps {
  readonly draft: Draft;
  readonly onChange: (change: Partial<Draft>) => void;
}

const modes: readonly Draft['mode'][] = ['stretch', 'pad', 'tile', 'native'];
const resamples: readonly Draft['resample'][] = ['bilinear', 'bicubic', 'nearest'];
const presetIds: readonly PresetId[] = ['imagenet', 'unit', 'symmetric', 'raw'];

export function PreprocessingForm({ draft, onChange }: FormProps) {
  const { t } = useTranslation();
  return (
    <div className={styles.form}>
      <Field label={t('models.sizePolicy')} hint={t(`models.policyHints.${draft.mode}`)}>
        <Select
          label={t('models.sizePolicy')}
          value={draft.mode}
          options={modes.map((mode) => ({ value: mode, label: t(`models.policies.${mode}`) }))}
          onChange={(mode) => onChange({ mode })}
        />
      </Field>
      <SizeFields draft={draft} onChange={onChange} />
      <Field label={t('models.resample')}>
        <Select
          label={t('models.resample')}
          value={draft.resample}
          options={resamples.map((resample) => ({ value: resample, label: t(`models.resamples.${resample}`) }))}
          onChange={(resample) => onChange({ resample })}
        />
      </Field>
      <Field label={t('models.channelOrder')}>
        <Select
          label={t('models.channelOrder')}
          value={draft.channelOrder}
          options={[
            { value: 'rgb', label: 'RGB' },
            { value: 'bgr', label: 'BGR' },
          ]}
          onChange={(channelOrder) => onChange({ channelOrder })}
        />
      </Field>
      <RangeFields draft={draft} onChange={onChange} />
    </div>
  );
}

function SizeFields({ draft, onChange }: FormProps) {
  const { t } = useTranslation();
  if (draft.mode === 'native') {
    return (
      <div className={styles.pair}>
        <NumberField label={t('models.maxSide')} value={draft.maxSide} onChange={(maxSide) => onChange({ maxSide })} />
        <NumberField
          label={t('models.multipleOf')}
          value={draft.multipleOf}
          onChange={(multipleOf) => onChange({ multipleOf })}
        />
      </div>
    );
  }
  return (
    <div className={styles.pair}>
      <NumberField label={t('models.width')} value={draft.width} onChange={(width) => onChange({ width })} />
      <NumberField label={t('models.height')} value={draft.height} onChange={(height) => onChange({ height })} />
      {draft.mode === 'tile' && (
        <NumberField label={t('models.overlap')} value={draft.overlap} onChange={(overlap) => onChange({ overlap })} />
      )}
    </div>
  );
}

function RangeFields({ draft, onChange }: FormProps) {
  const { t } = useTranslation();
  return (
    <>
      <Field label={t('models.range')} hint={t('models.rangeHint')}>
        <Select<PresetId | 'own'>
          label={t('models.range')}
          value={presetOf(draft) ?? 'own'}
          options={[
            ...presetIds.map((id) => ({ value: id, label: t(`models.presets.${id}`) })),
            { value: 'own' as const, label: t('models.presets.own') },
          ]}
          onChange={(id) => id !== 'own' && onChange(presets[id])}
        />
      </Field>
      <NumberField label={t('models.scale')} value={draft.scale} onChange={(scale) => onChange({ scale })} />
      <Triple label={t('models.mean')} values={draft.mean} onChange={(mean) => onChange({ mean })} />
      <Triple label={t('models.std')} values={draft.std} onChange={(std) => onChange({ std })} />
    </>
  );
}

interface TripleProps {
  readonly label: string;
  readonly values: readonly [string, string, string];
  readonly onChange: (values: readonly [string, string, string]) => void;
}

function Triple({ label, values: [a, b, c], onChange }: TripleProps) {
  return (
    <Field label={label}>
      <div className={styles.triple}>
        <Input label={`${label} 1`} value={a} onChange={(value) => onChange([value, b, c])} />
        <Input label={`${label} 2`} value={b} onChange={(value) => onChange([a, value, c])} />
        <Input label={`${label} 3`} value={c} onChange={(value) => onChange([a, b, value])} />
      </div>
    </Field>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function NumberField(props: NumberFieldProps) {
  return (
    <Field label={props.label}>
      <Input {...props} />
    </Field>
  );
}

function Input({ label, value, onChange }: NumberFieldProps) {
  const invalid = Number.isNaN(number(value));
  return (
    <input
      className={styles.input}
      aria-label={label}
      aria-invalid={invalid}
      inputMode="decimal"
      spellCheck={false}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly children: ReactNode;
}

function Field({ label, hint, children }: FieldProps) {
  return (
    <div className={styles.field}>
      <span className={styles.label}>{label}</span>
      {children}
      {hint !== undefined && <span className={styles.hint}>{hint}</span>}
    </div>
  );
}
