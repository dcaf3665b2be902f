import { AppError } from '../../../shared/app-error';
import { reportError } from '../notices/notify';
import { followSelection } from '../modes/mode-store';
import { followPreferences } from '../preferences/preferences';
import { shell } from '../shell/current-shell';
import { connectionStore } from '../state/connection-store';
import { jobsStore } from '../state/jobs-store';
import { libraryStore } from '../state/library-store';
import { preferencesStore } from '../state/preferences-store';
import { connectStudio, studio } from '../studio-client/studio';
import { hasRunningJobs, receiveJob } from './jobs';
import { openModel, reopenIfLost, setModels } from './models';
import { addSamplesToEmptyStrip } from './pictures';
import { catchUpWithJobs } from './lost-jobs';
import { isWithoutModel, restoreAfterReconnect } from './reconnect';
import { runSegmentation } from './segment';

/** Tells a new engine host from a connection that only broke off. */
let hostPid = 0;
/** False until everything was there once. */
let arrived = false;

/** Called once, before the first render. */
export function start(): void {
  followPreferences();
  followSelection();
  runSegmentation(reopenIfLost);
  studio.on('jobs.changed', receiveJob);
  studio.on('models.changed', setModels);
  studio.on('settings.changed', (settings) => preferencesStore.setState(settings));
  connectionStore.subscribe((state, before) => {
    if (state.generation === before.generation) return;
    const arrive = arrived ? laterArrival() : firstArrival();
    arrive.catch((error: unknown) => {
      // The banner says it, and the next connection arrives anew.
      if (!isHostGone(error)) reportError(error);
    });
  });
  shell.warnBeforeClosing(hasRunningJobs);
  connectStudio();
}

function isHostGone(error: unknown): boolean {
  return error instanceof AppError && error.code === 'HOST_GONE';
}

/** A picture with its mask, whatever else fails: the last model or the one that ships, and the samples. */
async function firstArrival(): Promise<void> {
  const others = Promise.all([loadInfo(), loadJobs(), addSamplesToEmptyStrip()]);
  // Waited for below, once the model is on its way; until then a failure is not an unhandled one.
  others.catch(() => undefined);
  const [settings, models] = await Promise.all([studio.call('settings.get', {}), studio.call('models.list', {})]);
  preferencesStore.setState(settings);
  setModels(models);
  const last = models.find((model) => model.id === settings.lastModelId);
  const model = last ?? models.find((candidate) => candidate.bundled) ?? models[0];
  if (model !== undefined && isWithoutModel(libraryStore.getState().session)) await openModel(model.id);
  await others;
  arrived = true;
}

async function laterArrival(): Promise<void> {
  const before = hostPid;
  await loadInfo();
  const isNewHost = hostPid !== before;
  await catchUpWithJobs(isNewHost);
  await restoreAfterReconnect(isNewHost);
}

async function loadInfo(): Promise<void> {
  const info = await studio.call('app.info', {});
  hostPid = info.hostPid;
  libraryStore.setState({ runtimes: info.runtimes, version: info.version });
}

async function loadJobs(): Promise<void> {
  const jobs = await studio.call('jobs.list', {});
  jobsStore.setState({ jobs: [...jobs].reverse() });
}
