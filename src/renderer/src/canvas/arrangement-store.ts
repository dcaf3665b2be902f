import { createStore, useStore } from 'zustand';
import type { Arrangement } from './arrangement';

export interface ArrangementState {
  /** Null: the canvas shows the selected picture with its one mask. */
  readonly arrangement: Arrangement | null;
}

/** Set by the mode that compares, for as long as it is on the screen. */
export const arrangementStore = createStore<ArrangementState>(() => ({ arrangement: null }));

export function useArrangement<T>(select: (state: ArrangementState) => T): T {
  return useStore(arrangementStore, select);
}
