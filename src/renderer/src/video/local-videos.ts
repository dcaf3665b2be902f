import type { PictureEntry } from '../../../shared/domain/picture';

/** The camera on the film strip. */
export const CAMERA_ID = 'camera';

/** Videos whose content is in this window: a browser's drop, which is not copied to the studio. By item id. */
const files = new Map<string, File>();
let count = 0;

export function addLocalVideo(file: File): PictureEntry {
  count += 1;
  const id = `local-video-${count}`;
  files.set(id, file);
  return { id, name: file.name, path: null, sizeBytes: file.size, kind: 'video' };
}

export function localVideo(id: string): File | undefined {
  return files.get(id);
}

/** True for items that the studio does not know. */
export function isLocal(id: string): boolean {
  return id === CAMERA_ID || files.has(id);
}

export function forgetLocalVideo(id: string): void {
  files.delete(id);
}
