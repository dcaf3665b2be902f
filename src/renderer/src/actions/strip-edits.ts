import type { PicturesState } from '../state/pictures-store';

/** Takes pictures off the strip and moves the selection to the nearest one that stays. Pure. */
export function without(state: PicturesState, pictureIds: readonly string[]): Partial<PicturesState> {
  const gone = new Set(pictureIds);
  const order = state.order.filter((id) => !gone.has(id));
  const items = Object.fromEntries(Object.entries(state.items).filter(([id]) => !gone.has(id)));
  const segmentations = new Map([...state.segmentations].filter(([id]) => !gone.has(id)));
  if (state.selectedId === null || !gone.has(state.selectedId)) return { order, items, segmentations };
  const at = state.order.indexOf(state.selectedId);
  const after = state.order.slice(at).find((id) => !gone.has(id));
  return { order, items, segmentations, selectedId: after ?? order[order.length - 1] ?? null };
}

/** The reverse of {@link without}, at the places they had; what was added since stays behind them. Pure. */
export function putBack(
  state: PicturesState,
  before: PicturesState,
  pictureIds: readonly string[],
): Partial<PicturesState> {
  const back = new Set(pictureIds);
  const items = { ...state.items };
  for (const id of pictureIds) {
    const item = before.items[id];
    // Its mask was let go; being in work was a matter of the moment.
    if (item !== undefined) items[id] = item.status === 'failed' ? item : { ...item, status: 'idle' };
  }
  const known = before.order.filter((id) => back.has(id) || state.items[id] !== undefined);
  const since = state.order.filter((id) => !before.order.includes(id));
  return { items, order: [...known, ...since], selectedId: before.selectedId ?? state.selectedId };
}

/** Ids whose name contains the filter; the store's own array while there is none. */
export function visibleOrder(state: Pick<PicturesState, 'order' | 'items' | 'filter'>): readonly string[] {
  const wanted = state.filter.trim().toLowerCase();
  if (wanted === '') return state.order;
  return state.order.filter((id) => state.items[id]?.entry.name.toLowerCase().includes(wanted));
}
