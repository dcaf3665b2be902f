import { ChevronRight, Ellipsis } from 'lucide-react';
import { useCallback, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../components/button';
import { ContextMenu, Menu, type MenuEntry } from '../components/menu';
import { SearchField } from '../components/search-field';
import { toHex } from '../display/class-colors';
import { useClassColors } from '../display/use-class-colors';
import { shownLabels, useLibrary } from '../state/library-store';
import { selectedSegmentation, usePictures } from '../state/pictures-store';
import { setView, toggleHidden, toggleSolo, useView } from '../state/view-store';
import { useClassMenu } from './class-menu';
import styles from './legend-panel.module.css';
import { LegendRowView } from './legend-row';
import { legendRows, type LegendRow, type LegendSort } from './legend-rows';

/** Every class of the shown masks' model with its share of the selected picture. */
export function LegendPanel() {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [sort, setSort] = useState<LegendSort>('share');
  const labels = useLibrary(shownLabels);
  const shares = usePictures((state) => selectedSegmentation(state)?.classes ?? null);
  const { present, absent } = useMemo(() => legendRows(labels, shares, search, sort), [labels, shares, search, sort]);
  const nothing = present.length + absent.length === 0;
  return (
    <div className={styles.panel}>
      <div className={styles.tools}>
        <SearchField label={t('legend.search')} value={search} onChange={setSearch} />
        <LegendMenu sort={sort} onSort={setSort} rows={[...present, ...absent]} />
      </div>
      <div className={styles.scroll}>
        <ClassList label={t('legend.present')} rows={present} />
        {absent.length > 0 && (
          <details className={styles.absent} open={search !== '' || undefined}>
            <summary className={styles.summary}>
              <ChevronRight size={14} aria-hidden className={styles.chevron} />
              {t('legend.absent', { count: absent.length })}
            </summary>
            <ClassList label={t('legend.absent', { count: absent.length })} rows={absent} />
          </details>
        )}
        {nothing && (
          <p className={styles.nothing}>
            {labels.length === 0 ? t('legend.noModel') : t('legend.noMatch', { search })}
          </p>
        )}
      </div>
      {/* Below the list: rows must not move away from under a pointer that is hiding one after the other. */}
      <ShowAll />
    </div>
  );
}

interface LegendMenuProps {
  readonly sort: LegendSort;
  readonly onSort: (sort: LegendSort) => void;
  /** What the search leaves. */
  readonly rows: readonly LegendRow[];
}

function LegendMenu({ sort, onSort, rows }: LegendMenuProps) {
  const { t } = useTranslation();
  const filtered = useView((state) => state.hidden.size > 0 || state.solo !== null);
  const picked = useView((state) => Object.keys(state.colors).length > 0);
  const sorts: readonly LegendSort[] = ['share', 'id', 'name'];
  const entries: MenuEntry[] = [
    { kind: 'heading', label: t('legend.sortBy') },
    ...sorts.map((by): MenuEntry => ({
      kind: 'item',
      id: by,
      label: t(`legend.sort.${by}`),
      checked: by === sort,
      run: () => onSort(by),
    })),
    { kind: 'separator' },
    {
      kind: 'item',
      id: 'show-all',
      label: t('legend.showAll'),
      disabled: !filtered,
      run: () => setView({ hidden: new Set(), solo: null }),
    },
    {
      kind: 'item',
      id: 'hide-all',
      label: t('legend.hideAll'),
      run: () => setView({ hidden: new Set(rows.map(({ id }) => id)), solo: null }),
    },
    {
      kind: 'item',
      id: 'reset-colors',
      label: t('legend.resetColors'),
      disabled: !picked,
      run: () => setView({ colors: {} }),
    },
  ];
  return (
    <Menu
      align="end"
      entries={entries}
      trigger={<IconButton label={t('legend.options')} icon={<Ellipsis size={16} aria-hidden />} />}
    />
  );
}

/** Says that something is left out, and puts it back. */
function ShowAll() {
  const { t } = useTranslation();
  const solo = useView((state) => state.solo);
  const hidden = useView((state) => state.hidden.size);
  if (solo === null && hidden === 0) return null;
  return (
    <p className={styles.filtered}>
      {solo === null ? t('legend.hiddenCount', { count: hidden }) : t('legend.soloOnly')}
      <button type="button" className={styles.showAll} onClick={() => setView({ hidden: new Set(), solo: null })}>
        {t('legend.showAll')}
      </button>
    </p>
  );
}

function ClassList({ label, rows }: { readonly label: string; readonly rows: readonly LegendRow[] }) {
  const colorOf = useClassColors();
  const list = useRef<HTMLUListElement>(null);
  const [menuClass, setMenuClass] = useState<number | null>(null);
  const [reached, setReached] = useState<number | null>(null);
  const entries = useClassMenu(menuClass);
  const openFor = useCallback((event: MouseEvent) => setMenuClass(classIdOf(event.target)), []);
  const most = rows.reduce((largest, { share }) => Math.max(largest, share ?? 0), 0);
  const reachable = rows.some(({ id }) => id === reached) ? reached : rows[0]?.id;
  if (rows.length === 0) return null;
  return (
    <ContextMenu entries={entries}>
      <ul
        ref={list}
        className={styles.list}
        role="listbox"
        aria-multiselectable
        aria-label={label}
        onKeyDown={onListKey}
        onFocus={(event) => setReached(classIdOf(event.target))}
        onContextMenuCapture={openFor}
      >
        {rows.map(({ id, name, share }) => (
          <LegendRowView
            key={id}
            id={id}
            name={name}
            share={share}
            color={toHex(colorOf(id))}
            bar={most === 0 ? 0 : (share ?? 0) / most}
            reachable={id === reachable}
          />
        ))}
      </ul>
    </ContextMenu>
  );
}

/** Arrows walk the list, Space shows or hides, S shows alone. */
function onListKey(event: KeyboardEvent<HTMLElement>): void {
  const row = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[data-class-id]') : null;
  const id = classIdOf(row);
  if (row === null || id === null || event.ctrlKey || event.metaKey || event.altKey) return;
  const siblings = row.parentElement?.children ?? [];
  const actions: Record<string, () => void> = {
    ArrowDown: () => focus(row.nextElementSibling),
    ArrowUp: () => focus(row.previousElementSibling),
    Home: () => focus(siblings[0] ?? null),
    End: () => focus(siblings[siblings.length - 1] ?? null),
    ' ': () => toggleHidden(id),
    s: () => toggleSolo(id),
  };
  const act = actions[event.key];
  if (act === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function focus(element: Element | null): void {
  if (element instanceof HTMLElement) element.focus();
}

function classIdOf(target: EventTarget | null): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-class-id]') : null;
  const id = row?.dataset['classId'];
  return id === undefined ? null : Number(id);
}
