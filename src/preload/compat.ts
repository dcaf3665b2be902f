import { webUtils } from 'electron';

/** Where a dropped or chosen file lies; empty for one that has no path (dragged from a page). */
export function pathOfFile(file: File): string {
  // Electron 22 has no webUtils and puts the path on the file; later versions took it away from there.
  const utilities = webUtils as typeof webUtils | undefined;
  if (utilities !== undefined) return utilities.getPathForFile(file);
  // A page can make any object with a path, but no File with one.
  return file instanceof File && 'path' in file && typeof file.path === 'string' ? file.path : '';
}
