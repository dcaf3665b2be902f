import { useVirtualizer } from '@tanstack/react-virtual';
import { Plus } from 'lucide-react';
import type { MouseEvent } from 'react';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { visibleOrder } from '../actions/strip-edits';
import { IconButton } from '../components/button';
import { Menu } from '../components/menu';
import { SearchField } from '../components/search-field';
import { useFormat } from '../format/use-format';
import { useOpenMenu } from '../frame/open-menu';
import { picturesStore, usePictures } from '../state/pictures-store';
import { FilmStripRow } from './film-strip-row';
import styles from './film-strip.module.css';

const rowHeight = 60;

export function FilmStrip() {
  const { t } = useTranslation();
  const format = useFormat();
  const openMenu = useOpenMenu();
  const filter = usePictures((state) => state.filter);
  const count = usePictures((state) => state.order.length);
  return (
    <nav className={styles.strip} data-region="film-strip" aria-label={t('pictures.title')}>
      <header className={styles.header}>
        <h2>{t('pictures.title')}</h2>
        <span className={styles.count}>{format.integer(count)}</span>
        <span className={styles.space} />
        <Menu
          entries={openMenu}
          align="end"
          trigger={<IconButton label={t('pictures.add')} icon={<Plus size={16} aria-hidden />} />}
        />
      </header>
      {(count > 8 || filter !== '') && (
        <div className={styles.filter}>
          <SearchField
            label={t('pictures.filter')}
            value={filter}
            onChange={(value) => picturesStore.setState({ filter: value })}
          />
        </div>
      )}
      <Rows />
    </nav>
  );
}

function Rows() {
  const { t } = useTranslation();
  const order = usePictures((state) => state.order);
  const filter = usePictures((state) => state.filter);
  const selectedId = usePictures((state) => state.selectedId);
  const scroller = useRef<HTMLDivElement>(null);
  // Names do not change, so statuses need not be watched here.
  const visible = useMemo(
    () => visibleOrder({ order, filter, items: picturesStore.getState().items }),
    [order, filter],
  );
  const virtualizer = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => visible[index] ?? index,
    overscan: 4,
  });
  const selectedIndex = selectedId === null ? -1 : visible.indexOf(selectedId);
  useEffect(() => {
    if (selectedIndex >= 0) virtualizer.scrollToIndex(selectedIndex, { align: 'auto' });
  }, [selectedIndex, virtualizer]);

  if (visible.length === 0) {
    return <p className={styles.nothing}>{order.length === 0 ? t('pictures.emptyStrip') : t('pictures.noMatch')}</p>;
  }
  return (
    <div
      ref={scroller}
      className={styles.rows}
      role="listbox"
      data-walks-pictures
      tabIndex={0}
      aria-label={t('pictures.title')}
      onContextMenu={openMenuOfSelected}
      aria-activedescendant={selectedId === null ? undefined : `picture-${selectedId}`}
    >
      <div className={styles.tall} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((row) => {
          const id = visible[row.index];
          return id === undefined ? null : (
            <FilmStripRow
              key={row.key}
              pictureId={id}
              top={row.start}
              position={row.index + 1}
              count={visible.length}
              selected={id === selectedId}
            />
          );
        })}
      </div>
    </div>
  );
}

/** The menu key is heard by the list, which has the focus; the menu belongs to the selected row. */
function openMenuOfSelected(event: MouseEvent<HTMLDivElement>): void {
  if (event.target !== event.currentTarget) return;
  const row = event.currentTarget.querySelector('[role="option"][aria-selected="true"]');
  if (row === null) return;
  event.preventDefault();
  const { left, bottom } = row.getBoundingClientRect();
  row.dispatchEvent(
    new window.MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX: left + 80, clientY: bottom - 8 }),
  );
}
