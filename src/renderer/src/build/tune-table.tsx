import { Star } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { KeptTuning, NumberedPoint } from '../../../shared/domain/tuning';
import { cx } from '../components/cx';
import { useFormat } from '../format/use-format';
import { FiguresTable } from './figures-table';
import styles from './tune-panel.module.css';
import { curveOf, judgeOf, judgesOf } from './tunings';
import { percent } from './verification-report';

interface TableProps {
  readonly tuning: KeptTuning;
  readonly selected: number | null;
  readonly onSelect: (number: number) => void;
}

const NANOSECONDS = 1e6;

/** Every choice that can be built, one of which is looked at. */
export function TuneTable({ tuning, selected, onSelect }: TableProps) {
  const { t } = useTranslation();
  const name = useId();
  const points = curveOf(tuning);
  const isTimed = points.some(({ time }) => time !== undefined);
  const isMixed = judgesOf(tuning) === 'mixed';
  return (
    <FiguresTable
      label={t('build.tuning.points')}
      columns={[
        t('build.tuning.choice'),
        t('engines.agreement'),
        t('build.tuning.gain'),
        ...(isTimed ? [t('build.tuning.time'), tuning.wide.toUpperCase()] : []),
      ]}
    >
      {points.map((point) => (
        <tr key={point.number} className={cx(point.number === selected && styles.selected)}>
          <th scope="row">
            <label className={styles.choice} title={point.blocks.join('\n')}>
              <input
                type="radio"
                name={name}
                className={styles.radio}
                checked={point.number === selected}
                onChange={() => onSelect(point.number)}
              />
              <span>
                {`#${point.number} · `}
                {point.blocks.length === 0
                  ? t('build.tuning.all')
                  : t('build.tuning.kept', { count: point.blocks.length })}
              </span>
              {point.number === tuning.chosen && (
                <span className={styles.best}>
                  <Star size={12} aria-hidden />
                  {t('build.tuning.best')}
                </span>
              )}
            </label>
          </th>
          <td className={cx(point.agreement < tuning.target && styles.below)}>
            {percent(point.agreement)}
            {isMixed && judgeOf(point) === 'onnxruntime' && <small className={styles.judge}>ONNX Runtime</small>}
          </td>
          <td>{Math.round(point.gain * 100)} %</td>
          {isTimed && <Times point={point} />}
        </tr>
      ))}
    </FiguresTable>
  );
}

function Times({ point: { time, failure } }: { readonly point: NumberedPoint }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (time === undefined) {
    return (
      <td colSpan={2} className={styles.untimed} title={failure?.message}>
        {failure === undefined ? '–' : t('build.tuning.failed', { code: failure.code })}
      </td>
    );
  }
  const ms = (value: number): string => `${format.milliseconds(value * NANOSECONDS)} ms`;
  return (
    <>
      <td className={cx(time.milliseconds >= time.float && styles.below)}>{ms(time.milliseconds)}</td>
      <td>{ms(time.float)}</td>
    </>
  );
}
