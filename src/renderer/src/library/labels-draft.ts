import type { Label } from '../../../shared/domain/model';

/** One name on each line, in the order of the class ids. */
export function labelsText(labels: readonly Label[]): string {
  return [...labels]
    .sort((a, b) => a.id - b.id)
    .map((label) => label.name)
    .join('\n');
}

/**
 * Labels with the names of `text`; colours stay with their class. An empty line keeps the name it had. Null when there
 * are more lines than classes, since nobody could tell what the rest is for.
 */
export function labelsFrom(text: string, before: readonly Label[]): Label[] | null {
  const lines = text.replace(/\n+$/, '').split('\n');
  if (lines.length > before.length) return null;
  return [...before]
    .sort((a, b) => a.id - b.id)
    .map((label, index) => ({ ...label, name: lines[index]?.trim() || label.name }));
}
