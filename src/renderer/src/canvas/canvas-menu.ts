import { useTranslation } from 'react-i18next';
import type { MenuEntry } from '../components/menu';
import { useClassMenu } from '../legend/class-menu';
import { openDialog } from '../state/window-store';
import { usePictures } from '../state/pictures-store';
import { useView } from '../state/view-store';

/** What can be done with the picture, and with the class that was under the pointer. */
export function useCanvasMenu(classId: number | null): MenuEntry[] {
  const { t } = useTranslation();
  const controls = useView((state) => state.canvas);
  const selectedId = usePictures((state) => state.selectedId);
  const classEntries = useClassMenu(classId);
  const disabled = controls === null || selectedId === null;
  return [
    ...classEntries,
    ...(classEntries.length > 0 ? [{ kind: 'separator' } as const] : []),
    { kind: 'item', id: 'fit', label: t('canvas.fit'), shortcut: 'F', disabled, run: () => controls?.fit() },
    { kind: 'item', id: 'actual-size', label: t('canvas.actualSize'), disabled, run: () => controls?.actualSize() },
    { kind: 'item', id: 'copy-view', label: t('canvas.copyView'), disabled, run: () => void controls?.copyView() },
    {
      kind: 'item',
      id: 'export',
      label: t('canvas.export'),
      disabled,
      run: () => selectedId !== null && openDialog({ kind: 'export', pictureIds: [selectedId] }),
    },
  ];
}
