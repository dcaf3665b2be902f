import { Eye, EyeOff } from 'lucide-react';
import { memo, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useHover } from '../canvas/canvas-store';
import { cx } from '../components/cx';
import { fromHex } from '../display/class-colors';
import { setView, toggleHidden, toggleSolo, useView } from '../state/view-store';
import { formatShare } from './format-share';
import styles from './legend-row.module.css';
import { setClassColor } from './pick-color';

interface LegendRowProps {
  readonly id: number;
  readonly name: string;
  readonly share: number | null;
  /** `#rrggbb` */
  readonly color: string;
  /** Length of the bar: the share against the largest in the list, 0–1. */
  readonly bar: number;
  /** True for the one row that the Tab key reaches; arrows go on from there. */
  readonly reachable: boolean;
}

/** One class: colour, name, share, shown or not, alone or not. */
export const LegendRowView = memo(function LegendRowView({ id, name, share, color, bar, reachable }: LegendRowProps) {
  const { t, i18n } = useTranslation();
  const hidden = useView((state) => state.hidden.has(id));
  const solo = useView((state) => state.solo === id);
  const shown = useView((state) => (state.solo === null ? !state.hidden.has(id) : state.solo === id));
  const hovered = useHover((state) => state.classId === id);
  return (
    <li
      className={cx(styles.row, !shown && styles.off, hovered && styles.hovered)}
      role="option"
      aria-selected={shown}
      aria-label={share === null ? name : t('legend.rowLabel', { name, share: formatShare(share, i18n.language) })}
      data-class-id={id}
      tabIndex={reachable ? 0 : -1}
      onPointerEnter={() => setView({ emphasised: id })}
      onPointerLeave={() => setView({ emphasised: null })}
      onDoubleClick={() => toggleSolo(id)}
    >
      <ColorChip id={id} name={name} color={color} />
      <span
        className={cx(styles.name, (share === null || share === 0) && styles.wide)}
        title={t('legend.classHeading', { name, id: String(id) })}
      >
        {name}
      </span>
      {share !== null && share > 0 && (
        <>
          <span className={styles.bar} aria-hidden>
            <span style={{ width: `${Math.max(2, bar * 100)}%` }} />
          </span>
          <span className={styles.share}>{formatShare(share, i18n.language)}</span>
        </>
      )}
      <Toggles id={id} hidden={hidden} solo={solo} />
    </li>
  );
});

function ColorChip({ id, name, color }: Pick<LegendRowProps, 'id' | 'name' | 'color'>) {
  const { t } = useTranslation();
  return (
    <label className={styles.chip} style={{ backgroundColor: color }} title={t('legend.changeColor')}>
      <input
        type="color"
        className={styles.picker}
        value={color}
        tabIndex={-1}
        aria-label={t('legend.colorOf', { name })}
        data-class-color={id}
        onDoubleClick={stop}
        onChange={(event) => setClassColor(id, fromHex(event.target.value))}
      />
    </label>
  );
}

interface TogglesProps {
  readonly id: number;
  readonly hidden: boolean;
  readonly solo: boolean;
}

/** Not reached by the Tab key: on the row Space and S do the same. */
function Toggles({ id, hidden, solo }: TogglesProps) {
  const { t } = useTranslation();
  const visibility = hidden ? t('legend.show') : t('legend.hide');
  return (
    <>
      <button
        type="button"
        className={cx(styles.toggle, hidden && styles.kept)}
        tabIndex={-1}
        aria-label={visibility}
        title={visibility}
        onClick={() => toggleHidden(id)}
        onDoubleClick={stop}
      >
        {hidden ? <EyeOff size={14} aria-hidden /> : <Eye size={14} aria-hidden />}
      </button>
      <button
        type="button"
        className={cx(styles.toggle, styles.solo, solo && styles.kept)}
        tabIndex={-1}
        aria-label={t('legend.solo')}
        aria-pressed={solo}
        title={solo ? t('legend.endSolo') : t('legend.solo')}
        onClick={() => toggleSolo(id)}
        onDoubleClick={stop}
      >
        S
      </button>
    </>
  );
}

/** A double click on the row shows its class alone; on a control it is two clicks. */
function stop(event: MouseEvent): void {
  event.stopPropagation();
}
