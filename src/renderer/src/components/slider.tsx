import { Slider as BaseSlider } from '@base-ui/react/slider';
import styles from './slider.module.css';

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onChange: (value: number) => void;
  /** The value as text, with its unit. */
  readonly format: (value: number) => string;
  readonly disabled?: boolean;
}

export function Slider({ label, value, min, max, step, onChange, format, disabled = false }: SliderProps) {
  return (
    <BaseSlider.Root
      className={styles.root}
      value={value}
      min={min}
      max={max}
      step={step}
      disabled={disabled}
      onValueChange={(next) => onChange(Array.isArray(next) ? (next[0] ?? min) : next)}
    >
      <span className={styles.label}>{label}</span>
      <BaseSlider.Control className={styles.control}>
        <BaseSlider.Track className={styles.track}>
          <BaseSlider.Indicator className={styles.indicator} />
          <BaseSlider.Thumb
            className={styles.thumb}
            aria-label={label}
            getAriaValueText={(_formatted, current) => format(current)}
          />
        </BaseSlider.Track>
      </BaseSlider.Control>
      <output className={styles.value}>{format(value)}</output>
    </BaseSlider.Root>
  );
}
