import { jobsStore } from '../state/jobs-store';
import type { LibraryState } from '../state/library-store';
import { libraryStore } from '../state/library-store';
import { buildStore, setBuild } from './build-store';

/** Keeps the wizard at the model that was opened last, and tells it when its build has made an engine. Called once. */
export function followBuilds(): void {
  takeModel();
  libraryStore.subscribe((state, before) => {
    if (openModelId(state) !== openModelId(before)) takeModel();
    if (state.models !== before.models) forgetLostModel();
  });
  jobsStore.subscribe(({ jobs }) => {
    const { jobId, engineId } = buildStore.getState();
    const job = jobs.find(({ id }) => id === jobId);
    const made = job?.state === 'done' ? job.results[0] : undefined;
    if (made !== undefined && made !== engineId && buildStore.getState().step !== 'verify')
      setBuild({ engineId: made });
  });
}

function openModelId({ session }: LibraryState): string | null {
  return session.kind === 'none' ? null : session.modelId;
}

/** Further on, the wizard keeps the model that it was started with. */
function takeModel(): void {
  const opened = openModelId(libraryStore.getState());
  const { modelId, step } = buildStore.getState();
  if (opened !== null && (modelId === null || step === 'model')) setBuild({ modelId: opened });
}

function forgetLostModel(): void {
  const { modelId } = buildStore.getState();
  const { models } = libraryStore.getState();
  if (modelId !== null && !models.some(({ id }) => id === modelId)) setBuild({ modelId: null, step: 'model' });
}
