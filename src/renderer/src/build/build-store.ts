import { createStore, useStore } from 'zustand';
import type { BuildDraft } from './build-draft';
import { defaultDraft, needsCalibration } from './build-draft';
import type { CalibrationDraft } from './calibration-draft';
import { defaultCalibration } from './calibration-draft';

const allSteps = ['model', 'fixes', 'shapes', 'precision', 'calibration', 'build', 'verify'] as const;
export type BuildStep = (typeof allSteps)[number];

/** In the order in which they are walked; only networks in 8 bits are calibrated. */
export function buildSteps(draft: BuildDraft): readonly BuildStep[] {
  return needsCalibration(draft) ? allSteps : allSteps.filter((step) => step !== 'calibration');
}

export interface BuildState {
  /** The steps, or the table of all engines. */
  readonly view: 'wizard' | 'engines';
  readonly step: BuildStep;
  /** Null until there is a model. */
  readonly modelId: string | null;
  readonly draft: BuildDraft;
  /** The build that the last two steps are about. */
  readonly jobId: string | null;
  /** What finds out which blocks bear 8 bits; null when nobody asked. */
  readonly tuneJobId: string | null;
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
  tuneJobId: null,
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
    const { source } = draft.calibration;
    // The recipe's own calibration goes with the recipe.
    const calibration = { ...draft.calibration, source: source === 'recipe' ? defaultCalibration.source : source };
    return { draft: { ...draft, calibration, recipe: null, tuned: null, ...change } };
  });
}

/** Which pictures are taken does not leave the recipe; how ranges follow from them, and for what, does. */
export function changeCalibration(change: Partial<CalibrationDraft>): void {
  if (change.method !== undefined || change.keep !== undefined || change.kinds !== undefined) changeDraft({});
  buildStore.setState(({ draft }) => ({ draft: { ...draft, calibration: { ...draft.calibration, ...change } } }));
}
