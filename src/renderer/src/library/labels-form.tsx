import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './preprocessing.module.css';

interface LabelsFormProps {
  readonly text: string;
  readonly classes: number;
  readonly valid: boolean;
  readonly onChange: (text: string) => void;
}

export function LabelsForm({ text, classes, valid, onChange }: LabelsFormProps) {
  const { t } = useTranslation();
  const hint = useId();
  return (
    <div className={styles.labels}>
      <p id={hint} className={styles.hint}>
        {valid ? t('models.labelsHint', { count: classes }) : t('models.labelsTooMany', { count: classes })}
      </p>
      <textarea
        className={styles.area}
        aria-label={t('models.labels')}
        aria-describedby={hint}
        aria-invalid={!valid}
        spellCheck={false}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}
