import type { PictureEntry } from '../../../shared/domain/picture';
import { i18n } from '../i18n/i18n';
import { notify } from '../notices/notify';
import type { SessionState } from '../state/library-store';
import { libraryStore } from '../state/library-store';
import type { PicturesState } from '../state/pictures-store';
import { picturesStore } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import { reopenLostModel } from './models';
import { moveUpload, uploadOf } from './pictures';

/**
 * A new engine host opens the files and the model of the last one again, under the same ids; only pictures whose
 * content came from this window have to be sent again. The picture that was being segmented when the old host went stays
 * failed until the user tries it again (segment.ts).
 */
export async function restoreAfterReconnect(isNewHost: boolean): Promise<void> {
  if (isWithoutModel(libraryStore.getState().session)) await reopenLostModel();
  if (!isNewHost) return;
  const renamed = new Map<string, PictureEntry>();
  for (const id of picturesStore.getState().order) {
    const upload = uploadOf(id);
    const again = upload === undefined ? undefined : await uploadAgain(upload);
    if (again === undefined) continue;
    renamed.set(id, again);
    moveUpload(id, again.id);
  }
  if (renamed.size > 0) picturesStore.setState((state) => withNewIds(state, renamed));
  notify(i18n.t('frame.reconnected'));
}

/** No model is open, and none was refused for a reason of its own. */
export function isWithoutModel(session: SessionState): boolean {
  if (session.kind === 'failed') return session.error.code === 'HOST_GONE';
  return session.kind === 'none' || session.kind === 'opening';
}

async function uploadAgain(file: File): Promise<PictureEntry | undefined> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const { added } = await studio.call('pictures.addBytes', { name: file.name, bytes });
  return added[0];
}

/** The same strip, selection and masks under the ids of the new host. Pure. */
export function withNewIds(state: PicturesState, renamed: ReadonlyMap<string, PictureEntry>): Partial<PicturesState> {
  const idOf = (id: string): string => renamed.get(id)?.id ?? id;
  return {
    order: state.order.map(idOf),
    items: Object.fromEntries(
      Object.entries(state.items).map(([id, item]) => [idOf(id), { ...item, entry: renamed.get(id) ?? item.entry }]),
    ),
    selectedId: state.selectedId === null ? null : idOf(state.selectedId),
    segmentations: new Map(
      [...state.segmentations].map(([id, value]) => [idOf(id), { ...value, pictureId: idOf(id) }]),
    ),
  };
}
