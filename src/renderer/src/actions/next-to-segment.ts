import type { PicturesState } from '../state/pictures-store';

/** How far around the selected picture masks are made ahead. */
const ahead = 2;
const behind = 1;

/**
 * Which picture the engine works on next: the selected one, then what the user asked for (`batch`, in order), then the
 * neighbours of the selected one. Null when there is nothing to do. Failed pictures are only tried again when asked.
 */
export function nextToSegment(state: PicturesState, batch: readonly string[]): string | null {
  if (state.selectedId !== null && needsMask(state, state.selectedId)) return state.selectedId;
  for (const id of batch) if (state.items[id]?.status === 'queued') return id;
  for (const id of neighbours(state)) if (state.items[id]?.status === 'idle') return id;
  return null;
}

function needsMask(state: PicturesState, id: string): boolean {
  const item = state.items[id];
  if (item === undefined || item.entry.kind !== 'image') return false;
  return item.status === 'idle' || item.status === 'queued' || (item.status === 'done' && !state.segmentations.has(id));
}

function neighbours(state: PicturesState): string[] {
  const { order, selectedId, items } = state;
  const at = selectedId === null ? -1 : order.indexOf(selectedId);
  if (at < 0) return [];
  const near = [...order.slice(at + 1, at + 1 + ahead), ...order.slice(Math.max(0, at - behind), at)];
  return near.filter((id) => items[id]?.entry.kind === 'image');
}
