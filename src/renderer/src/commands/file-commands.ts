import { openFolder, openModelFile, openPictures } from '../actions/open-files';
import { addSamples } from '../actions/pictures';
import { pasteFromClipboard } from '../drop/paste';
import { picturesStore, selectedSegmentation } from '../state/pictures-store';
import { openDialog } from '../state/window-store';
import type { Command } from './command';

function exportSelected(): void {
  const { selectedId } = picturesStore.getState();
  if (selectedId !== null) openDialog({ kind: 'export', pictureIds: [selectedId] });
}

export const fileCommands: readonly Command[] = [
  { id: 'open-pictures', group: 'file', title: 'commands.openPictures', shortcuts: ['Mod+O'], run: openPictures },
  { id: 'open-folder', group: 'file', title: 'commands.openFolder', shortcuts: ['Mod+Shift+O'], run: openFolder },
  { id: 'open-model', group: 'file', title: 'commands.openModel', shortcuts: ['Mod+U'], run: openModelFile },
  { id: 'paste', group: 'file', title: 'commands.paste', shortcuts: ['Mod+V'], run: pasteFromClipboard },
  { id: 'show-samples', group: 'file', title: 'commands.showSamples', run: addSamples },
  {
    id: 'export',
    group: 'file',
    title: 'commands.export',
    shortcuts: ['Mod+E'],
    when: () => selectedSegmentation(picturesStore.getState()) !== null,
    run: exportSelected,
  },
  {
    id: 'export-all',
    group: 'file',
    title: 'commands.exportAll',
    shortcuts: ['Mod+Shift+E'],
    when: () => picturesStore.getState().order.length > 0,
    run: () => openDialog({ kind: 'export', pictureIds: picturesStore.getState().order }),
  },
];
