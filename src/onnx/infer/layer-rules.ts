import { DataType } from '../data-type';
import { attributeInt, attributeInts, attributeString, findAttribute } from '../node';
import type { Dim } from '../symbolic';
import { addDims, ceilDivide, floorDivide, isKnown, scaleDim, unknownDim } from '../symbolic';
import { axesFrom, broadcast, numbersFrom, wrapAxis } from './rule';
import type { Rule, RuleContext } from './rule';

const REDUCTIONS =
  'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare';

/** Operators that compute: convolutions, products, pooling, reductions, resizing. */
export const layerRules: Readonly<Record<string, Rule>> = {
  Conv: (context) => conv(context, context.dims(1)),
  ConvTranspose: convTranspose,
  MaxPool: (context) => {
    pool(context);
  },
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  MatMul: (context) => context.give(0, context.type(0), matMul(context.dims(0), context.dims(1))),
  MatMulInteger: (context) => context.give(0, DataType.INT32, matMul(context.dims(0), context.dims(1))),
  Gemm: gemm,
  Einsum: einsum,
  Attention: (context) => context.give(0, context.type(0), undefined),
  ArgMax: (context) => reduce(context, DataType.INT64, [attributeInt(context.node, 'axis', 0)]),
  ArgMin: (context) => reduce(context, DataType.INT64, [attributeInt(context.node, 'axis', 0)]),
  TopK: (context) => {
    const dims = context.dims(0);
    const axis = wrapAxis(attributeInt(context.node, 'axis', -1), dims?.length ?? 0);
    const size = context.values(1)?.[0] ?? unknownDim();
    const result = dims?.map((dim, index) => (index === axis ? size : dim));
    context.give(0, context.type(0), result);
    context.give(1, DataType.INT64, result);
  },
  Resize: resize,
  Upsample: (context) => scaled(context, numbersFrom(context.values(1)) ?? floats(context, 'scales')),
  GridSample: (context) => {
    const [data, grid] = [context.dims(0), context.dims(1)];
    if (data === undefined || grid === undefined) return;
    context.give(0, context.type(0), [...data.slice(0, 2), ...grid.slice(1, -1)]);
  },
  ...Object.fromEntries(
    REDUCTIONS.split(' ').map((opType): [string, Rule] => [
      opType,
      (context) => {
        const axes = axesFrom(context, 1);
        const isNoop = attributeInt(context.node, 'noop_with_empty_axes', 0) === 1;
        if (axes === undefined && context.has(1)) return context.give(0, context.type(0), undefined);
        if ((axes === undefined || axes.length === 0) && isNoop)
          return context.give(0, context.type(0), context.dims(0));
        reduce(context, context.type(0), axes?.length === 0 ? undefined : axes);
      },
    ]),
  ),
};

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

function windowAt(context: RuleContext, axis: number, spatialRank: number, kernel: number): Window {
  const at = (name: string, index: number, fallback: number): number =>
    attributeInts(context.node, name)?.[index] ?? fallback;
  return {
    kernel,
    stride: at('strides', axis, 1),
    dilation: at('dilations', axis, 1),
    before: at('pads', axis, 0),
    after: at('pads', axis + spatialRank, 0),
  };
}

function slidingSize(context: RuleContext, size: Dim, window: Window): Dim {
  const { kernel, stride, dilation, before, after } = window;
  const reach = dilation * (kernel - 1) + 1;
  const auto = attributeString(context.node, 'auto_pad', 'NOTSET');
  if (auto.startsWith('SAME')) return ceilDivide(size, stride);
  const padding = auto === 'VALID' ? 0 : before + after;
  const room = addDims(size, padding - reach);
  const steps = attributeInt(context.node, 'ceil_mode', 0) === 1 ? ceilDivide(room, stride) : floorDivide(room, stride);
  return addDims(steps, 1);
}

function conv(context: RuleContext, weight: readonly Dim[] | undefined): void {
  const data = context.dims(0);
  if (data === undefined || weight === undefined) return context.give(0, context.type(0), undefined);
  const kernelAttribute = attributeInts(context.node, 'kernel_shape');
  const spatialRank = data.length - 2;
  const spatial = data.slice(2).map((size, axis) => {
    const kernel = kernelAttribute?.[axis] ?? weight[axis + 2];
    return typeof kernel === 'number'
      ? slidingSize(context, size, windowAt(context, axis, spatialRank, kernel))
      : unknownDim();
  });
  context.give(0, context.type(0), [data[0] ?? unknownDim(), weight[0] ?? unknownDim(), ...spatial]);
}

function convTranspose(context: RuleContext): void {
  const [data, weight] = [context.dims(0), context.dims(1)];
  if (data === undefined || weight === undefined) return context.give(0, context.type(0), undefined);
  const spatialRank = data.length - 2;
  const fixed = attributeInts(context.node, 'output_shape');
  const spatial = data.slice(2).map((size, axis): Dim => {
    const kernel = attributeInts(context.node, 'kernel_shape')?.[axis] ?? weight[axis + 2];
    if (fixed !== undefined) return fixed[axis] ?? unknownDim();
    if (typeof kernel !== 'number') return unknownDim();
    const { stride, dilation, before, after } = windowAt(context, axis, spatialRank, kernel);
    if (attributeString(context.node, 'auto_pad', 'NOTSET').startsWith('SAME')) return scaleDim(size, stride);
    const extra = attributeInts(context.node, 'output_padding')?.[axis] ?? 0;
    return addDims(scaleDim(size, stride), extra - stride + dilation * (kernel - 1) + 1 - before - after);
  });
  const channels = scaleDim(weight[1] ?? unknownDim(), attributeInt(context.node, 'group', 1));
  context.give(0, context.type(0), [data[0] ?? unknownDim(), channels, ...spatial]);
}

function pool(context: RuleContext): void {
  const data = context.dims(0);
  const kernels = attributeInts(context.node, 'kernel_shape');
  if (data === undefined || kernels === undefined) return context.give(0, context.type(0), undefined);
  const spatial = data
    .slice(2)
    .map((size, axis) => slidingSize(context, size, windowAt(context, axis, data.length - 2, kernels[axis] ?? 1)));
  const dims = [...data.slice(0, 2), ...spatial];
  context.give(0, context.type(0), dims);
  if (context.node.opType === 'MaxPool') context.give(1, DataType.INT64, dims);
}

function globalPool(context: RuleContext): void {
  context.give(
    0,
    context.type(0),
    context.dims(0)?.map((dim, index) => (index < 2 ? dim : 1)),
  );
}

export function matMul(one: readonly Dim[] | undefined, other: readonly Dim[] | undefined): readonly Dim[] | undefined {
  if (one === undefined || other === undefined || one.length === 0 || other.length === 0) return undefined;
  const left = one.length === 1 ? [1, ...one] : one;
  const right = other.length === 1 ? [...other, 1] : other;
  const batch = broadcast(left.slice(0, -2), right.slice(0, -2)) ?? [];
  const rows = one.length === 1 ? [] : [left.at(-2) ?? unknownDim()];
  const columns = other.length === 1 ? [] : [right.at(-1) ?? unknownDim()];
  return [...batch, ...rows, ...columns];
}

function gemm(context: RuleContext): void {
  const [one, other] = [context.dims(0), context.dims(1)];
  const rows = one?.[attributeInt(context.node, 'transA', 0) === 0 ? 0 : 1] ?? unknownDim();
  const columns = other?.[attributeInt(context.node, 'transB', 0) === 0 ? 1 : 0] ?? unknownDim();
  context.give(0, context.type(0), [rows, columns]);
}

function einsum(context: RuleContext): void {
  const equation = attributeString(context.node, 'equation', '').replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  if (right === undefined || equation.includes('.')) return;
  const sizes = new Map<string, Dim>();
  left.split(',').forEach((letters, index) => {
    const dims = context.dims(index);
    [...letters].forEach((letter, axis) => {
      const dim = dims?.[axis];
      if (dim !== undefined && (!sizes.has(letter) || isKnown(dim))) sizes.set(letter, dim);
    });
  });
  context.give(
    0,
    context.type(0),
    [...right].map((letter) => sizes.get(letter) ?? unknownDim()),
  );
}

/** `axes` undefined: all of them. */
function reduce(context: RuleContext, type: DataType, axes: readonly number[] | undefined): void {
  const dims = context.dims(0);
  if (dims === undefined) return context.give(0, type, undefined);
  const reduced = new Set(axes?.map((axis) => wrapAxis(axis, dims.length)) ?? dims.keys());
  const keeps = attributeInt(context.node, 'keepdims', 1) === 1;
  const result = keeps
    ? dims.map((dim, index): Dim => (reduced.has(index) ? 1 : dim))
    : dims.filter((_, index) => !reduced.has(index));
  context.give(0, type, result);
  const values = context.values(0);
  if (values !== undefined && dims.length === 1 && reduced.has(0) && context.node.opType === 'ReduceProd') {
    const numbers = numbersFrom(values);
    if (numbers !== undefined) context.giveValues(0, [numbers.reduce((product, value) => product * value, 1)]);
  }
}

function resize(context: RuleContext): void {
  const data = context.dims(0);
  if (data === undefined) return context.give(0, context.type(0), undefined);
  if (context.opset < 11) return scaled(context, numbersFrom(context.values(1)));
  const axes = attributeInts(context.node, 'axes')?.map((axis) => wrapAxis(axis, data.length)) ?? [...data.keys()];
  const result = [...data];
  const sizes = context.has(3) ? context.values(3) : undefined;
  const keepsRatio = attributeString(context.node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch';
  if (context.has(3) && (sizes === undefined || sizes.length > 0 || !context.has(2))) {
    axes.forEach((axis, index) => {
      result[axis] = keepsRatio ? unknownDim() : (sizes?.[index] ?? unknownDim());
    });
    return context.give(0, context.type(0), result);
  }
  scaled(context, numbersFrom(context.values(2)), axes);
}

function scaled(context: RuleContext, scales: readonly number[] | undefined, axes?: readonly number[]): void {
  const data = context.dims(0);
  if (data === undefined) return context.give(0, context.type(0), undefined);
  const result = [...data];
  (axes ?? [...data.keys()]).forEach((axis, index) => {
    const scale = scales?.[index];
    const size = data[axis] ?? unknownDim();
    result[axis] = scale === undefined ? unknownDim() : scaleBy(size, scale);
  });
  context.give(0, context.type(0), result);
}

/** floor(size · scale), as Resize defines it. */
function scaleBy(size: Dim, scale: number): Dim {
  if (typeof size === 'number') return Math.floor(size * scale);
  if (Number.isInteger(scale)) return scaleDim(size, scale);
  const inverse = Math.round(1 / scale);
  return Math.abs(1 / scale - inverse) < 1e-6 ? floorDivide(size, inverse) : unknownDim();
}

function floats(context: RuleContext, name: string): readonly number[] | undefined {
  return findAttribute(context.node, name)?.floats;
}
