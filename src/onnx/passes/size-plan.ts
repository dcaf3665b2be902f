import type { Dim } from '../symbolic';
import { multiplyDims, productOf } from '../symbolic';

/*
 * What a Reshape with sizes written in was meant to do. Its input's sizes are known as formulas (batch, rows, columns …)
 * and, for the size that the model was exported at, as numbers; its target only as numbers. A Reshape keeps the order of
 * elements, so input and target are cut into the shortest groups with equal products, and inside a group the factors are
 * dealt out in order.
 */

/** A size as a formula and as the number that it had at export. */
export interface Size {
  readonly dim: Dim;
  readonly number: number;
}

/** The parts that a size was multiplied from, in memory order; itself where it was not. */
export type PartsOf = (dim: Dim) => readonly Dim[];

export interface ReshapePlan {
  /** The target as formulas. */
  readonly dims: readonly Dim[];
  /** Sizes that were merged, as their parts in order: later splits need the order. */
  readonly merged: readonly { readonly dim: Dim; readonly parts: readonly Dim[] }[];
}

/** Undefined when the numbers do not fit together, so that the export size assumed is wrong or the Reshape is no pure one. */
export function planReshape(
  input: readonly Size[],
  target: readonly number[],
  partsOf: PartsOf,
  numberOf: (dim: Dim) => number | undefined,
): ReshapePlan | undefined {
  const groups = groupSizes(input, target);
  if (groups === undefined) return undefined;
  const dims: Dim[] = [];
  const merged: { dim: Dim; parts: readonly Dim[] }[] = [];
  for (const group of groups) {
    const factors: Size[] = [];
    for (const { dim } of group.input) {
      for (const part of partsOf(dim)) {
        const number = numberOf(part);
        if (number === undefined) return undefined;
        factors.push({ dim: part, number });
      }
    }
    const dealt = dealFactors(factors, group.target);
    if (dealt === undefined) return undefined;
    for (const parts of dealt) {
      const dim = productOf(parts);
      dims.push(dim);
      if (parts.length > 1) merged.push({ dim, parts });
    }
  }
  return { dims, merged };
}

interface Group {
  readonly input: readonly Size[];
  readonly target: readonly number[];
}

/** Cuts both lists into the shortest runs with equal products. */
function groupSizes(input: readonly Size[], target: readonly number[]): Group[] | undefined {
  const groups: Group[] = [];
  let [i, t] = [0, 0];
  while (i < input.length && t < target.length) {
    const taken: Size[] = [];
    const wanted: number[] = [];
    let left = takeSize(input[i++], taken);
    let right = takeNumber(target[t++], wanted);
    while (left !== right) {
      if (left < right) {
        if (i >= input.length) return undefined;
        left *= takeSize(input[i++], taken);
      } else {
        if (t >= target.length) return undefined;
        right *= takeNumber(target[t++], wanted);
      }
    }
    groups.push({ input: taken, target: wanted });
  }
  const restOfInput = input.slice(i);
  const restOfTarget = target.slice(t);
  if (restOfInput.some(({ number }) => number !== 1) || restOfTarget.some((number) => number !== 1)) return undefined;
  const last = groups.pop();
  if (last === undefined) return undefined;
  return [...groups, { input: [...last.input, ...restOfInput], target: [...last.target, ...restOfTarget] }];
}

function takeSize(size: Size | undefined, into: Size[]): number {
  if (size === undefined) return 1;
  into.push(size);
  return size.number;
}

function takeNumber(number: number | undefined, into: number[]): number {
  if (number === undefined) return 1;
  into.push(number);
  return number;
}

/** @returns for each number of the target the factors that make it up. */
function dealFactors(factors: readonly Size[], target: readonly number[]): Dim[][] | undefined {
  const queue = [...factors];
  const dealt: Dim[][] = [];
  for (const [index, wanted] of target.entries()) {
    const isLast = index === target.length - 1;
    const parts: Dim[] = [];
    let product = 1;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      // A batch of one at export is a factor of one: it goes to the first place that is free for it.
      const fillsOne =
        product === 1 && wanted === 1 && parts.length === 0 && next.number === 1 && typeof next.dim !== 'number';
      if (product === wanted && !fillsOne && !isLast) break;
      const part = takePart(next, wanted / product);
      if (part === undefined) return undefined;
      queue.shift();
      if (part.rest !== undefined) queue.unshift(part.rest);
      parts.push(part.dim);
      product *= part.number;
      if (fillsOne && !isLast) break;
    }
    if (product !== wanted) return undefined;
    dealt.push(parts.length === 0 ? [wanted] : mergeNumbers(parts));
  }
  return queue.length === 0 ? dealt : undefined;
}

/** As much of a factor as fits: all of it, or, of a plain number, what is still wanted. */
function takePart(factor: Size, wanted: number): (Size & { readonly rest?: Size }) | undefined {
  if (wanted % factor.number === 0) return factor;
  if (typeof factor.dim !== 'number' || factor.number % wanted !== 0) return undefined;
  const rest = factor.number / wanted;
  return { dim: wanted, number: wanted, rest: { dim: rest, number: rest } };
}

/** Plain numbers that stand side by side become one; ones vanish beside others. */
function mergeNumbers(parts: readonly Dim[]): Dim[] {
  const merged: Dim[] = [];
  for (const part of parts) {
    const before = merged.at(-1);
    if (typeof part === 'number' && typeof before === 'number') merged[merged.length - 1] = multiplyDims(before, part);
    else merged.push(part);
  }
  const kept = merged.filter((part) => part !== 1);
  return kept.length === 0 ? [1] : kept;
}
