/** How far one tensor is from another. "Relative" is always to the reference's largest magnitude (or mean magnitude). */
export interface Difference {
  readonly maxAbsolute: number;
  readonly meanAbsolute: number;
  /** Largest absolute difference over the largest magnitude of the reference. */
  readonly maxRelative: number;
  /** Mean absolute difference over the mean magnitude of the reference. */
  readonly meanRelative: number;
  /** 1: same direction. */
  readonly cosine: number;
  /** Elements that are no finite number in one and not the same in the other. */
  readonly notFinite: number;
  /** Elements that are finite in both: what the other figures are of. */
  readonly finite: number;
}

/** Sums over several tensors, for a figure over all samples. */
export class DifferenceSum {
  #count = 0;
  #maxAbsolute = 0;
  #sumAbsolute = 0;
  #maxReference = 0;
  #sumReference = 0;
  #dot = 0;
  #normReference = 0;
  #normOther = 0;
  #notFinite = 0;
  #finite = 0;

  /** @throws RangeError when the lengths differ. */
  add(reference: ArrayLike<number>, other: ArrayLike<number>): void {
    if (reference.length !== other.length) throw new RangeError(`${reference.length} and ${other.length} elements`);
    for (let index = 0; index < reference.length; index += 1) {
      const expected = reference[index] ?? 0;
      const actual = other[index] ?? 0;
      if (!Number.isFinite(expected) || !Number.isFinite(actual)) {
        if (!Object.is(expected, actual)) this.#notFinite += 1;
        continue;
      }
      this.#finite += 1;
      const difference = Math.abs(expected - actual);
      if (difference > this.#maxAbsolute) this.#maxAbsolute = difference;
      const magnitude = Math.abs(expected);
      if (magnitude > this.#maxReference) this.#maxReference = magnitude;
      this.#sumAbsolute += difference;
      this.#sumReference += magnitude;
      this.#dot += expected * actual;
      this.#normReference += expected * expected;
      this.#normOther += actual * actual;
    }
    this.#count += reference.length;
  }

  result(): Difference {
    const norms = Math.sqrt(this.#normReference * this.#normOther);
    const areBothZero = this.#normReference === 0 && this.#normOther === 0;
    return {
      maxAbsolute: this.#maxAbsolute,
      meanAbsolute: this.#count === 0 ? 0 : this.#sumAbsolute / this.#count,
      maxRelative: ratio(this.#maxAbsolute, this.#maxReference),
      meanRelative: ratio(this.#sumAbsolute, this.#sumReference),
      cosine: norms > 0 ? this.#dot / norms : areBothZero ? 1 : 0,
      notFinite: this.#notFinite,
      finite: this.#finite,
    };
  }
}

export function difference(reference: ArrayLike<number>, other: ArrayLike<number>): Difference {
  const sum = new DifferenceSum();
  sum.add(reference, other);
  return sum.result();
}

/** Logits as [N, C, H, W]. */
export interface Logits {
  readonly data: ArrayLike<number>;
  readonly dims: readonly [number, number, number, number];
}

/** Class of the largest logit for each pixel, row-major [N, H, W]; the lower class of two equal ones, as ArgMax. */
export function winners({ data, dims: [batch, classes, height, width] }: Logits): Int32Array {
  const plane = height * width;
  const ids = new Int32Array(batch * plane);
  for (let image = 0; image < batch; image += 1) {
    const offset = image * classes * plane;
    for (let pixel = 0; pixel < plane; pixel += 1) {
      let best = -Infinity;
      let winner = 0;
      for (let id = 0; id < classes; id += 1) {
        const value = data[offset + id * plane + pixel] ?? -Infinity;
        if (value > best) {
          best = value;
          winner = id;
        }
      }
      ids[image * plane + pixel] = winner;
    }
  }
  return ids;
}

/** Bilinear, pixel centres, edges repeated: Resize with `half_pixel`, PyTorch's interpolate with align_corners=False. */
export function resizeBilinear(logits: Logits, height: number, width: number): Logits {
  const [batch, classes, fromHeight, fromWidth] = logits.dims;
  if (fromHeight === height && fromWidth === width) return logits;
  const rows = taps(fromHeight, height);
  const columns = taps(fromWidth, width);
  const data = new Float32Array(batch * classes * height * width);
  const { data: source } = logits;
  let target = 0;
  for (let plane = 0; plane < batch * classes; plane += 1) {
    const offset = plane * fromHeight * fromWidth;
    for (const row of rows) {
      const top = offset + row.low * fromWidth;
      const bottom = offset + row.high * fromWidth;
      for (const { low, high, weight } of columns) {
        const above = mix(source[top + low] ?? 0, source[top + high] ?? 0, weight);
        const below = mix(source[bottom + low] ?? 0, source[bottom + high] ?? 0, weight);
        data[target] = mix(above, below, row.weight);
        target += 1;
      }
    }
  }
  return { data, dims: [batch, classes, height, width] };
}

/** Share of equal elements, 0 to 1. */
export function agreement(reference: ArrayLike<number>, other: ArrayLike<number>): number {
  if (reference.length === 0) return 1;
  let same = 0;
  for (let index = 0; index < reference.length; index += 1) if (reference[index] === other[index]) same += 1;
  return same / reference.length;
}

function taps(from: number, to: number): { low: number; high: number; weight: number }[] {
  return Array.from({ length: to }, (_, index) => {
    const position = Math.max(0, Math.min(from - 1, ((index + 0.5) * from) / to - 0.5));
    const low = Math.floor(position);
    return { low, high: Math.min(low + 1, from - 1), weight: position - low };
  });
}

function mix(one: number, other: number, weight: number): number {
  return one + (other - one) * weight;
}

function ratio(part: number, whole: number): number {
  if (whole > 0) return part / whole;
  return part === 0 ? 0 : Infinity;
}
