import { useTranslation } from 'react-i18next';
import { cx } from '../components/cx';
import { Tooltip } from '../components/tooltip';
import { useFormat } from '../format/use-format';
import styles from './compare-panel.module.css';
import { pickSide, useCompare } from './compare-store';
import { figuresOf, type Scope, type SideFigures } from './figures';
import { percentText } from './percent-text';
import { useShortNames, useSideNames } from './side-choices';

/** One row for each side; a click shows it. */
export function AgreementTable({ scope }: { readonly scope: Scope }) {
  const { t } = useTranslation();
  const names = useSideNames();
  const short = useShortNames();
  const state = useCompare((all) => all);
  const figures = figuresOf(state, scope);
  const drawn = figures.some(({ accuracy }) => accuracy !== null);
  return (
    <table className={styles.table} aria-label={t('compare.agreementTitle')}>
      <thead>
        <tr>
          <th scope="col">{t('compare.columns.side')}</th>
          <Tooltip text={t('compare.agreementHow')} side="top">
            <th scope="col" tabIndex={0}>
              {t('compare.columns.agreement')}
            </th>
          </Tooltip>
          <th scope="col">{t('compare.columns.meanIou')}</th>
          {drawn && (
            <Tooltip text={t('compare.accuracyHow')} side="top">
              <th scope="col" tabIndex={0}>
                {t('compare.columns.accuracy')}
              </th>
            </Tooltip>
          )}
          <th scope="col">{scope === 'run' ? t('compare.columns.latency') : t('compare.columns.milliseconds')}</th>
        </tr>
      </thead>
      <tbody>
        {figures.map((side, index) => (
          <SideRow
            key={index}
            index={index}
            name={names[index] ?? ''}
            short={short[index] ?? ''}
            figures={side}
            isReference={index === state.reference}
            drawn={drawn}
          />
        ))}
      </tbody>
    </table>
  );
}

interface SideRowProps {
  readonly index: number;
  readonly name: string;
  readonly short: string;
  readonly figures: SideFigures;
  readonly isReference: boolean;
  readonly drawn: boolean;
}

function SideRow({ index, name, short, figures, isReference, drawn }: SideRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const how = useLatencyNote(figures);
  const { timings, failed } = figures;
  return (
    <tr className={cx(isReference && styles.reference)}>
      <th scope="row" aria-label={name} title={name}>
        <button type="button" className={styles.side} onClick={() => pickSide(index)}>
          <span className={styles.number}>{index + 1}</span>
          <span className={styles.ellipsis}>{short}</span>
        </button>
      </th>
      {isReference ? (
        <td colSpan={2} className={styles.soft}>
          {t('compare.reference')}
        </td>
      ) : failed ? (
        <td colSpan={2} className={styles.failed}>
          {t('compare.failedSide')}
        </td>
      ) : (
        <>
          <td>{percentText(figures.agreement)}</td>
          <td>{percentText(figures.meanIou)}</td>
        </>
      )}
      {drawn && <td>{percentText(figures.accuracy)}</td>}
      <td title={how}>{timings === null ? '–' : format.milliseconds(timings.total)}</td>
    </tr>
  );
}

/** How a side's times were measured. */
export function useLatencyNote({ latency, cached }: SideFigures): string {
  const { t } = useTranslation();
  const format = useFormat();
  if (latency !== null) {
    return t('compare.latencyOfRun', { count: latency.pictures, p95: format.milliseconds(latency.p95.total) });
  }
  return cached ? `${t('compare.latencyOfPicture')} ${t('compare.cachedHow')}` : t('compare.latencyOfPicture');
}
