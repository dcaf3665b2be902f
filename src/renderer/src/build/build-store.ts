import { createStore, useStore } from 'zustand';
import type { BuildDraft } from './build-draft';
import { defaultDraft, precisions } from './build-draft';

/** In the order in which they are walked. */
export const buildSteps = ['model', 'fixes', 'shapes', 'precision', 'build', 'verify'] as const;
export type BuildStep = (typeof buildSteps)[number];

export interface BuildState {
  /** The steps, or the table of all engines. */
  readonly view: 'wizard' | 'engines';
  readonly step: BuildStep;
  /** Null until there is a model. */
  readonly modelId: string | null;
  readonly draft: BuildDraft;
  /** The build that the last two steps are about. */
  readonly jobId: string | null;
  /** The engine that the last step is about; made by the job, or chosen from the table. */
  readonly engineId: string | null;
  /** The row of the table whose details are shown. */
  readonly shownEngineId: string | null;
}

export const buildStore = createStore<BuildState>(() => ({
  view: 'wizard',
  step: 'model',
  modelId: null,
  draft: defaultDraft,
  jobId: null,
  engineId: null,
  shownEngineId: null,
}));

export function useBuild<T>(select: (state: BuildState) => T): T {
  return useStore(buildStore, select);
}

export function setBuild(change: Partial<BuildState>): void {
  buildStore.setState(change);
}

/** Whatever is changed by hand leaves the recipe that was opened. */
export function changeDraft(change: Partial<BuildDraft>): void {
  buildStore.setState(({ draft }) => {
    // What only recipes can ask for does not outlive the recipe.
    const precision = precisions.find((offered) => offered === draft.precision) ?? defaultDraft.precision;
    return { draft: { ...draft, precision, recipe: null, ...change } };
  });
}
