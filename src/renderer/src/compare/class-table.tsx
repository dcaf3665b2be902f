import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { cx } from '../components/cx';
import { SearchField } from '../components/search-field';
import { useHover } from '../canvas/canvas-store';
import { toHex } from '../display/class-colors';
import { useFormat } from '../format/use-format';
import { setView, toggleSolo, useView } from '../state/view-store';
import styles from './compare-panel.module.css';
import { useCompare } from './compare-store';
import { classRows, figuresOf, type ClassRow, type Scope } from './figures';
import { percentText } from './percent-text';
import { useSideNames } from './side-choices';
import { useCompareColors } from './use-class-name';

/** Per-class IoU against the reference, the least first. A click shows a class alone, on all sides. */
export function ClassTable({ scope }: { readonly scope: Scope }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const names = useSideNames();
  const state = useCompare((all) => all);
  const rows = useMemo(() => classRows(figuresOf(state, scope), search), [state, scope, search]);
  const shown = names.map((_, side) => side).filter((side) => side !== state.reference);
  return (
    <>
      <div className={styles.search}>
        <SearchField label={t('compare.findClass')} value={search} onChange={setSearch} />
      </div>
      <div className={styles.scroll}>
        <table className={styles.table} aria-label={t('compare.classesTitle')}>
          <thead>
            <tr>
              <th scope="col" title={t('compare.classesHow')}>
                {t('compare.columns.class')}
              </th>
              {shown.map((side) => (
                <th key={side} scope="col" title={names[side]}>
                  <span className={styles.number}>{side + 1}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.id} row={row} sides={shown} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ row: { id, name, figures }, sides }: { readonly row: ClassRow; readonly sides: readonly number[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colorOf = useCompareColors();
  const solo = useView((state) => state.solo === id);
  const hovered = useHover((state) => state.classId === id);
  return (
    <tr
      className={cx(styles.class, (solo || hovered) && styles.chosen)}
      onPointerEnter={() => setView({ emphasised: id })}
      onPointerLeave={() => setView({ emphasised: null })}
    >
      <th scope="row" aria-label={name}>
        <button type="button" className={styles.side} aria-pressed={solo} onClick={() => toggleSolo(id)}>
          <span className={styles.swatch} style={{ backgroundColor: toHex(colorOf(id)) }} />
          <span className={styles.ellipsis} title={name}>
            {name}
          </span>
        </button>
      </th>
      {sides.map((side) => {
        const figure = figures[side];
        return (
          <td
            key={side}
            title={
              figure == null
                ? undefined
                : t('compare.pixelsOf', {
                    name,
                    pixels: format.integer(figure.pixels),
                    reference: format.integer(figure.referencePixels),
                  })
            }
          >
            {percentText(figure?.iou ?? null)}
          </td>
        );
      })}
    </tr>
  );
}
