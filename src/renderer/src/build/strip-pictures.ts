import { useMemo } from 'react';
import type { PicturesState } from '../state/pictures-store';
import { usePictures } from '../state/pictures-store';

type Strip = Pick<PicturesState, 'order' | 'items'>;

/** Ids of the pictures on the film strip, without videos. */
export function stripOf({ order, items }: Strip): string[] {
  return order.filter((id) => items[id]?.entry.kind === 'image');
}

export function useStrip(): readonly string[] {
  const order = usePictures((state) => state.order);
  const items = usePictures((state) => state.items);
  return useMemo(() => stripOf({ order, items }), [order, items]);
}

/** The folder that holds all pictures of the strip; null where there is no such, or it is not known. */
export function useStripFolder(): string | null {
  const order = usePictures((state) => state.order);
  const items = usePictures((state) => state.items);
  return useMemo(() => {
    const folders = new Set(stripOf({ order, items }).map((id) => folderOf(items[id]?.entry.path ?? null)));
    const [folder] = folders;
    return folders.size === 1 ? (folder ?? null) : null;
  }, [order, items]);
}

function folderOf(path: string | null): string | null {
  return path === null ? null : path.replace(/[\\/][^\\/]*$/, '');
}
