import type { ReactNode } from 'react';
import { TriangleAlert } from 'lucide-react';
import { useId } from 'react';
import { cx } from '../components/cx';
import styles from './choice.module.css';

export interface Choice<T extends string> {
  readonly value: T;
  readonly title: string;
  readonly text: string;
  /** What to know about it on this machine. */
  readonly note?: string | null;
  readonly warning?: string | null;
  /** Measured values, each with how it was measured. */
  readonly figures?: readonly Figure[];
}

export interface Figure {
  readonly text: string;
  readonly how: string;
}

interface ChoicesProps<T extends string> {
  readonly label: string;
  /** One that is not offered leaves all of them unchosen. */
  readonly value: string;
  readonly choices: readonly Choice<T>[];
  readonly onChange: (value: T) => void;
}

/** A few choices that need a sentence each, of which one always holds. */
export function Choices<T extends string>({ label, value, choices, onChange }: ChoicesProps<T>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={styles.choices}>
      {choices.map((choice) => (
        <label key={choice.value} className={cx(styles.choice, choice.value === value && styles.chosen)}>
          <input
            type="radio"
            name={name}
            className={styles.radio}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span className={styles.text}>
            <strong className={styles.title}>{choice.title}</strong>
            <span className={styles.soft}>{choice.text}</span>
            {choice.note != null && <span className={styles.soft}>{choice.note}</span>}
            {choice.warning != null && <Warning>{choice.warning}</Warning>}
            {choice.figures !== undefined && choice.figures.length > 0 && <Figures figures={choice.figures} />}
          </span>
        </label>
      ))}
    </div>
  );
}

function Figures({ figures }: { readonly figures: readonly Figure[] }) {
  return (
    <span className={styles.figures}>
      {figures.map(({ text, how }) => (
        <span key={text} className={styles.figure} title={how}>
          {text}
        </span>
      ))}
    </span>
  );
}

interface OptionProps {
  readonly title: string;
  readonly text: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly warning?: string | null;
  /** A few words beside the title. */
  readonly note?: string | null;
  readonly disabled?: boolean;
}

/** Something that can be left out, with a sentence on what it does. */
export function Option({ title, text, checked, onChange, warning = null, note = null, disabled = false }: OptionProps) {
  return (
    <label className={styles.option}>
      <input
        type="checkbox"
        className={styles.radio}
        disabled={disabled}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className={styles.text}>
        <span>
          <strong className={styles.title}>{title}</strong>{' '}
          {note !== null && <span className={styles.beside}>{note}</span>}
        </span>
        <span className={styles.soft}>{text}</span>
        {warning !== null && <Warning>{warning}</Warning>}
      </span>
    </label>
  );
}

export function Warning({ children }: { readonly children: ReactNode }) {
  return (
    <span className={styles.warning}>
      <TriangleAlert size={14} aria-hidden />
      <span>{children}</span>
    </span>
  );
}
