import type { PictureScore } from '../../shared/domain/comparison';
import type { Mask } from '../../shared/domain/mask';
import type { MaskComparison } from '../../shared/domain/verification';
import { boundaryBand } from '../verify/boundary';
import type { NamedClass } from '../verify/metrics';
import { MaskScores, voidIds } from '../verify/metrics';

/** What two sides' masks of one picture have in common. */
export interface PairScore {
  readonly agreement: number;
  readonly meanIou: number | null;
}

/** Of one picture, for each two sides, in the order of {@link pairIndex}; null where one of them has no mask. */
export type PicturePairs = readonly (PairScore | null)[];

/** Where two different sides' figures stand; either may be named first. */
export function pairIndex(one: number, other: number): number {
  const [low, high] = one < other ? [one, other] : [other, one];
  return (high * (high - 1)) / 2 + low;
}

/**
 * Compares each side's masks with each other side's, so that any of them can be the reference afterwards: agreement and
 * IoU are the same both ways, and the confusion is only turned.
 */
export class PairScores {
  readonly #pairs: readonly { readonly low: number; readonly high: number; readonly scores: MaskScores }[];
  readonly #compared: number[];

  constructor(sides: number, labels: readonly NamedClass[]) {
    const ignored = voidIds(labels);
    const indices = Array.from({ length: sides }, (_, index) => index);
    this.#pairs = indices.flatMap((high) =>
      indices.slice(0, high).map((low) => ({ low, high, scores: new MaskScores(labels, ignored) })),
    );
    this.#compared = this.#pairs.map(() => 0);
  }

  /** @param masks one for each side, all of one size; null where a side has none */
  add(masks: readonly (Mask | null)[]): PicturePairs {
    // Each mask is in several pairs; where its borders are is found once.
    const bands = masks.map((mask) => (mask === null ? null : boundaryBand(mask)));
    return this.#pairs.map(({ low, high, scores }, index) => {
      const [mask, reference] = [masks[high] ?? null, masks[low] ?? null];
      const [band, other] = [bands[high] ?? null, bands[low] ?? null];
      if (mask === null || reference === null || band === null || other === null) return null;
      this.#compared[index] = (this.#compared[index] ?? 0) + 1;
      return scores.add(mask, reference, { mask: band, reference: other });
    });
  }

  /** Over all pictures; null where nothing was compared. */
  between(side: number, reference: number): MaskComparison | null {
    const pair = this.#pairs[pairIndex(side, reference)];
    if (side === reference || pair === undefined || this.compared(side, reference) === 0) return null;
    return pair.scores.result(side === pair.low);
  }

  /** Pictures of which both have a mask. */
  compared(side: number, reference: number): number {
    return side === reference ? 0 : (this.#compared[pairIndex(side, reference)] ?? 0);
  }
}

/** One picture's mask against another of it, without the borders. */
export function scorePicture(mask: Mask, reference: Mask, labels: readonly NamedClass[]): PictureScore {
  const scores = new MaskScores(labels, voidIds(labels));
  const { agreement, meanIou } = scores.add(mask, reference, null);
  const { pixels, classes } = scores.result();
  return {
    pixels,
    agreement,
    meanIou,
    classes: classes.map(({ id, name, iou, pixels: own, referencePixels }) => ({
      id,
      name,
      iou,
      pixels: own,
      referencePixels,
    })),
  };
}
