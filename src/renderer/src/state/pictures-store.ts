import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import type { Segmentation } from '../../../shared/contract';
import type { PictureEntry } from '../../../shared/domain/picture';
import { boundSegmentations } from './segmentation-memory';

/** `idle`: not asked for yet. */
export type PictureStatus = 'idle' | 'queued' | 'working' | 'done' | 'failed';

export interface PictureItem {
  readonly entry: PictureEntry;
  readonly status: PictureStatus;
  /** Why it failed; null otherwise. */
  readonly error: ErrorReport | null;
}

export interface PicturesState {
  /** Picture ids in the order of the film strip. */
  readonly order: readonly string[];
  readonly items: Readonly<Record<string, PictureItem>>;
  readonly selectedId: string | null;
  readonly filter: string;
  /** By picture id, least recently used first; bounded in bytes (segmentation-memory.ts). */
  readonly segmentations: ReadonlyMap<string, Segmentation>;
}

export const picturesStore = createStore<PicturesState>(() => ({
  order: [],
  items: {},
  selectedId: null,
  filter: '',
  segmentations: new Map(),
}));

export function usePictures<T>(select: (state: PicturesState) => T): T {
  return useStore(picturesStore, select);
}

export function selectedItem(state: PicturesState): PictureItem | null {
  return state.selectedId === null ? null : (state.items[state.selectedId] ?? null);
}

/** The mask of the selected picture, or null while there is none. */
export function selectedSegmentation(state: PicturesState): Segmentation | null {
  return state.selectedId === null ? null : (state.segmentations.get(state.selectedId) ?? null);
}

/** Appends entries that are not on the strip yet; answers with the ids of all given, known or new. */
export function addEntries(entries: readonly PictureEntry[]): string[] {
  picturesStore.setState((state) => {
    const items = { ...state.items };
    const order = [...state.order];
    for (const entry of entries) {
      if (items[entry.id] !== undefined) continue;
      items[entry.id] = { entry, status: 'idle', error: null };
      order.push(entry.id);
    }
    return { items, order };
  });
  return entries.map((entry) => entry.id);
}

export function setStatus(pictureId: string, status: PictureStatus, error: ErrorReport | null = null): void {
  picturesStore.setState((state) => {
    const item = state.items[pictureId];
    if (item === undefined) return state;
    return { items: { ...state.items, [pictureId]: { ...item, status, error } } };
  });
}

export function setSegmentation(segmentation: Segmentation): void {
  picturesStore.setState((state) => {
    const item = state.items[segmentation.pictureId];
    if (item === undefined) return state;
    return {
      items: { ...state.items, [segmentation.pictureId]: { ...item, status: 'done', error: null } },
      segmentations: boundSegmentations(state.segmentations, segmentation, state.selectedId),
    };
  });
}

/** Masks of another model are of no use: everything is to be segmented again. */
export function forgetSegmentations(): void {
  picturesStore.setState((state) => ({
    segmentations: new Map(),
    items: Object.fromEntries(
      Object.entries(state.items).map(([id, item]) => [id, { ...item, status: 'idle' as const, error: null }]),
    ),
  }));
}

export function select(pictureId: string | null): void {
  picturesStore.setState({ selectedId: pictureId });
}
