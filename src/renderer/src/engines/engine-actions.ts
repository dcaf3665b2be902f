import type { EngineSummary } from '../../../shared/domain/engine';
import { isEightBit } from '../../../shared/domain/engine';
import { openModel } from '../actions/models';
import { build, downloadRecipe, enterStep, openRecipe } from '../build/build-actions';
import { buildStore, setBuild } from '../build/build-store';
import { i18n } from '../i18n/i18n';
import { enterMode } from '../modes/mode-store';
import { notify, reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import { libraryStore } from '../state/library-store';
import { studio } from '../studio-client/studio';

/** Pictures in Segment mode with this engine. */
export async function openEngine({ id, modelId }: EngineSummary): Promise<void> {
  enterMode('segment');
  await openModel(modelId, id);
}

/** An empty name gives the model's back. */
export async function renameEngine({ id }: EngineSummary, name: string): Promise<void> {
  await studio.call('engines.rename', { engineId: id, name });
}

/** The wizard, filled in with what this engine was made of. */
export async function duplicateEngine({ id, modelId }: EngineSummary): Promise<void> {
  const { recipe } = await studio.call('engines.inspect', { engineId: id });
  openRecipe(recipe, hasModel(modelId) ? modelId : null);
}

/** The wizard where something of this engine can be changed: what stays wide, or what it computes in. */
export async function tuneEngine(engine: EngineSummary): Promise<void> {
  await duplicateEngine(engine);
  enterStep(isEightBit(engine.precision) ? 'calibration' : 'precision');
}

/** The table of engines, with this one chosen. */
export function keepEngine({ id }: EngineSummary): void {
  setBuild({ view: 'engines', shownEngineId: id });
}

export async function saveEngineRecipe({ id }: EngineSummary): Promise<void> {
  downloadRecipe((await studio.call('engines.inspect', { engineId: id })).recipe);
}

/** The same recipe again, with the model, the runtime and the device as they are now. */
export async function rebuildEngine({ id, modelId }: EngineSummary): Promise<void> {
  const { recipe } = await studio.call('engines.inspect', { engineId: id });
  await build(modelId, { recipe, fresh: true });
}

export function canRebuild({ state, modelId }: EngineSummary): boolean {
  return (state === 'stale' || state === 'foreign' || state === 'damaged') && hasModel(modelId);
}

export async function exportEngine({ id, modelName }: EngineSummary): Promise<void> {
  const directory = await shell.chooseExportFolder();
  if (directory === null) return;
  const { files } = await studio.call('engines.export', { engineId: id, directory });
  const [first] = files;
  notify(i18n.t('engines.exported', { name: modelName, count: files.length }), {
    ...(first === undefined
      ? {}
      : { action: { label: i18n.t('pictures.reveal'), run: () => void shell.reveal(first).catch(reportError) } }),
  });
}

export async function importEngine(): Promise<void> {
  const { paths } = await shell.choosePictureFolder();
  const [path] = paths;
  if (path === undefined) return;
  const engine = await studio.call('engines.import', { path });
  setBuild({ view: 'engines', shownEngineId: engine.id });
}

export async function trustEngine({ id }: EngineSummary): Promise<void> {
  await studio.call('engines.trust', { engineId: id });
}

/** Goes to the trash of the library; nothing is lost before the next start. */
export async function removeEngine(engine: EngineSummary): Promise<void> {
  const { engineId } = await studio.call('engines.remove', { engineId: engine.id });
  const { engineId: current, step } = buildStore.getState();
  if (current === engineId)
    setBuild({ engineId: null, ...(step === 'verify' ? { view: 'engines', step: 'model' } : {}) });
  const undo = (): void => {
    studio.call('engines.restore', { engineId }).catch((error: unknown) => reportError(error));
  };
  notify(i18n.t('engines.removed', { name: `${engine.modelName} ${engine.precision.toUpperCase()}` }), {
    action: { label: i18n.t('common.undo'), run: undo },
  });
}

/** Carries out an action of a button or a menu, and says what went wrong. */
export function attempt(action: Promise<void>): void {
  action.catch((error: unknown) => reportError(error));
}

/** Whether the model is in the library still. */
export function hasModel(modelId: string): boolean {
  return libraryStore.getState().models.some(({ id }) => id === modelId);
}
