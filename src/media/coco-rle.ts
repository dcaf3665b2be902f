import type { Mask } from '../shared/domain/mask';
import { maskIds } from '../shared/mask-ids';

/** One class of a mask as COCO writes it. */
export interface ClassRegion {
  readonly id: number;
  /** Run lengths down the columns, column by column, compressed to a string as COCO's API does. */
  readonly counts: string;
  /** Pixels. */
  readonly area: number;
  /** Left, top, width, height of the smallest rectangle around all pixels. */
  readonly bbox: readonly [number, number, number, number];
}

interface Runs {
  /** Background and foreground in turn, background first. */
  readonly lengths: number[];
  /** First position after the last run. */
  end: number;
  area: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** All classes that have pixels, in rising order of id. */
export function encodeRegions(mask: Mask): ClassRegion[] {
  const { width, height } = mask;
  const ids = maskIds(mask);
  const runs = new Map<number, Runs>();
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height;) {
      const id = ids[y * width + x] ?? 0;
      const top = y;
      while (y < height && ids[y * width + x] === id) y += 1;
      let entry = runs.get(id);
      if (entry === undefined) {
        entry = { lengths: [], end: 0, area: 0, left: x, right: x, top, bottom: y };
        runs.set(id, entry);
      }
      addRun(entry, x, top, y, height);
    }
  }
  return [...runs.entries()]
    .sort(([a], [b]) => a - b)
    .map(([id, entry]) => ({
      id,
      counts: compressCounts(closed(entry, width * height)),
      area: entry.area,
      bbox: [entry.left, entry.top, entry.right - entry.left + 1, entry.bottom - entry.top],
    }));
}

function addRun(entry: Runs, x: number, top: number, bottom: number, height: number): void {
  const start = x * height + top;
  const length = bottom - top;
  const { lengths } = entry;
  if (lengths.length > 0 && start === entry.end) {
    // A column's last run and the next column's first are one.
    lengths[lengths.length - 1] = (lengths[lengths.length - 1] ?? 0) + length;
  } else {
    lengths.push(start - entry.end, length);
  }
  entry.end = start + length;
  entry.area += length;
  entry.right = x;
  entry.top = Math.min(entry.top, top);
  entry.bottom = Math.max(entry.bottom, bottom);
}

function closed({ lengths, end }: Runs, total: number): number[] {
  return end < total ? [...lengths, total - end] : lengths;
}

/**
 * COCO's compression: from the fourth count on the difference to the count two before, each in groups of five bits,
 * lowest first, with a sixth bit that says "more follows", as characters from "0" on.
 */
export function compressCounts(counts: readonly number[]): string {
  const codes: number[] = [];
  counts.forEach((count, index) => {
    let rest = index > 2 ? count - (counts[index - 2] ?? 0) : count;
    for (let more = true; more;) {
      const group = rest & 0x1f;
      rest >>= 5;
      more = (group & 0x10) !== 0 ? rest !== -1 : rest !== 0;
      codes.push((more ? group | 0x20 : group) + 48);
    }
  });
  return Buffer.from(codes).toString('latin1');
}
