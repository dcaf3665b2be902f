import type { ClassShare, Mask } from '../shared/domain/mask';
import { maskIds } from '../shared/domain/mask';
import type { Label } from '../shared/domain/model';

/** Pixels of each class id. */
export function countClasses(mask: Mask): Uint32Array {
  const ids = maskIds(mask);
  const classes = mask.bytesPerId === 1 ? 256 : 65_536;
  // Neighbours mostly have the same class; counters of their own for even and odd positions spare waiting for each other.
  const even = new Uint32Array(classes);
  const odd = new Uint32Array(classes);
  const pairs = ids.length - (ids.length % 2);
  for (let i = 0; i < pairs; i += 2) {
    const a = ids[i] ?? 0;
    const b = ids[i + 1] ?? 0;
    even[a] = (even[a] ?? 0) + 1;
    odd[b] = (odd[b] ?? 0) + 1;
  }
  if (pairs < ids.length) {
    const last = ids[pairs] ?? 0;
    even[last] = (even[last] ?? 0) + 1;
  }
  return even.map((count, id) => count + (odd[id] ?? 0));
}

/** Classes that have pixels, most frequent first. */
export function classShares(mask: Mask, labels: readonly Label[]): ClassShare[] {
  const counts = countClasses(mask);
  const names = new Map(labels.map(({ id, name }) => [id, name]));
  const total = mask.width * mask.height;
  const shares: ClassShare[] = [];
  counts.forEach((pixels, id) => {
    if (pixels > 0) shares.push({ id, label: names.get(id) ?? `class ${id}`, pixels, share: pixels / total });
  });
  return shares.sort((a, b) => b.pixels - a.pixels || a.id - b.id);
}
