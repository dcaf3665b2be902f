import { Box, ChevronsUpDown, CloudDownload, LibraryBig, TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { openModel } from '../actions/models';
import { runById, shortcutOf } from '../commands/registry';
import { Menu } from '../components/menu';
import type { MenuEntry } from '../components/menu';
import { activeModel, openSession, useLibrary } from '../state/library-store';
import { openDialog } from '../state/window-store';
import { needsReview } from './model-facts';
import styles from './model-picker.module.css';

/** The open model in the title bar, and the way to another one. */
export function ModelPicker() {
  const { t } = useTranslation();
  const models = useLibrary((state) => state.models);
  const active = useLibrary(activeModel);
  const precision = useLibrary((state) => openSession(state)?.precision ?? null);
  const label = [active?.name ?? t('models.none'), precision ?? ''].join(' ').trim();
  const entries: MenuEntry[] = [
    ...models.map((model): MenuEntry => ({
      kind: 'item',
      id: model.id,
      label: model.name,
      icon: needsReview(model) ? <TriangleAlert size={14} aria-hidden /> : undefined,
      checked: model.id === active?.id,
      run: () => void openModel(model.id),
    })),
    { kind: 'separator' },
    {
      kind: 'item',
      id: 'add',
      label: t('commands.openModel'),
      icon: <Box size={16} aria-hidden />,
      shortcut: shortcutOf('open-model'),
      run: () => runById('open-model'),
    },
    {
      kind: 'item',
      id: 'catalogue',
      label: t('commands.catalogue'),
      icon: <CloudDownload size={16} aria-hidden />,
      run: () => runById('catalogue'),
    },
    {
      kind: 'item',
      id: 'library',
      label: t('commands.library'),
      icon: <LibraryBig size={16} aria-hidden />,
      shortcut: shortcutOf('library'),
      run: () => openDialog({ kind: 'library', modelId: active?.id ?? null }),
    },
  ];
  return (
    <Menu
      entries={entries}
      trigger={
        <button type="button" className={styles.picker} aria-label={t('models.picker', { name: label })}>
          <span className={styles.name}>{active?.name ?? t('models.none')}</span>
          {precision !== null && ' '}
          {precision !== null && <span className={styles.precision}>{precision}</span>}
          {active !== null && needsReview(active) && <TriangleAlert size={14} aria-hidden className={styles.warning} />}
          <ChevronsUpDown size={14} aria-hidden className={styles.arrows} />
        </button>
      }
    />
  );
}
