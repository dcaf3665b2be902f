import { dataTypeFacts } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import { attributeFloat, attributeInt, attributeInts, attributeString } from '../node';
import { scalarOf } from '../match';
import type { Dim } from '../symbolic';
import { sameDim } from '../symbolic';
import { elementCount, toNumbers } from '../tensor';
import { bypass } from './rewrite';
import type { NodeRule, SimplifyContext } from './rewrite';

/** Which input a node hands on unchanged, if it does. */
type NoOp = (context: SimplifyContext, node: NodeProto) => string | undefined;

const NO_OPS: Readonly<Record<string, NoOp>> = {
  Identity: (_, node) => node.input[0],
  Dropout: ({ graph }, node) => {
    const training = node.input[2] ?? '';
    const isOff = training === '' || scalarOf(graph, training) === 0;
    return isOff && (node.output[1] ?? '') === '' ? node.input[0] : undefined;
  },
  Cast: ({ shapes }, node) =>
    attributeInt(node, 'to') === shapes.elementType(node.input[0]) ? node.input[0] : undefined,
  CastLike: ({ shapes }, node) =>
    shapes.elementType(node.input[0]) === shapes.elementType(node.input[1]) && shapes.elementType(node.input[0]) !== 0
      ? node.input[0]
      : undefined,
  Transpose: ({ shapes }, node) => {
    const order = attributeInts(node, 'perm');
    if (order === undefined) return (shapes.rank(node.input[0]) ?? 2) <= 1 ? node.input[0] : undefined;
    return order.every((axis, index) => axis === index) ? node.input[0] : undefined;
  },
  Reshape: keepsShape,
  Flatten: keepsShape,
  Squeeze: keepsShape,
  Unsqueeze: keepsShape,
  Expand: keepsShape,
  Tile: keepsShape,
  Slice: (context, node) => (isReversing(context, node) ? undefined : keepsShape(context, node)),
  Pad: (context, node) => {
    const pads = attributeInts(node, 'pads') ?? context.shapes.values(node.input[1]);
    return pads?.every((pad) => pad === 0) === true ? node.input[0] : undefined;
  },
  Concat: (_, node) => (node.input.length === 1 ? node.input[0] : undefined),
  Sum: single,
  Mean: single,
  Max: single,
  Min: single,
  Split: (_, node) => (node.output.length === 1 ? node.input[0] : undefined),
  Add: (context, node) => withUnit(context, node, 0, true),
  Sub: (context, node) => withUnit(context, node, 0, false),
  Mul: (context, node) => withUnit(context, node, 1, true),
  Div: (context, node) => withUnit(context, node, 1, false),
  Pow: (context, node) => withUnit(context, node, 1, false),
  Resize: keepsSize,
  AveragePool: oneCellWindow,
  MaxPool: oneCellWindow,
};

export const dropNoOp: NodeRule = (context, node) => {
  const source = NO_OPS[node.opType]?.(context, node);
  return source !== undefined && bypass(context.graph, node, source);
};

/** True for a node that this file recognises, without touching it: what `match` of a single finding needs. */
export function isNoOp(context: SimplifyContext, node: NodeProto): boolean {
  return NO_OPS[node.opType]?.(context, node) !== undefined;
}

function single(_: SimplifyContext, node: NodeProto): string | undefined {
  return node.input.length === 1 ? node.input[0] : undefined;
}

/** For operators that only rearrange: equal shapes mean equal contents. */
function keepsShape({ shapes }: SimplifyContext, node: NodeProto): string | undefined {
  return sameShape(shapes.dims(node.input[0]), shapes.dims(node.output[0])) ? node.input[0] : undefined;
}

export function sameShape(one: readonly Dim[] | undefined, other: readonly Dim[] | undefined): boolean {
  if (one === undefined || one.length !== other?.length) return false;
  return one.every((dim, index) => {
    const counterpart = other[index];
    return counterpart !== undefined && sameDim(dim, counterpart);
  });
}

function isReversing({ shapes }: SimplifyContext, node: NodeProto): boolean {
  const steps = node.input[4] ?? '';
  return steps !== '' && shapes.values(steps)?.every((step) => step === 1) !== true;
}

/** x + 0, x * 1 and the like; the constant must neither widen the shape nor, being of another type, fail to exist. */
function withUnit(
  { graph, shapes }: SimplifyContext,
  node: NodeProto,
  unit: number,
  commutes: boolean,
): string | undefined {
  const [left, right] = node.input;
  for (const [variable, constant] of [
    [left, right],
    [right, left],
  ]) {
    if (variable === left || commutes) {
      const value = isSmall(graph.constant(constant)) ? graph.constant(constant) : undefined;
      const isUnit =
        value !== undefined &&
        dataTypeFacts(value.type)?.kind !== 'bool' &&
        elementCount(value.dims) > 0 &&
        toNumbers(value).every((element) => element === unit);
      if (isUnit && sameShape(shapes.dims(variable), shapes.dims(node.output[0]))) return variable;
    }
  }
  return undefined;
}

function isSmall(constant: { readonly dims: readonly number[]; readonly type: number } | undefined): boolean {
  if (constant === undefined || elementCount(constant.dims) > 4096) return false;
  const facts = dataTypeFacts(constant.type);
  return facts?.kind === 'float' ? facts.bits >= 16 : facts?.kind === 'int' && facts.bits >= 8;
}

/** A resize to the size that is there already samples each pixel at its own centre. */
function keepsSize(context: SimplifyContext, node: NodeProto): string | undefined {
  const mode = attributeString(node, 'coordinate_transformation_mode', 'half_pixel');
  const isCrop = mode === 'tf_crop_and_resize' || (context.graph.opset() ?? 0) < 11;
  if (isCrop || attributeFloat(node, 'extrapolation_value') !== undefined) return undefined;
  // Given scales, a size that stays by rounding may still move the samples.
  if ((node.input[3] ?? '') === '' && context.shapes.values(node.input[2])?.every((scale) => scale === 1) !== true) {
    return undefined;
  }
  return keepsShape(context, node);
}

function oneCellWindow(_: SimplifyContext, node: NodeProto): string | undefined {
  const isOne = (name: string): boolean =>
    attributeInts(node, name)?.every((size) => size === 1) ?? name !== 'kernel_shape';
  const hasPads = attributeInts(node, 'pads')?.some((pad) => pad !== 0) === true;
  return isOne('kernel_shape') && isOne('strides') && !hasPads && node.output.length === 1 ? node.input[0] : undefined;
}
