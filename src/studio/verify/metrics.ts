import type { Mask } from '../../shared/domain/mask';
import { maskIds } from '../../shared/mask-ids';
import type { ClassScore, MaskComparison } from '../../shared/domain/verification';
import { boundaryBand } from './boundary';

/** Ids by which drawn masks say "nothing drawn here", where the network has no such class. */
const VOID_IDS = [255, 65_535];

/** Those of them that no class has. */
export function voidIds(labels: readonly NamedClass[]): number[] {
  const used = new Set(labels.map(({ id }) => id));
  return VOID_IDS.filter((id) => !used.has(id));
}

export interface NamedClass {
  readonly id: number;
  readonly name: string;
}

/** Counts for one class: its pixels in the mask, in the reference, and in both. */
interface Counts {
  readonly mask: number;
  readonly reference: number;
  readonly both: number;
}

/** Ids by pairs: how often the mask says one where the reference says another. */
type Pairs = Map<number, number>;

/** Pairs are kept under `reference * SPAN + mask`. */
const SPAN = 65_536;

/** What comparing one picture's masks gives by itself. */
export interface PictureScore {
  readonly agreement: number;
  /** Mean IoU over the classes that occur in it; null where nothing was compared. */
  readonly meanIou: number | null;
}

/** Bands of a mask and of its reference, for those who compare one mask with several; null leaves borders out. */
export interface Bands {
  readonly mask: Uint8Array;
  readonly reference: Uint8Array;
}

/**
 * Compares masks with reference masks, picture after picture, and sums up over all of them. Pixels that either marks as
 * ignored are not compared.
 */
export class MaskScores {
  readonly #labels: readonly NamedClass[];
  readonly #ignored: ReadonlySet<number>;
  readonly #pairs: Pairs = new Map();
  readonly #bands = {
    mask: new Map<number, number>(),
    reference: new Map<number, number>(),
    both: new Map<number, number>(),
  };
  #pixels = 0;

  /** @param ignored ids that mean "not drawn" */
  constructor(labels: readonly NamedClass[], ignored: readonly number[] = []) {
    this.#labels = labels;
    this.#ignored = new Set(ignored);
  }

  /** @throws Error when the masks differ in size */
  add(mask: Mask, reference: Mask, bands: Bands | null = bandsOf(mask, reference)): PictureScore {
    if (mask.width !== reference.width || mask.height !== reference.height) {
      throw new Error(
        `A mask of ${mask.width}x${mask.height} was compared with ${reference.width}x${reference.height}.`,
      );
    }
    const pairs = countPairs(maskIds(mask), maskIds(reference), this.#ignored);
    for (const [pair, count] of pairs) this.#pairs.set(pair, (this.#pairs.get(pair) ?? 0) + count);
    const pixels = sum(pairs.values());
    this.#pixels += pixels;
    if (bands !== null) this.#addBands(mask, reference, bands);
    return { agreement: pixels === 0 ? 1 : sameOf(pairs) / pixels, meanIou: mean(ious(countsOf(pairs))) };
  }

  /** @param turned tells it the other way round: the reference's masks against the masks */
  result(turned = false): MaskComparison {
    const counts = countsOf(this.#pairs);
    const ids = [...counts.keys()].sort((a, b) => a - b);
    const names = new Map(this.#labels.map(({ id, name }) => [id, name]));
    const classes = ids.map((id): ClassScore => {
      const { mask, reference } = counts.get(id) ?? { mask: 0, reference: 0 };
      const iou = iouOf(counts.get(id));
      return {
        id,
        name: names.get(id) ?? `class ${id}`,
        iou,
        boundaryIou: iouOf(this.#bandCounts(id)),
        pixels: turned ? reference : mask,
        referencePixels: turned ? mask : reference,
      };
    });
    const pairs = (reference: number, mask: number): number => this.#pairs.get(reference * SPAN + mask) ?? 0;
    return {
      pixels: this.#pixels,
      pixelAgreement: this.#pixels === 0 ? 1 : sameOf(this.#pairs) / this.#pixels,
      meanIou: mean(classes.map(({ iou }) => iou)),
      meanBoundaryIou: mean(classes.map(({ boundaryIou }) => boundaryIou)),
      classes,
      confusionIds: ids,
      confusion: ids.map((row) => ids.map((column) => (turned ? pairs(column, row) : pairs(row, column)))),
      idDifference: idDifference(this.#pairs),
    };
  }

  #addBands(mask: Mask, reference: Mask, { mask: band, reference: otherBand }: Bands): void {
    const [ids, others] = [maskIds(mask), maskIds(reference)];
    const most = Math.max(mask.bytesPerId, reference.bytesPerId) === 1 ? 256 : SPAN;
    const ignored = new Uint8Array(most);
    for (const id of this.#ignored) if (id < most) ignored[id] = 1;
    // Counted in plain arrays: a map's look-up for each pixel takes longer than all the rest.
    const [inMask, inReference, both] = [new Uint32Array(most), new Uint32Array(most), new Uint32Array(most)];
    for (let i = 0; i < ids.length; i++) {
      const isNear = band[i] ?? 0;
      const isOtherNear = otherBand[i] ?? 0;
      if (isNear + isOtherNear === 0) continue;
      const id = ids[i] ?? 0;
      const other = others[i] ?? 0;
      if (ignored[id] === 1 || ignored[other] === 1) continue;
      inMask[id] = (inMask[id] ?? 0) + isNear;
      inReference[other] = (inReference[other] ?? 0) + isOtherNear;
      if (id === other) both[id] = (both[id] ?? 0) + (isNear & isOtherNear);
    }
    const { mask: ofMask, reference: ofReference, both: ofBoth } = this.#bands;
    for (const [counts, sums] of [
      [inMask, ofMask],
      [inReference, ofReference],
      [both, ofBoth],
    ] as const) {
      counts.forEach((pixels, id) => pixels > 0 && sums.set(id, (sums.get(id) ?? 0) + pixels));
    }
  }

  #bandCounts(id: number): Counts {
    const { mask, reference, both } = this.#bands;
    return { mask: mask.get(id) ?? 0, reference: reference.get(id) ?? 0, both: both.get(id) ?? 0 };
  }
}

function bandsOf(mask: Mask, reference: Mask): Bands {
  return { mask: boundaryBand(mask), reference: boundaryBand(reference) };
}

function countPairs(ids: ArrayLike<number>, others: ArrayLike<number>, ignored: ReadonlySet<number>): Pairs {
  const pairs: Pairs = new Map();
  // Neighbours mostly have the same pair: runs are counted, not pixels.
  let current = -1;
  let run = 0;
  const flush = (): void => {
    if (run === 0 || ignored.has(Math.floor(current / SPAN)) || ignored.has(current % SPAN)) return;
    pairs.set(current, (pairs.get(current) ?? 0) + run);
  };
  for (let i = 0; i < ids.length; i++) {
    const pair = (others[i] ?? 0) * SPAN + (ids[i] ?? 0);
    if (pair === current) {
      run += 1;
      continue;
    }
    flush();
    current = pair;
    run = 1;
  }
  flush();
  return pairs;
}

function countsOf(pairs: Pairs): Map<number, Counts> {
  const counts = new Map<number, Counts>();
  const none: Counts = { mask: 0, reference: 0, both: 0 };
  for (const [pair, count] of pairs) {
    const [reference, mask] = [Math.floor(pair / SPAN), pair % SPAN];
    const one = counts.get(reference) ?? none;
    counts.set(reference, {
      ...one,
      reference: one.reference + count,
      both: one.both + (reference === mask ? count : 0),
    });
    const other = counts.get(mask) ?? none;
    counts.set(mask, { ...other, mask: other.mask + count });
  }
  return counts;
}

function iouOf(counts: Counts | undefined): number | null {
  if (counts === undefined) return null;
  const union = counts.mask + counts.reference - counts.both;
  return union === 0 ? null : counts.both / union;
}

function ious(counts: ReadonlyMap<number, Counts>): (number | null)[] {
  return [...counts.values()].map(iouOf);
}

function sameOf(pairs: Pairs): number {
  let same = 0;
  for (const [pair, count] of pairs) if (Math.floor(pair / SPAN) === pair % SPAN) same += count;
  return same;
}

/** Largest, middle and mean absolute difference of ids taken as numbers. */
function idDifference(pairs: Pairs): MaskComparison['idDifference'] {
  const byDifference = new Map<number, number>();
  for (const [pair, count] of pairs) {
    const difference = Math.abs(Math.floor(pair / SPAN) - (pair % SPAN));
    byDifference.set(difference, (byDifference.get(difference) ?? 0) + count);
  }
  const sorted = [...byDifference].sort(([a], [b]) => a - b);
  const pixels = sum(byDifference.values());
  if (pixels === 0) return { max: 0, median: 0, mean: 0 };
  let seen = 0;
  const middle = sorted.find(([, count]) => (seen += count) * 2 >= pixels);
  const total = sorted.reduce((before, [difference, count]) => before + difference * count, 0);
  return { max: sorted[sorted.length - 1]?.[0] ?? 0, median: middle?.[0] ?? 0, mean: total / pixels };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null);
  return known.length === 0 ? null : sum(known) / known.length;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
