import type { PicturesState } from '../state/pictures-store';

/** Which pictures an export is about. `given`: those that were picked when the dialog was opened. */
export interface ExportScope {
  readonly id: 'selected' | 'given' | 'all';
  readonly pictureIds: readonly string[];
}

/** The choices that make sense, without two that mean the same; the one that was asked for comes first. */
export function exportScopes(
  asked: readonly string[],
  { order, items, selectedId }: Pick<PicturesState, 'order' | 'items' | 'selectedId'>,
): ExportScope[] {
  const isImage = (id: string): boolean => items[id]?.entry.kind === 'image';
  const given = asked.filter(isImage);
  const all = order.filter(isImage);
  const scopes: ExportScope[] = [];
  if (given.length === 1 && given[0] === selectedId) scopes.push({ id: 'selected', pictureIds: given });
  else if (given.length > 0 && given.length < all.length) scopes.push({ id: 'given', pictureIds: given });
  if (all.length > 1 || scopes.length === 0) scopes.push({ id: 'all', pictureIds: all });
  const [first] = scopes;
  const selected = selectedId !== null && isImage(selectedId) ? [selectedId] : [];
  if (first?.id !== 'selected' && selected.length > 0 && all.length > 1) {
    scopes.push({ id: 'selected', pictureIds: selected });
  }
  return scopes.filter(({ pictureIds }) => pictureIds.length > 0);
}
