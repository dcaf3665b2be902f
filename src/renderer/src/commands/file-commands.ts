import { openFolder, openModelFile, openPictures } from '../actions/open-files';
import { addSamples, openCameraItem, openSampleVideo } from '../actions/pictures';
import { pasteFromClipboard } from '../drop/paste';
import { picturesStore, selectedItem, selectedSegmentation } from '../state/pictures-store';
import { openDialog } from '../state/window-store';
import type { Command } from './command';

function exportSelected(): void {
  const item = selectedItem(picturesStore.getState());
  if (item === null) return;
  if (item.entry.kind === 'video') openDialog({ kind: 'export-video' });
  else openDialog({ kind: 'export', pictureIds: [item.entry.id] });
}

/** Every picture of the strip; videos are exported one by one. */
function allPictures(): string[] {
  const { order, items } = picturesStore.getState();
  return order.filter((id) => items[id]?.entry.kind === 'image');
}

export const fileCommands: readonly Command[] = [
  { id: 'open-pictures', group: 'file', title: 'commands.openPictures', shortcuts: ['Mod+O'], run: openPictures },
  { id: 'open-folder', group: 'file', title: 'commands.openFolder', shortcuts: ['Mod+Shift+O'], run: openFolder },
  {
    id: 'segment-folder',
    group: 'file',
    title: 'commands.segmentFolder',
    run: () => openDialog({ kind: 'batch' }),
  },
  { id: 'open-model', group: 'file', title: 'commands.openModel', shortcuts: ['Mod+U'], run: openModelFile },
  { id: 'paste', group: 'file', title: 'commands.paste', shortcuts: ['Mod+V'], run: pasteFromClipboard },
  { id: 'show-samples', group: 'file', title: 'commands.showSamples', run: addSamples },
  { id: 'sample-video', group: 'file', title: 'commands.sampleVideo', run: openSampleVideo },
  { id: 'open-camera', group: 'file', title: 'commands.openCamera', run: openCameraItem },
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
    when: () => allPictures().length > 0,
    run: () => openDialog({ kind: 'export', pictureIds: allPictures() }),
  },
];
