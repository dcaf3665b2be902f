import type { PictureResult } from '../../../shared/domain/comparison';

/** The pictures that agree least first; those without a figure, because a side failed, before all others. */
export function worstFirst(pictures: readonly PictureResult[]): PictureResult[] {
  return [...pictures].sort(
    (a, b) => (a.worst ?? -1) - (b.worst ?? -1) || a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
}
