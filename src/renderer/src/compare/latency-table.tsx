import { useTranslation } from 'react-i18next';
import type { Timings } from '../../../shared/domain/mask';
import { cx } from '../components/cx';
import { useFormat } from '../format/use-format';
import { useLatencyNote } from './agreement-table';
import styles from './compare-panel.module.css';
import { useCompare } from './compare-store';
import { figuresOf, type Scope, type SideFigures } from './figures';
import { useSideNames } from './side-choices';

const stages = [
  'decode',
  'preprocess',
  'transferIn',
  'infer',
  'postprocess',
  'transferOut',
  'total',
] as const satisfies readonly (keyof Timings)[];

/** Milliseconds by stage and side. Stages that no side has are left out. */
export function LatencyTable({ scope }: { readonly scope: Scope }) {
  const { t } = useTranslation();
  const names = useSideNames();
  const state = useCompare((all) => all);
  const figures = figuresOf(state, scope);
  const shown = stages.filter((stage) => figures.some(({ timings }) => (timings?.[stage] ?? 0) > 0));
  return (
    <table className={styles.table} aria-label={t('compare.latencyTitle')}>
      <thead>
        <tr>
          <th scope="col">{t('compare.columns.stage')}</th>
          {names.map((name, side) => (
            <th key={side} scope="col" title={name}>
              <span className={styles.number}>{side + 1}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {shown.map((stage) => (
          <tr key={stage} className={cx(stage === 'total' && styles.total)}>
            <th scope="row">{t(`compare.stages.${stage}`)}</th>
            {figures.map((side, index) => (
              <Cell key={index} figures={side} stage={stage} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ figures, stage }: { readonly figures: SideFigures; readonly stage: keyof Timings }) {
  const format = useFormat();
  const how = useLatencyNote(figures);
  const { timings } = figures;
  return <td title={how}>{timings === null ? '–' : format.milliseconds(timings[stage])}</td>;
}
