import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import { toErrorReport } from '../../../shared/app-error';
import type { EngineSummary } from '../../../shared/domain/engine';
import { connectionStore } from '../state/connection-store';
import { studio } from '../studio-client/studio';

export interface EnginesState {
  /** The newest first. */
  readonly engines: readonly EngineSummary[];
  readonly loaded: boolean;
  readonly error: ErrorReport | null;
}

export const enginesStore = createStore<EnginesState>(() => ({ engines: [], loaded: false, error: null }));

export function useEngines<T>(select: (state: EnginesState) => T): T {
  return useStore(enginesStore, select);
}

/** Loads the engines, and again with each new connection. Called once. */
export function followEngines(): void {
  studio.on('engines.changed', setEngines);
  loadEngines();
  connectionStore.subscribe((state, before) => {
    if (state.generation !== before.generation) loadEngines();
  });
}

export function loadEngines(): void {
  studio
    .call('engines.list', {})
    .then(setEngines)
    .catch((error: unknown) => enginesStore.setState({ error: toErrorReport(error), loaded: true }));
}

function setEngines(engines: readonly EngineSummary[]): void {
  const newest = [...engines].sort((a, b) => b.builtAt.localeCompare(a.builtAt));
  enginesStore.setState({ engines: newest, loaded: true, error: null });
}
