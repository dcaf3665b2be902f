import type { Mask } from '../../../shared/domain/mask';
import { maskIds } from '../../../shared/mask-ids';
import type { MaskComparison } from '../../../shared/domain/verification';

/** So many pixels that are one class for the reference are another for the side. */
export interface PairCount {
  readonly from: number;
  readonly to: number;
  readonly pixels: number;
}

export interface PairCounts {
  /** The most frequent first. */
  readonly pairs: readonly PairCount[];
  /** Pixels that were compared. */
  readonly compared: number;
}

/** Past any id, so that a pair is one number. */
const SPAN = 65_536;
/** Pixels between two looks at the clock. */
const CHUNK = 1 << 20;

/**
 * Changes of class between two masks of one size, counted in pieces so that the window stays awake with huge pictures.
 * Pixels that are `ignored` in either are not compared. Rejects when `signal` is aborted.
 */
export async function countPairs(
  from: Mask,
  to: Mask,
  ignored: number | null,
  signal: AbortSignal,
): Promise<PairCounts> {
  const [before, after] = [maskIds(from), maskIds(to)];
  const counts = new Map<number, number>();
  const length = Math.min(before.length, after.length);
  let compared = 0;
  for (let start = 0; start < length; start += CHUNK) {
    if (start > 0) await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const end = Math.min(length, start + CHUNK);
    for (let i = start; i < end; i++) {
      const old = before[i] ?? 0;
      const now = after[i] ?? 0;
      if (old === ignored || now === ignored) continue;
      compared++;
      if (old === now) continue;
      const pair = old * SPAN + now;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  const pairs = [...counts].map(([pair, pixels]) => ({ from: Math.floor(pair / SPAN), to: pair % SPAN, pixels }));
  return { pairs: sorted(pairs), compared };
}

/** The same of many pictures, from the studio's confusion matrix. */
export function pairsOfConfusion({ confusion, confusionIds, pixels }: MaskComparison): PairCounts {
  const pairs = confusion.flatMap((row, i) =>
    row.map((count, j) => ({ from: confusionIds[i] ?? 0, to: confusionIds[j] ?? 0, pixels: count })),
  );
  return { pairs: sorted(pairs.filter(({ from, to, pixels: count }) => from !== to && count > 0)), compared: pixels };
}

function sorted(pairs: readonly PairCount[]): PairCount[] {
  return [...pairs].sort((a, b) => b.pixels - a.pixels || a.from - b.from || a.to - b.to);
}
