import { AppError } from '../../shared/app-error';
import type { Label } from '../../shared/domain/model';

interface Named {
  readonly name: string;
  readonly labels: readonly Label[];
}

/**
 * Ids mean the same on both sides, or comparing them means nothing. A class that nobody named (`class 7`) is at peace
 * with any name; how names are written does not matter.
 *
 * @throws AppError COMPARE_CLASSES_DIFFER
 */
export function checkSameClasses(first: Named, second: Named): void {
  const [one, other] = [namesOf(first.labels), namesOf(second.labels)];
  if (one.size !== other.size) {
    throw differ(first, second, `the first knows ${one.size} classes, the second ${other.size}`);
  }
  const wrong = [...one].filter(([id, name]) => !isSame(id, name, other.get(id)));
  const [least] = wrong;
  if (least === undefined) return;
  const [id, name] = least;
  const theirs = other.get(id);
  const more = wrong.length > 1 ? `, and ${wrong.length - 1} more differ` : '';
  const is =
    theirs === undefined ? 'is missing in the second' : `is "${name}" in the first and "${theirs}" in the second`;
  throw differ(first, second, `class ${id} ${is}${more}`);
}

/** Of several lists of the same classes, for each class the name that somebody gave it. */
export function mergedLabels(lists: readonly (readonly Label[])[]): Label[] {
  const byId = new Map<number, Label>();
  for (const label of lists.flat()) {
    const known = byId.get(label.id);
    if (known === undefined || isUnnamed(known.id, known.name)) byId.set(label.id, label);
  }
  return [...byId.values()].sort((a, b) => a.id - b.id);
}

function namesOf(labels: readonly Label[]): Map<number, string> {
  return new Map(labels.map(({ id, name }) => [id, name]));
}

function isSame(id: number, name: string, other: string | undefined): boolean {
  if (other === undefined) return false;
  return plain(name) === plain(other) || isUnnamed(id, name) || isUnnamed(id, other);
}

function isUnnamed(id: number, name: string): boolean {
  return plain(name) === `class ${id}`;
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

function differ(first: Named, second: Named, why: string): AppError {
  return new AppError(
    'COMPARE_CLASSES_DIFFER',
    `${first.name} and ${second.name} do not have the same classes: ${why}.`,
    {
      hint: 'Compare networks of the same classes, or give one of them the other’s labels.',
      details: { first: first.name, second: second.name },
    },
  );
}
