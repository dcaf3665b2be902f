import { ClipboardCopy, Download, FolderSearch, RotateCcw, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { removePictures } from '../actions/pictures';
import { segmentAgain } from '../actions/segment';
import { shortcutOf } from '../commands/registry';
import type { MenuEntry } from '../components/menu';
import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import type { PictureItem } from '../state/pictures-store';
import { picturesStore, select } from '../state/pictures-store';
import { openDialog } from '../state/window-store';

/** What can be done with one picture. */
export function usePictureMenu(item: PictureItem): MenuEntry[] {
  const { t } = useTranslation();
  const { id, path, name, kind } = item.entry;
  const isVideo = kind === 'video';
  return [
    {
      kind: 'item',
      id: 'again',
      disabled: isVideo,
      label: t('commands.segmentAgain'),
      shortcut: shortcutOf('segment-again'),
      icon: <RotateCcw size={16} aria-hidden />,
      run: () => segmentAgain([id]),
    },
    {
      kind: 'item',
      id: 'export',
      label: t('commands.export'),
      shortcut: shortcutOf('export'),
      icon: <Download size={16} aria-hidden />,
      // A video has to be open; it is when it is the selected one.
      disabled: item.status !== 'done' || (isVideo && picturesStore.getState().selectedId !== id),
      run: () => {
        if (isVideo) select(id);
        openDialog(isVideo ? { kind: 'export-video' } : { kind: 'export', pictureIds: [id] });
      },
    },
    { kind: 'separator' },
    {
      kind: 'item',
      id: 'copy-path',
      label: path === null ? t('pictures.copyName') : t('pictures.copyPath'),
      icon: <ClipboardCopy size={16} aria-hidden />,
      run: () => void navigator.clipboard.writeText(path ?? name).catch((error: unknown) => reportError(error)),
    },
    ...revealEntry(path, t('pictures.reveal')),
    { kind: 'separator' },
    {
      kind: 'item',
      id: 'remove',
      label: t('commands.removePicture'),
      shortcut: shortcutOf('remove-picture'),
      icon: <Trash2 size={16} aria-hidden />,
      run: () => removePictures([id]),
    },
    {
      kind: 'item',
      id: 'remove-others',
      label: t('pictures.removeOthers'),
      disabled: picturesStore.getState().order.length < 2,
      run: () => removePictures(picturesStore.getState().order.filter((other) => other !== id)),
    },
  ];
}

/** Where the file has a place that can be shown. */
function revealEntry(path: string | null, label: string): MenuEntry[] {
  if (path === null || !shell.hasFolders) return [];
  const run = (): void => void shell.reveal(path).catch((error: unknown) => reportError(error));
  return [{ kind: 'item', id: 'reveal', label, icon: <FolderSearch size={16} aria-hidden />, run }];
}
