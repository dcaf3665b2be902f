import type { ModelSummary } from '../../../shared/domain/model';
import { toErrorReport } from '../../../shared/app-error';
import type { CallArgs } from '../../../shared/contract';
import { i18n } from '../i18n/i18n';
import { announce } from '../notices/announce';
import { notify, reportError } from '../notices/notify';
import { updatePreferences } from '../preferences/preferences';
import type { Picked } from '../shell/shell';
import { activeModel, libraryStore, masksModelId, openSession } from '../state/library-store';
import { forgetSegmentations } from '../state/pictures-store';
import { forgetClassChoices } from '../state/view-store';
import { openDialog } from '../state/window-store';
import { studio } from '../studio-client/studio';
import { removedLater } from './removed-later';
import { isSessionGone, stopSegmentation } from './segment';

/** The engine that the open model runs as; null for its ONNX file on ONNX Runtime. */
let openEngineId: string | null = null;

/** Models the user has just removed and may still bring back. */
const hiddenModels = new Set<string>();

export function setModels(models: readonly ModelSummary[]): void {
  libraryStore.setState({ models: models.filter((model) => !hiddenModels.has(model.id)), loaded: true });
}

/**
 * Opens a model; the one that was open closes when the new one is. When opening fails the old one stays, and the user
 * is told. With an engine the model runs as that.
 */
export async function openModel(modelId: string, engineId: string | null = null): Promise<void> {
  const before = libraryStore.getState().session;
  libraryStore.setState({ session: { kind: 'opening', modelId, masksOf: masksModelId(libraryStore.getState()) } });
  stopSegmentation();
  try {
    const engine = engineId === null ? {} : { runtime: 'tensorrt' as const, engineId };
    const info = await studio.call('session.open', { modelId, ...engine });
    // The user may have picked yet another one meanwhile.
    const wanted = libraryStore.getState().session;
    if (wanted.kind !== 'opening' || wanted.modelId !== modelId) return void closeSession(info.id);
    openEngineId = engineId;
    if (before.kind === 'open') void closeSession(before.info.id);
    if (before.kind !== 'open' || before.modelId !== modelId) forgetClassChoices();
    forgetSegmentations();
    libraryStore.setState({ session: { kind: 'open', modelId, info } });
    updatePreferences({ lastModelId: modelId });
    announce(i18n.t('models.announceOpen', { name: info.modelName }));
  } catch (error) {
    const wanted = libraryStore.getState().session;
    if (wanted.kind !== 'opening' || wanted.modelId !== modelId) return;
    if (before.kind === 'open') {
      libraryStore.setState({ session: before });
      reportError(error);
    } else libraryStore.setState({ session: { kind: 'failed', modelId, error: toErrorReport(error) } });
  }
}

/** The model's preprocessing changed. */
async function reopenModel(): Promise<void> {
  const model = activeModel(libraryStore.getState());
  if (model !== null) await openModel(model.id, openEngineId);
}

/** The engine host does not know the session any more: there is nothing to fall back on while opening. */
export async function reopenLostModel(): Promise<void> {
  const { session } = libraryStore.getState();
  if (session.kind === 'none') return;
  libraryStore.setState({ session: { kind: 'opening', modelId: session.modelId, masksOf: null } });
  await openModel(session.modelId, openEngineId);
}

/** The same, when that is what went wrong, and the lost session is still held to be open. */
export function reopenIfLost(error: unknown, sessionId: string): void {
  if (isSessionGone(error) && openSession(libraryStore.getState())?.id === sessionId) void reopenLostModel();
}

async function closeSession(sessionId: string): Promise<void> {
  // A session that is gone already is as good as closed.
  await studio.call('session.close', { sessionId }).catch(() => undefined);
}

/** Adds what was picked to the library and opens it. */
export async function addModels(picked: Picked): Promise<void> {
  const added: ModelSummary[] = [];
  for (const path of picked.paths) added.push(await studio.call('models.add', { path }));
  if (picked.files.length > 0) {
    const files = await Promise.all(
      picked.files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
    );
    added.push(await studio.call('models.addBytes', { files }));
  }
  const last = added[added.length - 1];
  if (last === undefined) return;
  for (const model of added) putModel(model);
  notify(i18n.t('models.added', { name: last.name }));
  await openModel(last.id);
  // Nobody but the user can tell whether the usual values are the right ones.
  if (last.preprocessingSource === 'assumed') openDialog({ kind: 'preprocessing', modelId: last.id });
}

/** An answer and the `models.changed` event race; both lead to the same list. */
function putModel(model: ModelSummary): void {
  libraryStore.setState((state) => ({
    models: state.models.some((other) => other.id === model.id)
      ? state.models.map((other) => (other.id === model.id ? model : other))
      : [...state.models, model],
  }));
}

export function removeModel(model: ModelSummary): void {
  const before = libraryStore.getState();
  hiddenModels.add(model.id);
  setModels(before.models);
  const wasActive = activeModel(before)?.id === model.id;
  if (wasActive) leaveModel();
  removedLater(i18n.t('models.removed', { name: model.name }), {
    undo: () => {
      hiddenModels.delete(model.id);
      libraryStore.setState({ models: before.models });
      if (wasActive) void openModel(model.id);
    },
    commit: async () => {
      try {
        await studio.call('models.remove', { modelId: model.id });
      } finally {
        hiddenModels.delete(model.id);
        setModels(await studio.call('models.list', {}));
      }
    },
  });
}

/** The open model goes away: the bundled one takes its place, or any other, or none. */
function leaveModel(): void {
  const { models, session } = libraryStore.getState();
  const next = models.find((other) => other.bundled) ?? models[0];
  if (next !== undefined) return void openModel(next.id);
  if (session.kind === 'open') void closeSession(session.info.id);
  stopSegmentation();
  forgetSegmentations();
  libraryStore.setState({ session: { kind: 'none' } });
}

export async function configureModel(change: CallArgs<'models.configure'>): Promise<void> {
  putModel(await studio.call('models.configure', change));
  const open = openSession(libraryStore.getState());
  if (open?.modelId === change.modelId) await reopenModel();
}
