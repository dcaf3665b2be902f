import type { Mask } from '../../shared/domain/mask';
import { maskIds } from '../../shared/mask-ids';

/** Frames further apart than this have nothing to do with each other: somebody has jumped. */
const LONGEST_GAP = 30;
/** Videos whose last masks are kept; a window that is gone leaves its own behind. */
const MOST_STREAMS = 4;

interface Stream {
  /** Newest last, as they came from the network. */
  readonly past: Mask[];
  lastFrame: number;
}

/** Keeps the last masks of each stream and lets the newest ones vote. */
export class MaskSmoother {
  readonly #streams = new Map<string, Stream>();

  /**
   * The mask in which each pixel has the class of most of the last `window` masks of the stream, this one included.
   * Going back, a jump, or another size begins anew.
   */
  smooth(stream: string, frame: number, mask: Mask, window: number): Mask {
    const known = this.#streams.get(stream);
    const follows =
      known !== undefined &&
      frame > known.lastFrame &&
      frame - known.lastFrame <= LONGEST_GAP &&
      isAlike(known.past[0], mask);
    const past = [...(follows ? known.past : []), mask].slice(-window);
    this.#streams.delete(stream);
    this.#streams.set(stream, { past, lastFrame: frame });
    for (const oldest of this.#streams.keys()) {
      if (this.#streams.size <= MOST_STREAMS) break;
      this.#streams.delete(oldest);
    }
    return vote(past);
  }
}

function isAlike(a: Mask | undefined, b: Mask): boolean {
  return a !== undefined && a.width === b.width && a.height === b.height && a.bytesPerId === b.bytesPerId;
}

/** The class that most masks give to each pixel; where as many give another, the newer one. Masks are alike in size. */
export function vote(masks: readonly Mask[]): Mask {
  const newest = masks[masks.length - 1];
  if (newest === undefined) throw new Error('There is at least one mask.');
  if (masks.length < 3) return newest;
  const all = masks.map(maskIds).reverse();
  const data = newest.data.slice();
  const result = maskIds({ ...newest, data });
  for (let i = 0; i < result.length; i++) {
    const id = result[i] ?? 0;
    if (all.every((ids) => ids[i] === id)) continue;
    result[i] = winner(all, i);
  }
  return { ...newest, data };
}

/** @param masks newest first */
function winner(masks: readonly (Uint8Array | Uint16Array)[], pixel: number): number {
  let best = 0;
  let bestCount = 0;
  for (const ids of masks) {
    const id = ids[pixel] ?? 0;
    let count = 0;
    for (const other of masks) if (other[pixel] === id) count += 1;
    // Strictly more: among equals the newest was first.
    if (count > bestCount) {
      best = id;
      bestCount = count;
    }
  }
  return best;
}
