import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { attributeInts } from '../node';
import type { DataType } from '../data-type';
import type { Dim } from '../symbolic';
import { addDims, minDims, sameDim, subtractDims, unknownDim } from '../symbolic';
import type { Constant } from '../tensor';

/** What inference knows of a value. */
export interface TensorType {
  /** `DataType.UNDEFINED` when not known. */
  readonly type: DataType;
  /** Undefined when not even the rank is known. */
  readonly dims: readonly Dim[] | undefined;
}

/** One node as a rule sees it: types and small values of its inputs, and the place for what it gives. */
export interface RuleContext {
  readonly graph: Graph;
  readonly node: NodeProto;
  readonly opset: number;
  type(index: number): DataType;
  dims(index: number): readonly Dim[] | undefined;
  has(index: number): boolean;
  /** Elements of a small integer, bool or float tensor, row-major, as far as they follow from shapes and constants. */
  values(index: number): readonly Dim[] | undefined;
  constant(index: number): Constant | undefined;
  give(index: number, type: DataType, dims: readonly Dim[] | undefined): void;
  giveValues(index: number, values: readonly Dim[] | undefined): void;
}

/** Says what it knows of the node's outputs; what it does not say stays unknown. */
export type Rule = (context: RuleContext) => void;

/** Axis from the end to one from the start. */
export function wrapAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Axes from the attribute or from an input; undefined when they are not given or not constant. */
export function axesFrom(context: RuleContext, inputIndex: number): number[] | undefined {
  const attribute = attributeInts(context.node, 'axes');
  return attribute ?? numbersFrom(context.values(inputIndex));
}

export function numbersFrom(values: readonly Dim[] | undefined): number[] | undefined {
  if (values === undefined) return undefined;
  const numbers = values.filter((value): value is number => typeof value === 'number');
  return numbers.length === values.length ? numbers : undefined;
}

/** NumPy's broadcasting. A size of a name against a number is the number: everything else fails at run time. */
export function broadcast(
  one: readonly Dim[] | undefined,
  other: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (one === undefined || other === undefined) return undefined;
  const rank = Math.max(one.length, other.length);
  return Array.from({ length: rank }, (_, index): Dim => {
    const left = one[index - rank + one.length] ?? 1;
    const right = other[index - rank + other.length] ?? 1;
    if (left === 1) return right;
    if (right === 1 || sameDim(left, right)) return left;
    if (typeof left === 'number') return left;
    return typeof right === 'number' ? right : unknownDim();
  });
}

/** A Slice's number of elements along one axis, or its selection of values, for any bounds that are known well enough. */
export function sliceLength(size: Dim, start: Dim, end: Dim, step: number): Dim {
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    return countIndices(size, start, end, step);
  }
  if (step !== 1) return step === -1 && isWholeReversed(start, end) ? size : unknownDim();
  const from = typeof start === 'number' && start < 0 ? addDims(size, start) : start;
  let to = end;
  if (typeof end === 'number' && end < 0) to = addDims(size, end);
  else if (typeof end === 'number' && end >= 2 ** 30) to = size;
  else if (typeof end === 'number' || growsWithSizes(end)) to = minDims(end, size);
  else return unknownDim();
  const length = subtractDims(to, from);
  return typeof length === 'number' ? Math.max(0, length) : length;
}

/** Never negative, so that it counts from the start. */
function growsWithSizes(dim: Dim): boolean {
  return typeof dim !== 'number' && dim.constant >= 0 && dim.products.every(({ coefficient }) => coefficient > 0);
}

function isWholeReversed(start: Dim, end: Dim): boolean {
  return (
    (start === -1 || (typeof start === 'number' && start >= 2 ** 30)) && typeof end === 'number' && end < -(2 ** 30)
  );
}

/** Positions that a slice takes; only for short axes. */
export function sliceIndices(size: number, start: number, end: number, step: number): number[] {
  const first = firstIndex(size, start, step);
  return Array.from({ length: countIndices(size, start, end, step) }, (_, index) => first + index * step);
}

function countIndices(size: number, start: number, end: number, step: number): number {
  if (step === 0) return 0;
  const wrapped = end < 0 ? end + size : end;
  const last = step > 0 ? clamp(wrapped, 0, size) : clamp(wrapped, -1, size - 1);
  return Math.max(0, Math.ceil((last - firstIndex(size, start, step)) / step));
}

function firstIndex(size: number, start: number, step: number): number {
  const wrapped = start < 0 ? start + size : start;
  return step > 0 ? clamp(wrapped, 0, size) : clamp(wrapped, 0, size - 1);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
