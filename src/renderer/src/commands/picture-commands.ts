import { removePictures, selectBy } from '../actions/pictures';
import { segmentAgain, segmentAll } from '../actions/segment';
import { picturesStore } from '../state/pictures-store';
import type { Command } from './command';

const some = (): boolean => picturesStore.getState().order.length > 0;

function withSelected(act: (pictureIds: string[]) => void): () => void {
  return () => {
    const { selectedId } = picturesStore.getState();
    if (selectedId !== null) act([selectedId]);
  };
}

export const pictureCommands: readonly Command[] = [
  {
    id: 'next-picture',
    group: 'picture',
    title: 'commands.nextPicture',
    shortcuts: ['ArrowDown', 'ArrowRight'],
    when: some,
    run: () => selectBy(1),
  },
  {
    id: 'previous-picture',
    group: 'picture',
    title: 'commands.previousPicture',
    shortcuts: ['ArrowUp', 'ArrowLeft'],
    when: some,
    run: () => selectBy(-1),
  },
  {
    id: 'first-picture',
    group: 'picture',
    title: 'commands.firstPicture',
    shortcuts: ['Home'],
    when: some,
    run: () => selectBy(-Infinity),
  },
  {
    id: 'last-picture',
    group: 'picture',
    title: 'commands.lastPicture',
    shortcuts: ['End'],
    when: some,
    run: () => selectBy(Infinity),
  },
  {
    id: 'segment-again',
    group: 'picture',
    title: 'commands.segmentAgain',
    shortcuts: ['R'],
    when: some,
    run: withSelected(segmentAgain),
  },
  {
    id: 'segment-all',
    group: 'picture',
    title: 'commands.segmentAll',
    shortcuts: ['Shift+R'],
    when: some,
    run: segmentAll,
  },
  {
    id: 'remove-picture',
    group: 'picture',
    title: 'commands.removePicture',
    shortcuts: ['Delete', 'Backspace'],
    when: some,
    run: withSelected(removePictures),
  },
  {
    id: 'remove-all-pictures',
    group: 'picture',
    title: 'commands.removeAllPictures',
    when: some,
    run: () => removePictures(picturesStore.getState().order),
  },
];
