import { createStore, useStore } from 'zustand';

/** The one dialog that is open, with what it is about. */
export type OpenDialog =
  | { readonly kind: 'library'; readonly modelId: string | null }
  | { readonly kind: 'preprocessing'; readonly modelId: string }
  | { readonly kind: 'catalogue' }
  | { readonly kind: 'runtimes' }
  | { readonly kind: 'preferences' }
  | { readonly kind: 'shortcuts' }
  | { readonly kind: 'palette' }
  | { readonly kind: 'about' }
  /** Pictures to export; the selected one or the whole strip. */
  | { readonly kind: 'export'; readonly pictureIds: readonly string[] }
  /** A folder to segment into another. */
  | { readonly kind: 'batch' }
  /** What a batch could not do. */
  | { readonly kind: 'batch-failures'; readonly jobId: string }
  /** The video that is open. */
  | { readonly kind: 'export-video' };

export interface WindowState {
  readonly dialog: OpenDialog | null;
  /** Panels that are folded away. */
  readonly filmStripOpen: boolean;
  readonly sidePanelsOpen: boolean;
  /** The charts under the canvas. */
  readonly latencyOpen: boolean;
}

export const windowStore = createStore<WindowState>(() => ({
  dialog: null,
  filmStripOpen: true,
  sidePanelsOpen: true,
  latencyOpen: false,
}));

export function useWindow<T>(select: (state: WindowState) => T): T {
  return useStore(windowStore, select);
}

export function setWindow(change: Partial<WindowState>): void {
  windowStore.setState(change);
}

/** Folds both panels away, or brings both back. */
export function togglePanels(): void {
  windowStore.setState((state) => {
    const open = !(state.filmStripOpen || state.sidePanelsOpen);
    return { filmStripOpen: open, sidePanelsOpen: open };
  });
}

export function openDialog(dialog: OpenDialog): void {
  windowStore.setState({ dialog });
}

export function closeDialog(): void {
  windowStore.setState({ dialog: null });
}
