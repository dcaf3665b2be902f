import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import { toErrorReport } from '../../../shared/app-error';
import type { EngineSummary } from '../../../shared/domain/engine';
import type { EngineKept } from '../../../shared/domain/engine-kept';
import { connectionStore } from '../state/connection-store';
import { studio } from '../studio-client/studio';

export interface EnginesState {
  /** The newest first. */
  readonly engines: readonly EngineSummary[];
  /** By engine: its name, and what was last measured of it. */
  readonly kept: ReadonlyMap<string, EngineKept>;
  readonly loaded: boolean;
  readonly error: ErrorReport | null;
}

export const enginesStore = createStore<EnginesState>(() => ({
  engines: [],
  kept: new Map(),
  loaded: false,
  error: null,
}));

export function useEngines<T>(select: (state: EnginesState) => T): T {
  return useStore(enginesStore, select);
}

let following = false;

/** Loads the engines, and again with each new connection; once, however many ask for it. */
export function followEngines(): void {
  if (following) return;
  following = true;
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

/** Asked for anew with every change of the library; what is shown stays meanwhile. */
export function loadKept(): void {
  studio
    .call('engines.kept', {})
    .then((kept) => enginesStore.setState({ kept: new Map(kept.map((each) => [each.engineId, each])) }))
    // The table stands without it.
    .catch(() => undefined);
}

function setEngines(engines: readonly EngineSummary[]): void {
  const newest = [...engines].sort((a, b) => b.builtAt.localeCompare(a.builtAt));
  enginesStore.setState({ engines: newest, loaded: true, error: null });
  loadKept();
}
