import { Box, Camera, Clapperboard, CloudDownload, FolderCog, FolderOpen, Image, Images } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { openPaths } from '../actions/open-files';
import { baseName } from '../actions/picture-kinds';
import { runById, shortcutOf } from '../commands/registry';
import type { MenuEntry } from '../components/menu';
import { usePreferences } from '../state/preferences-store';

const recentShown = 8;

export function useOpenMenu(): MenuEntry[] {
  const { t } = useTranslation();
  const recent = usePreferences((state) => state.recentFiles);
  const item = (id: string, label: string, icon: ReactNode): MenuEntry => ({
    kind: 'item',
    id,
    label,
    icon,
    shortcut: shortcutOf(id),
    run: () => runById(id),
  });
  return [
    item('open-pictures', t('commands.openPictures'), <Image size={16} aria-hidden />),
    item('open-folder', t('commands.openFolder'), <FolderOpen size={16} aria-hidden />),
    item('segment-folder', t('commands.segmentFolder'), <FolderCog size={16} aria-hidden />),
    item('show-samples', t('commands.showSamples'), <Images size={16} aria-hidden />),
    item('sample-video', t('commands.sampleVideo'), <Clapperboard size={16} aria-hidden />),
    item('open-camera', t('commands.openCamera'), <Camera size={16} aria-hidden />),
    { kind: 'separator' },
    item('open-model', t('commands.openModel'), <Box size={16} aria-hidden />),
    item('catalogue', t('commands.catalogue'), <CloudDownload size={16} aria-hidden />),
    ...(recent.length === 0
      ? []
      : [
          { kind: 'separator' as const },
          { kind: 'heading' as const, label: t('commands.groups.recent') },
          ...recent.slice(0, recentShown).map((path): MenuEntry => ({
            kind: 'item',
            id: path,
            label: baseName(path),
            run: () => void openPaths([path]),
          })),
        ]),
  ];
}
