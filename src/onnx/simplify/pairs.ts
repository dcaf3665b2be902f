import { DataType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import { producerOf } from '../match';
import { attributeInt, attributeInts, attributeString, isOp, removeAttribute, setAttribute } from '../node';
import { bypass } from './rewrite';
import type { NodeRule, SimplifyContext } from './rewrite';

/** Two nodes in a row that undo each other, or that one node can do. */
export const mergePair: NodeRule = (context, node) => {
  switch (node.opType) {
    case 'Transpose':
      return mergeTransposes(context, node);
    case 'Cast':
      return mergeCasts(context, node);
    case 'Reshape':
      return mergeReshapes(context, node);
    case 'Concat':
      return mergeConcats(context, node);
    case 'Squeeze':
      return cancelInserted(context, node, 'Unsqueeze');
    case 'Unsqueeze':
      return cancelInserted(context, node, 'Squeeze');
    case 'Relu':
      return (
        producerOf(context.graph, node.input[0], 'Relu') !== undefined && bypass(context.graph, node, node.input[0])
      );
    case 'Not':
      return bypass(context.graph, node, producerOf(context.graph, node.input[0], 'Not')?.input[0]);
    default:
      return false;
  }
};

function mergeTransposes({ graph }: SimplifyContext, node: NodeProto): boolean {
  const first = producerOf(graph, node.input[0], 'Transpose');
  const inner = first === undefined ? undefined : attributeInts(first, 'perm');
  const outer = attributeInts(node, 'perm');
  const [source] = first?.input ?? [];
  if (inner === undefined || outer === undefined || source === undefined) return false;
  const both = outer.map((axis) => inner[axis] ?? 0);
  if (both.every((axis, index) => axis === index)) return bypass(graph, node, source);
  setAttribute(node, 'perm', both);
  graph.setInput(node, 0, source);
  return true;
}

/** Types by what they can hold exactly: a cast to a type further along the same chain and back loses nothing. */
const WIDENING: readonly (readonly DataType[])[] = [
  [DataType.FLOAT16, DataType.FLOAT, DataType.DOUBLE],
  [DataType.BFLOAT16, DataType.FLOAT, DataType.DOUBLE],
  [DataType.BOOL, DataType.UINT8, DataType.UINT16, DataType.UINT32, DataType.UINT64],
  [DataType.BOOL, DataType.UINT8, DataType.INT16, DataType.INT32, DataType.INT64],
  [DataType.UINT16, DataType.INT32, DataType.INT64],
  [DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64],
  [DataType.INT8, DataType.INT16, DataType.INT32, DataType.DOUBLE],
];

function isWidening(from: DataType, to: DataType): boolean {
  return WIDENING.some((chain) => chain.includes(from) && chain.indexOf(to) >= chain.indexOf(from));
}

/** Cast(Cast(x)): the first can go when it lost nothing. */
function mergeCasts({ graph, shapes }: SimplifyContext, node: NodeProto): boolean {
  const first = producerOf(graph, node.input[0], 'Cast');
  const [source] = first?.input ?? [];
  if (first === undefined || source === undefined) return false;
  const from = shapes.elementType(source);
  const through = attributeInt(first, 'to', DataType.UNDEFINED);
  const to = attributeInt(node, 'to', DataType.UNDEFINED);
  if (from === DataType.UNDEFINED || !isWidening(from, through)) return false;
  if (to === from) return bypass(graph, node, source);
  graph.setInput(node, 0, source);
  return true;
}

/** The second of two reshapes decides, unless it copies a size from what the first made. */
function mergeReshapes({ graph, shapes }: SimplifyContext, node: NodeProto): boolean {
  const first = producerOf(graph, node.input[0], 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze');
  const [source] = first?.input ?? [];
  const target = shapes.values(node.input[1]);
  if (source === undefined || target === undefined) return false;
  if (target.includes(0) && attributeInt(node, 'allowzero', 0) === 0) return false;
  graph.setInput(node, 0, source);
  return true;
}

/** Concat(Concat(a, b), c) along one axis. */
function mergeConcats({ graph, shapes }: SimplifyContext, node: NodeProto): boolean {
  const axisOf = (concat: NodeProto): number | undefined => {
    const rank = shapes.rank(concat.output[0]);
    const axis = attributeInt(concat, 'axis', 1);
    return axis >= 0 ? axis : rank === undefined ? undefined : axis + rank;
  };
  const axis = axisOf(node);
  if (axis === undefined) return false;
  const inputs = node.input.flatMap((value) => {
    const inner = producerOf(graph, value, 'Concat');
    const isMergeable = inner !== undefined && graph.soleConsumer(value) === node && axisOf(inner) === axis;
    return isMergeable ? inner.input : [value];
  });
  if (inputs.length === node.input.length) return false;
  graph.setInputs(node, inputs);
  return true;
}

function cancelInserted({ graph, shapes }: SimplifyContext, node: NodeProto, opType: string): boolean {
  const first = producerOf(graph, node.input[0], opType);
  if (first === undefined) return false;
  const axesOf = (candidate: NodeProto): string | undefined =>
    (attributeInts(candidate, 'axes') ?? shapes.values(candidate.input[1]))?.join();
  const axes = axesOf(node);
  return axes !== undefined && !axes.includes('-') && axes === axesOf(first) && bypass(graph, node, first.input[0]);
}

/** Constant padding with zeros before a convolution or a pooling that pads by itself. */
export const absorbPad: NodeRule = ({ graph, shapes }, node) => {
  if (!isOp(node, 'Conv')) return false;
  const pad = producerOf(graph, node.input[0], 'Pad');
  if (pad === undefined || attributeString(pad, 'mode', 'constant') !== 'constant') return false;
  const rank = shapes.rank(node.input[0]);
  const pads = attributeInts(pad, 'pads') ?? shapes.values(pad.input[1]);
  const fill = pad.input[2] ?? '';
  const isZero = fill === '' || shapes.values(fill)?.every((value) => value === 0) === true;
  const [source] = pad.input;
  if (rank === undefined || pads?.length !== 2 * rank || !isZero || source === undefined) return false;
  const numbers = pads.map((value) => (typeof value === 'number' ? value : -1));
  const outer = [numbers[0], numbers[1], numbers[rank], numbers[rank + 1]];
  const auto = attributeString(node, 'auto_pad', 'NOTSET');
  if (outer.some((value) => value !== 0) || numbers.some((value) => value < 0)) return false;
  if (auto !== 'NOTSET' && auto !== 'VALID') return false;
  const own = attributeInts(node, 'pads') ?? new Array<number>(2 * (rank - 2)).fill(0);
  const spatial = [...numbers.slice(2, rank), ...numbers.slice(rank + 2)];
  removeAttribute(node, 'auto_pad');
  setAttribute(
    node,
    'pads',
    spatial.map((value, index) => value + (own[index] ?? 0)),
  );
  graph.setInput(node, 0, source);
  return true;
};
