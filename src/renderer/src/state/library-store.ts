import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import type { Label, ModelSummary } from '../../../shared/domain/model';
import type { RuntimeStatus, SessionInfo } from '../../../shared/domain/runtime';

/** The open model. Exactly one session is open at a time. */
export type SessionState =
  | { readonly kind: 'none' }
  /** Masks of `masksOf` are shown until the new model is open. */
  | { readonly kind: 'opening'; readonly modelId: string; readonly masksOf: string | null }
  | { readonly kind: 'open'; readonly modelId: string; readonly info: SessionInfo }
  | { readonly kind: 'failed'; readonly modelId: string; readonly error: ErrorReport };

export interface LibraryState {
  readonly models: readonly ModelSummary[];
  /** False until the first list has arrived. */
  readonly loaded: boolean;
  readonly session: SessionState;
  readonly runtimes: readonly RuntimeStatus[];
  readonly version: string;
}

export const libraryStore = createStore<LibraryState>(() => ({
  models: [],
  loaded: false,
  session: { kind: 'none' },
  runtimes: [],
  version: '',
}));

export function useLibrary<T>(select: (state: LibraryState) => T): T {
  return useStore(libraryStore, select);
}

/** The model that is open or being opened, or whose opening failed. */
export function activeModel(state: LibraryState): ModelSummary | null {
  const { session } = state;
  if (session.kind === 'none') return null;
  return state.models.find((model) => model.id === session.modelId) ?? null;
}

/** Whose masks are on the screen: while another model is being opened still those of the one before. */
export function masksModelId({ session }: LibraryState): string | null {
  if (session.kind === 'none') return null;
  return session.kind === 'opening' && session.masksOf !== null ? session.masksOf : session.modelId;
}

/** The classes of the masks that are shown. The same array as long as they are the same. */
export function shownLabels(state: LibraryState): readonly Label[] {
  const id = masksModelId(state);
  return state.models.find((model) => model.id === id)?.labels ?? noLabels;
}

const noLabels: readonly Label[] = [];

export function openSession(state: LibraryState): SessionInfo | null {
  return state.session.kind === 'open' ? state.session.info : null;
}
