import type { ClassShare, Mask } from '../shared/domain/mask';
import { maskIds } from '../shared/mask-ids';
import type { Label } from '../shared/domain/model';

/**
 * Pixels of each class id. Masks are mostly long runs of one class, so whole words are compared with the one before and
 * a run is counted once, when it ends.
 */
export function countClasses(mask: Mask): Uint32Array {
  const ids = maskIds(mask);
  const counts = new Uint32Array(mask.bytesPerId === 1 ? 256 : 65_536);
  const add = (id: number, times: number): void => void (counts[id] = (counts[id] ?? 0) + times);
  const perWord = 4 / mask.bytesPerId;
  const isAligned = ids.byteOffset % 4 === 0;
  const words = isAligned ? new Uint32Array(ids.buffer, ids.byteOffset, Math.floor(ids.length / perWord)) : [];
  for (let i = 0; i < words.length;) {
    const word = words[i];
    let end = i + 1;
    while (end < words.length && words[end] === word) end += 1;
    for (let k = 0; k < perWord; k += 1) add(ids[i * perWord + k] ?? 0, end - i);
    i = end;
  }
  for (let i = words.length * perWord; i < ids.length; i += 1) add(ids[i] ?? 0, 1);
  return counts;
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
