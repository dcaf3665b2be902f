import type { ErrorReport } from '../../shared/app-error';
import type { Label } from '../../shared/domain/model';
import { paletteForLabels } from '../../shared/palettes';
import { remark } from '../../shared/remark';

export const MAX_CLASS_ID = 65534;

/** Names by class id, in any JSON form that tools write: a list, or an object with ids for keys. Null when neither. */
export function namesFrom(value: unknown): Map<number, string> | null {
  if (Array.isArray(value)) {
    const names = value.filter((name): name is string => typeof name === 'string');
    return names.length === value.length && names.length > 0 ? new Map(names.entries()) : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const names = new Map<number, string>();
  for (const [key, name] of Object.entries(value)) {
    const id = Number(key);
    if (!Number.isInteger(id) || id < 0 || id > MAX_CLASS_ID || typeof name !== 'string') return null;
    names.set(id, name);
  }
  return names.size > 0 ? names : null;
}

/** Labels in the order of their ids, in the colours of the dataset they belong to. */
export function labelsFromNames(names: ReadonlyMap<number, string>): Label[] {
  const sorted = [...names].sort(([a], [b]) => a - b);
  const palette = paletteForLabels(sorted.map(([, name]) => name));
  return sorted.map(([id, name]) => ({
    id,
    name: name.trim() === '' ? `class ${id}` : name.trim(),
    color: palette.colorOf(id, name),
  }));
}

/** Every class of the network has a label: those that nobody named are called `class N`. */
export function completeLabels(labels: readonly Label[], classes: number | null): Label[] {
  if (classes === null) return [...labels];
  const byId = new Map(labels.map((label) => [label.id, label]));
  const palette = paletteForLabels([]);
  return Array.from(
    { length: Math.min(classes, MAX_CLASS_ID + 1) },
    (_, id) => byId.get(id) ?? { id, name: `class ${id}`, color: palette.colorOf(id) },
  );
}

/** Drops what the network cannot answer; says so. */
export function fitLabels(
  labels: readonly Label[],
  classes: number | null,
  source: string,
): { labels: Label[]; warnings: ErrorReport[] } {
  const fitting = classes === null ? [...labels] : labels.filter((label) => label.id < classes);
  const warnings: ErrorReport[] = [];
  if (classes !== null && labels.length !== classes) {
    const isSurplus = labels.length > classes;
    const rest = isSurplus ? 'the surplus is left out.' : 'the others are numbered.';
    const what = `${source} names ${labels.length} classes, and the network tells ${classes} apart; ${rest}`;
    const details = { source, labels: labels.length, classes };
    warnings.push(remark(isSurplus ? 'labels-surplus' : 'labels-too-few', what, details));
  }
  return { labels: completeLabels(fitting, classes), warnings };
}
