import { createStore, useStore } from 'zustand';
import type { PictureEntry } from '../../../shared/domain/picture';
import { picturesStore, select, selectedItem, type PicturesState } from '../state/pictures-store';
import { modeOf, modes, type ModeId } from './mode-list';

export interface ModeState {
  readonly mode: ModeId;
}

export const modeStore = createStore<ModeState>(() => ({ mode: 'segment' }));

export function useMode<T>(choose: (state: ModeState) => T): T {
  return useStore(modeStore, choose);
}

/** What was looked at last, of each kind: changing the mode goes back to it. */
const lastOfKind = new Map<PictureEntry['kind'], string>();

/** Enters a mode, and shows again what was last shown in it. */
export function enterMode(mode: ModeId): void {
  if (modeStore.getState().mode === mode) return;
  modeStore.setState({ mode });
  const state = picturesStore.getState();
  const { shows } = modeOf(mode);
  const kind = selectedItem(state)?.entry.kind;
  if (kind !== undefined && shows.includes(kind)) return;
  const target = shows.map((wanted) => itemOfKind(state, wanted)).find((id) => id !== null);
  if (target !== undefined && target !== null) select(target);
}

function itemOfKind(state: PicturesState, kind: PictureEntry['kind']): string | null {
  const last = lastOfKind.get(kind);
  if (last !== undefined && state.items[last] !== undefined) return last;
  return state.order.find((id) => state.items[id]?.entry.kind === kind) ?? null;
}

/** Choosing a video leads to the mode that plays it, choosing a picture to one that shows it. Called once. */
export function followSelection(): void {
  picturesStore.subscribe((state, before) => {
    const item = selectedItem(state);
    if (item === null || state.selectedId === before.selectedId) return;
    const { kind, id } = item.entry;
    lastOfKind.set(kind, id);
    if (modeOf(modeStore.getState().mode).shows.includes(kind)) return;
    const fitting = modes.find((mode) => (mode.shows as readonly string[]).includes(kind));
    if (fitting !== undefined) modeStore.setState({ mode: fitting.id });
  });
}
