import type { PictureEntry } from '../../../shared/domain/picture';
import { i18n } from '../i18n/i18n';
import { notify } from '../notices/notify';
import { libraryStore } from '../state/library-store';
import type { PicturesState } from '../state/pictures-store';
import { picturesStore } from '../state/pictures-store';
import { studio } from '../studio-client/studio';
import { reopenModel } from './models';
import { isSample, uploadOf } from './pictures';

/**
 * The engine host came back with nothing: tells it the pictures again and opens the model again. The picture that was
 * being segmented when it went stays failed until the user tries it again (actions/segment.ts).
 */
export async function restoreAfterReconnect(): Promise<void> {
  const before = picturesStore.getState();
  const renamed = await addAgain(before.order.flatMap((id) => before.items[id]?.entry ?? []));
  picturesStore.setState((state) => withNewIds(state, renamed));
  if (libraryStore.getState().session.kind !== 'none') await reopenModel();
  notify(i18n.t('frame.reconnected'));
}

/** Old id → entry in the new host. Pictures that are gone from the disk are left as they are and fail when shown. */
async function addAgain(entries: readonly PictureEntry[]): Promise<Map<string, PictureEntry>> {
  const renamed = new Map<string, PictureEntry>();
  const samples = entries.some((entry) => isSample(entry.id)) ? await studio.call('pictures.samples', {}) : [];
  const byPath = new Map<string, PictureEntry>();
  const paths = entries.flatMap((entry) => (entry.path === null || isSample(entry.id) ? [] : [entry.path]));
  if (paths.length > 0) {
    const { added } = await studio.call('pictures.add', { paths });
    for (const entry of added) if (entry.path !== null) byPath.set(entry.path, entry);
  }
  for (const entry of entries) {
    const upload = uploadOf(entry.id);
    const again = isSample(entry.id)
      ? samples.find((sample) => sample.name === entry.name)
      : entry.path !== null
        ? byPath.get(entry.path)
        : upload !== undefined
          ? await uploadAgain(upload)
          : undefined;
    if (again !== undefined) renamed.set(entry.id, again);
  }
  return renamed;
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
