import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import styles from './segmented.module.css';

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}

/** Two or three choices of which one always holds. */
export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>) {
  return (
    <div className={styles.root}>
      <span className={styles.label}>{label}</span>
      <ToggleGroup
        className={styles.group}
        aria-label={label}
        value={[value]}
        onValueChange={(next) => {
          const chosen = options.find((option) => option.value === next[0]);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <Toggle key={option.value} value={option.value} className={styles.option}>
            {option.label}
          </Toggle>
        ))}
      </ToggleGroup>
    </div>
  );
}
