import { Copy, Eye, EyeOff, Palette, RotateCcw, ScanEye } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { MenuEntry } from '../components/menu';
import { useClassColors } from '../display/use-class-colors';
import { shownLabels, useLibrary } from '../state/library-store';
import { toggleHidden, toggleSolo, useView } from '../state/view-store';
import { pickClassColor, resetClassColor } from './pick-color';

const iconSize = 14;

/** What can be done with a class, for its context menus; nothing for null. */
export function useClassMenu(classId: number | null): MenuEntry[] {
  const { t } = useTranslation();
  const name = useLibrary((state) => shownLabels(state).find(({ id }) => id === classId)?.name ?? `#${classId}`);
  const hidden = useView((state) => classId !== null && state.hidden.has(classId));
  const solo = useView((state) => state.solo !== null && state.solo === classId);
  const picked = useView((state) => classId !== null && state.colors[classId] !== undefined);
  const colorOf = useClassColors();
  if (classId === null) return [];
  return [
    { kind: 'heading', label: t('legend.classHeading', { name, id: String(classId) }) },
    {
      kind: 'item',
      id: 'hide',
      label: hidden ? t('legend.show') : t('legend.hide'),
      icon: hidden ? <Eye size={iconSize} aria-hidden /> : <EyeOff size={iconSize} aria-hidden />,
      run: () => toggleHidden(classId),
    },
    {
      kind: 'item',
      id: 'solo',
      label: solo ? t('legend.endSolo') : t('legend.solo'),
      icon: <ScanEye size={iconSize} aria-hidden />,
      run: () => toggleSolo(classId),
    },
    {
      kind: 'item',
      id: 'color',
      label: t('legend.changeColor'),
      icon: <Palette size={iconSize} aria-hidden />,
      run: () => pickClassColor(classId, colorOf(classId)),
    },
    {
      kind: 'item',
      id: 'reset-color',
      label: t('legend.resetColor'),
      icon: <RotateCcw size={iconSize} aria-hidden />,
      disabled: !picked,
      run: () => resetClassColor(classId),
    },
    {
      kind: 'item',
      id: 'copy-name',
      label: t('legend.copyName'),
      icon: <Copy size={iconSize} aria-hidden />,
      run: () => void navigator.clipboard.writeText(name),
    },
  ];
}
