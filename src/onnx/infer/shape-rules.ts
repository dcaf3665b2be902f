import { DataType } from '../data-type';
import { attributeInt, attributeInts, attributeTensor } from '../node';
import type { Dim } from '../symbolic';
import {
  addDims,
  floorDivide,
  isKnown,
  multiplyDims,
  productOf,
  scaleDim,
  subtractDims,
  unknownDim,
} from '../symbolic';
import { readTensor, toNumbers } from '../tensor';
import { axesFrom, broadcast, numbersFrom, sliceIndices, sliceLength, wrapAxis } from './rule';
import type { Rule, RuleContext } from './rule';

/** Operators that rearrange, and those that compute shapes. */
export const shapeRules: Readonly<Record<string, Rule>> = {
  Shape: (context) => {
    const dims = context.dims(0);
    if (dims === undefined) return context.give(0, DataType.INT64, [unknownDim()]);
    const [start, end] = ['start', 'end'].map((name) => attributeInt(context.node, name));
    const clamp = (bound: number): number => Math.min(Math.max(wrapAxis(bound, dims.length), 0), dims.length);
    const part = dims.slice(clamp(start ?? 0), clamp(end ?? dims.length));
    context.give(0, DataType.INT64, [part.length]);
    context.giveValues(0, part);
  },
  Size: (context) => {
    context.give(0, DataType.INT64, []);
    const dims = context.dims(0);
    if (dims !== undefined) context.giveValues(0, [productOf(dims)]);
  },
  Reshape: reshape,
  Flatten: (context) => {
    const dims = context.dims(0);
    if (dims === undefined) return context.give(0, context.type(0), [unknownDim(), unknownDim()]);
    const axis = wrapAxis(attributeInt(context.node, 'axis', 1), dims.length);
    context.give(0, context.type(0), [productOf(dims.slice(0, axis)), productOf(dims.slice(axis))]);
  },
  Squeeze: squeeze,
  Unsqueeze: (context) => {
    const dims = context.dims(0);
    const axes = axesFrom(context, 1);
    if (dims === undefined || axes === undefined) return context.give(0, context.type(0), undefined);
    const rank = dims.length + axes.length;
    const added = new Set(axes.map((axis) => wrapAxis(axis, rank)));
    const rest = [...dims];
    context.give(
      0,
      context.type(0),
      Array.from({ length: rank }, (_, index): Dim => (added.has(index) ? 1 : (rest.shift() ?? 1))),
    );
    context.giveValues(0, context.values(0));
  },
  Transpose: (context) => {
    const dims = context.dims(0);
    if (dims === undefined) return context.give(0, context.type(0), undefined);
    const order = attributeInts(context.node, 'perm') ?? dims.map((_, index) => dims.length - 1 - index);
    context.give(
      0,
      context.type(0),
      order.map((axis) => dims[axis] ?? unknownDim()),
    );
    context.giveValues(0, pickElements(context, order, dims.map(allOf)));
  },
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  GatherElements: (context) => context.give(0, context.type(0), context.dims(1)),
  GatherND: (context) => {
    const [data, indices] = [context.dims(0), context.dims(1)];
    const batch = attributeInt(context.node, 'batch_dims', 0);
    const last = indices?.at(-1);
    if (data === undefined || indices === undefined || typeof last !== 'number') return;
    context.give(0, context.type(0), [...indices.slice(0, -1), ...data.slice(batch + last)]);
  },
  Expand: (context) => {
    const target = context.values(1);
    const dims = target === undefined ? unknownRank(context, 1) : target;
    context.give(0, context.type(0), broadcast(context.dims(0), dims));
    const [value] = context.values(0) ?? [];
    if (value !== undefined && context.values(0)?.length === 1) context.giveValues(0, repeated(dims, value));
  },
  Tile: (context) => {
    const dims = context.dims(0);
    const repeats = context.values(1);
    const tiled = dims?.map((dim, index) => {
      const repeat = repeats?.[index];
      return repeat === undefined ? unknownDim() : multiplyDims(dim, repeat);
    });
    context.give(0, context.type(0), tiled);
  },
  Pad: pad,
  ConstantOfShape: (context) => {
    const value = attributeTensor(context.node, 'value');
    const dims = context.values(0) ?? unknownRank(context, 0);
    context.give(0, value?.dataType ?? DataType.FLOAT, dims);
    const isSmall = repeated(dims, 0) !== undefined;
    if (!isSmall) return;
    const element = value === undefined ? 0 : toNumbers(readTensor(value, context.graph.external))[0];
    if (element !== undefined) context.giveValues(0, repeated(dims, element));
  },
  Range: (context) => {
    const [start, limit, delta] = [0, 1, 2].map((index) => context.values(index)?.[0]);
    let length: Dim = unknownDim();
    if (start !== undefined && limit !== undefined && typeof delta === 'number' && delta > 0) {
      length = Number.isInteger(delta)
        ? floorDivide(addDims(subtractDims(limit, start), delta - 1), delta)
        : unknownDim();
    }
    context.give(0, context.type(0), [length]);
    if (typeof length !== 'number' || length > 64 || typeof start !== 'number' || typeof delta !== 'number') return;
    context.giveValues(
      0,
      Array.from({ length }, (_, index) => start + index * delta),
    );
  },
  DepthToSpace: (context) => blocks(context, (dim, block) => floorDivide(dim, block * block), multiplyDims),
  SpaceToDepth: (context) => blocks(context, (dim, block) => scaleDim(dim, block * block), floorDivide),
  OneHot: (context) => {
    const dims = context.dims(0);
    if (dims === undefined) return;
    const axis = wrapAxis(attributeInt(context.node, 'axis', -1), dims.length + 1);
    const depth = context.values(1)?.[0] ?? unknownDim();
    context.give(0, context.type(2), [...dims.slice(0, axis), depth, ...dims.slice(axis)]);
  },
  NonZero: (context) => context.give(0, DataType.INT64, [context.dims(0)?.length ?? unknownDim(), unknownDim()]),
  EyeLike: (context) => context.give(0, attributeInt(context.node, 'dtype', context.type(0)), context.dims(0)),
};

/** The elements of a short list of one value; undefined for what is no list, or too long to follow. */
function repeated(dims: readonly Dim[] | undefined, value: Dim): readonly Dim[] | undefined {
  const [length] = dims ?? [];
  const isShort = dims?.length === 1 && typeof length === 'number' && Number.isInteger(length) && length >= 0;
  return isShort && length <= 64 ? new Array<Dim>(length).fill(value) : undefined;
}

function reshape(context: RuleContext): void {
  const source = context.dims(0);
  const target = context.values(1);
  if (target === undefined) return context.give(0, context.type(0), unknownRank(context, 1));
  const keepsZero = attributeInt(context.node, 'allowzero', 0) === 0;
  const dims = target.map((dim, index): Dim => {
    if (dim === 0 && keepsZero) return source?.[index] ?? unknownDim();
    return dim;
  });
  const open = dims.indexOf(-1);
  if (open >= 0) {
    const others = productOf(dims.filter((_, index) => index !== open));
    dims[open] = source === undefined ? unknownDim() : floorDivide(productOf(source), others);
  }
  context.give(0, context.type(0), dims);
  context.giveValues(0, context.values(0));
}

function squeeze(context: RuleContext): void {
  const dims = context.dims(0);
  if (dims === undefined) return context.give(0, context.type(0), undefined);
  const axes = axesFrom(context, 1);
  const hasAxes = axes !== undefined || context.has(1);
  if (hasAxes ? axes === undefined : !dims.every(isKnown)) return context.give(0, context.type(0), undefined);
  const removed = new Set(axes?.map((axis) => wrapAxis(axis, dims.length)));
  const kept = dims.filter((dim, index) => (hasAxes ? !removed.has(index) : dim !== 1));
  context.give(0, context.type(0), kept);
  context.giveValues(0, context.values(0));
}

function concat(context: RuleContext): void {
  const count = context.node.input.length;
  const shapes = Array.from({ length: count }, (_, index) => context.dims(index));
  const rank = shapes.find((dims) => dims !== undefined)?.length;
  if (rank === undefined) return context.give(0, context.type(0), undefined);
  const axis = wrapAxis(attributeInt(context.node, 'axis', 1), rank);
  const dims = Array.from({ length: rank }, (_, index): Dim => {
    const sizes = shapes.map((shape) => shape?.[index] ?? unknownDim());
    return index === axis ? sizes.reduce(addDims) : (sizes.find(isKnown) ?? sizes[0] ?? unknownDim());
  });
  context.give(0, context.type(0), dims);
  const parts = Array.from({ length: count }, (_, index) => context.values(index));
  if (axis === 0 && parts.every((part): part is readonly Dim[] => part !== undefined))
    context.giveValues(0, parts.flat());
}

function split(context: RuleContext): void {
  const dims = context.dims(0);
  if (dims === undefined) return;
  const axis = wrapAxis(attributeInt(context.node, 'axis', 0), dims.length);
  const count = context.node.output.length;
  const size = dims[axis] ?? unknownDim();
  const sizes = attributeInts(context.node, 'split') ?? context.values(1);
  const values = context.values(0);
  let position = 0;
  for (let index = 0; index < count; index += 1) {
    let part: Dim | undefined = sizes?.[index];
    if (part === undefined && !context.has(1) && typeof size === 'number') {
      const chunk = Math.ceil(size / count);
      part = index < count - 1 ? chunk : size - chunk * (count - 1);
    }
    if (part === undefined && !context.has(1)) part = floorDivide(size, count);
    const length = part ?? unknownDim();
    context.give(index, context.type(0), withDim(dims, axis, length));
    if (values !== undefined && dims.length === 1 && typeof length === 'number')
      context.giveValues(index, values.slice(position, position + length));
    position += typeof length === 'number' ? length : 0;
  }
}

function slice(context: RuleContext): void {
  const dims = context.dims(0);
  const attribute = (name: string): readonly Dim[] | undefined => attributeInts(context.node, name);
  const starts = attribute('starts') ?? context.values(1);
  const ends = attribute('ends') ?? context.values(2);
  if (dims === undefined) return context.give(0, context.type(0), undefined);
  const count = starts?.length ?? ends?.length ?? context.dims(1)?.[0];
  const axes = attribute('axes') ?? (context.has(3) ? context.values(3) : undefined);
  const steps = context.has(4) ? numbersFrom(context.values(4)) : undefined;
  if (typeof count !== 'number' || (context.has(3) && axes === undefined)) {
    return context.give(0, context.type(0), dims.map(unknownDim));
  }
  const result = [...dims];
  const picks: (readonly number[] | undefined)[] = dims.map(allOf);
  for (let index = 0; index < count; index += 1) {
    const where = wrapAxis(Number(axes?.[index] ?? index), dims.length);
    const [start, end] = [starts?.[index], ends?.[index]];
    const step = context.has(4) ? steps?.[index] : 1;
    const size = dims[where] ?? unknownDim();
    const isKnownEnough = start !== undefined && end !== undefined && step !== undefined;
    result[where] = isKnownEnough ? sliceLength(size, start, end, step) : unknownDim();
    const isNumeric = isKnownEnough && typeof start === 'number' && typeof end === 'number' && typeof size === 'number';
    picks[where] = isNumeric && size <= 64 ? sliceIndices(size, start, end, step) : undefined;
  }
  context.give(0, context.type(0), result);
  context.giveValues(0, pickElements(context, [...dims.keys()], picks));
}

function allOf(size: Dim): readonly number[] | undefined {
  return typeof size === 'number' && size <= 64 ? Array.from({ length: size }, (_, index) => index) : undefined;
}

/** Elements of input 0 at the given positions of each of its axes, in the order of the axes in `order`. */
function pickElements(
  context: RuleContext,
  order: readonly number[],
  picks: readonly (readonly number[] | undefined)[],
): readonly Dim[] | undefined {
  const values = context.values(0);
  const dims = numbersFrom(context.dims(0));
  if (values === undefined || dims === undefined) return undefined;
  let offsets = [0];
  for (const axis of order) {
    const stride = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
    const positions = picks[axis];
    if (positions === undefined) return undefined;
    offsets = offsets.flatMap((offset) => positions.map((position) => offset + position * stride));
  }
  const picked = offsets.map((offset) => values[offset]);
  return picked.every((value): value is Dim => value !== undefined) ? picked : undefined;
}

function gather(context: RuleContext): void {
  const [data, indices] = [context.dims(0), context.dims(1)];
  if (data === undefined || indices === undefined) return context.give(0, context.type(0), undefined);
  const axis = wrapAxis(attributeInt(context.node, 'axis', 0), data.length);
  context.give(0, context.type(0), [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)]);
  const values = context.values(0);
  const positions = numbersFrom(context.values(1));
  if (values === undefined || positions === undefined || data.length !== 1 || indices.length > 1) return;
  const picked = positions.map((position) => values[wrapAxis(position, values.length)]);
  if (picked.every((value): value is Dim => value !== undefined)) context.giveValues(0, picked);
}

function pad(context: RuleContext): void {
  const dims = context.dims(0);
  if (dims === undefined) return context.give(0, context.type(0), undefined);
  const pads = attributeInts(context.node, 'pads') ?? context.values(1);
  const given = context.has(3) ? numbersFrom(context.values(3)) : dims.map((_, index) => index);
  if (pads === undefined || given === undefined) return context.give(0, context.type(0), dims.map(unknownDim));
  const padded = [...dims];
  given.forEach((axis, index) => {
    const where = wrapAxis(axis, dims.length);
    const total = addDims(pads[index] ?? unknownDim(), pads[index + given.length] ?? unknownDim());
    padded[where] = addDims(dims[where] ?? unknownDim(), total);
  });
  context.give(0, context.type(0), padded);
}

function blocks(
  context: RuleContext,
  channels: (dim: Dim, block: number) => Dim,
  spatial: (dim: Dim, block: number) => Dim,
): void {
  const [batch, depth, height, width] = context.dims(0) ?? [];
  const block = attributeInt(context.node, 'blocksize', 1);
  if (batch === undefined || depth === undefined || height === undefined || width === undefined) return;
  context.give(0, context.type(0), [batch, channels(depth, block), spatial(height, block), spatial(width, block)]);
}

/** A shape of which only the number of entries is known. */
function unknownRank(context: RuleContext, index: number): readonly Dim[] | undefined {
  const [length] = context.dims(index) ?? [];
  return typeof length === 'number' && length <= 16 ? Array.from({ length }, unknownDim) : undefined;
}

function withDim(dims: readonly Dim[], axis: number, size: Dim): Dim[] {
  return dims.map((dim, index) => (index === axis ? size : dim));
}
