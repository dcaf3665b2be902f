import type { PictureEntry } from '../../../shared/domain/picture';
import { AppError, fromErrorReport } from '../../../shared/app-error';
import { i18n } from '../i18n/i18n';
import { notify, reportError } from '../notices/notify';
import { updatePreferences } from '../preferences/preferences';
import type { Picked } from '../shell/shell';
import { addEntries, picturesStore, select } from '../state/pictures-store';
import { preferencesStore } from '../state/preferences-store';
import { studio } from '../studio-client/studio';
import { addLocalVideo, CAMERA_ID, forgetLocalVideo, isLocal } from '../video/local-videos';
import { kindOfFile } from './picture-kinds';
import { removedLater } from './removed-later';
import { putBack, visibleOrder, without } from './strip-edits';

const recentLimit = 12;
/** Ids of pictures that came with the studio: they make room for the user's own. */
const sampleIds = new Set<string>();
/** Contents of pictures that have no path, so that they survive a restart of the engine host. */
const uploads = new Map<string, File>();

export function uploadOf(pictureId: string): File | undefined {
  return uploads.get(pictureId);
}

export function moveUpload(fromId: string, toId: string): void {
  const file = uploads.get(fromId);
  if (file === undefined || fromId === toId) return;
  uploads.delete(fromId);
  uploads.set(toId, file);
}

function isSample(pictureId: string): boolean {
  return sampleIds.has(pictureId);
}

export async function addPictures(picked: Picked): Promise<void> {
  const added: PictureEntry[] = [];
  const videos: PictureEntry[] = [];
  if (picked.paths.length > 0) {
    const answer = await studio.call('pictures.add', { paths: [...picked.paths] });
    const pictures = answer.added.filter(({ kind }) => kind === 'image');
    videos.push(...answer.added.filter(({ kind }) => kind === 'video'));
    added.push(...pictures);
    show(pictures);
    reportRejected(answer.rejected);
    if (answer.added.length > 0) rememberRecent(picked.paths);
    else forgetRecent(picked.paths);
  }
  for (const file of picked.files) {
    // Read where it is, piece by piece: a video may be larger than memory.
    if (kindOfFile(file.name) === 'video') {
      videos.push(addLocalVideo(file));
      continue;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const answer = await studio.call('pictures.addBytes', { name: file.name, bytes });
    const pictures = answer.added.filter(({ kind }) => kind === 'image');
    videos.push(...answer.added.filter(({ kind }) => kind === 'video'));
    for (const entry of pictures) uploads.set(entry.id, file);
    // The first one is shown at once; a folder of hundreds must not wait for its last file.
    show(pictures, added.length === 0);
    added.push(...pictures);
    reportRejected(answer.rejected);
  }
  if (added.length > 1) notify(i18n.t('pictures.added', { count: added.length }));
  if (videos.length > 0) offerVideos(videos, added.length === 0);
}

/** The video that ships with the studio, opened in its mode. */
export async function openSampleVideo(): Promise<void> {
  const entry = await studio.call('video.sample', {});
  if (entry === null) {
    throw new AppError('FILE_NOT_FOUND', 'The sample video was not installed with this copy of the studio.', {
      hint: i18n.t('errors.hints.FILE_NOT_FOUND'),
    });
  }
  addEntries([entry]);
  select(entry.id);
}

/** The camera as an item of the film strip, opened in the mode for videos. */
export function openCameraItem(): void {
  addEntries([{ id: CAMERA_ID, name: i18n.t('video.camera'), path: null, sizeBytes: 0, kind: 'video' }]);
  select(CAMERA_ID);
}

/** The pictures that ship with the studio, after what is on the strip. */
export async function addSamples(): Promise<void> {
  putSamples(await studio.call('pictures.samples', {}));
}

/** The same for a start without pictures of the user's own, which may have come while these were on their way. */
export async function addSamplesToEmptyStrip(): Promise<void> {
  const entries = await studio.call('pictures.samples', {});
  if (picturesStore.getState().order.length === 0) putSamples(entries);
}

function putSamples(samples: readonly PictureEntry[]): void {
  const entries = samples.filter((entry) => entry.kind === 'image');
  for (const entry of entries) sampleIds.add(entry.id);
  const [first] = addEntries(entries);
  if (picturesStore.getState().selectedId === null && first !== undefined) select(first);
}

/** Videos are played in a mode of their own. Alone they are opened there; beside pictures they wait on the strip. */
function offerVideos(videos: readonly PictureEntry[], alone: boolean): void {
  const [first] = addEntries(videos);
  if (first === undefined) return;
  if (alone) {
    makeRoom();
    return select(first);
  }
  notify(i18n.t('video.added', { count: videos.length }), {
    description: videos.map(({ name }) => name).join(', '),
    action: { label: i18n.t('video.playNow'), run: () => select(first) },
    seconds: 15,
  });
}

function show(entries: readonly PictureEntry[], selectFirst = true): void {
  // A sample that the user opens as a file is the user's own from then on.
  for (const { id } of entries) sampleIds.delete(id);
  const [first] = addEntries(entries);
  if (first === undefined) return;
  makeRoom();
  if (selectFirst) select(first);
}

/** Samples go when the user's own pictures come. They are one command away. */
function makeRoom(): void {
  picturesStore.setState((state) =>
    state.order.some(isSample) ? without(state, state.order.filter(isSample)) : state,
  );
  sampleIds.clear();
}

export function removePictures(pictureIds: readonly string[]): void {
  const before = picturesStore.getState();
  const first = before.items[pictureIds[0] ?? ''];
  if (first === undefined) return;
  picturesStore.setState((state) => without(state, pictureIds));
  const title =
    pictureIds.length === 1
      ? i18n.t('pictures.removedOne', { name: first.entry.name })
      : i18n.t('pictures.removed', { count: pictureIds.length });
  removedLater(title, {
    undo: () => picturesStore.setState((state) => putBack(state, before, pictureIds)),
    commit: async () => {
      // The same file opened again is the same picture: it is not gone.
      const { items } = picturesStore.getState();
      const gone = pictureIds.filter((id) => items[id] === undefined);
      const known = gone.filter((id) => !isLocal(id));
      for (const id of gone) {
        uploads.delete(id);
        forgetLocalVideo(id);
      }
      if (known.length > 0) await studio.call('pictures.remove', { pictureIds: known });
    },
  });
}

/** Walks the strip as filtered; stays at its ends. */
export function selectBy(step: number): void {
  const state = picturesStore.getState();
  const visible = visibleOrder(state);
  const at = state.selectedId === null ? -1 : visible.indexOf(state.selectedId);
  const target = visible[Math.min(visible.length - 1, Math.max(0, at + step))];
  if (target !== undefined) select(target);
}

function rememberRecent(paths: readonly string[]): void {
  const before = preferencesStore.getState().recentFiles.filter((path) => !paths.includes(path));
  updatePreferences({ recentFiles: [...paths.slice(0, recentLimit), ...before].slice(0, recentLimit) });
}

/** What is not there any more need not be offered again. */
function forgetRecent(paths: readonly string[]): void {
  const before = preferencesStore.getState().recentFiles;
  const recentFiles = before.filter((path) => !paths.includes(path));
  if (recentFiles.length < before.length) updatePreferences({ recentFiles });
}

function reportRejected(rejected: readonly { name: string; error: Parameters<typeof fromErrorReport>[0] }[]): void {
  const few = rejected.slice(0, 3);
  for (const { name, error } of few) reportError(fromErrorReport(error), { subject: name });
  if (rejected.length > few.length) {
    notify(i18n.t('pictures.rejectedMore', { count: rejected.length - few.length }), {
      description: rejected
        .slice(few.length, few.length + 5)
        .map(({ name }) => name)
        .join(', '),
      seconds: 20,
    });
  }
}
