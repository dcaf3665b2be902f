import { isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { axesOf, producerOf, scalarOf } from '../match';
import { attributeInt } from '../node';
import type { Constant } from '../tensor';

/** A constant operand: the value that holds it and what it is. */
export interface AffineConstant {
  readonly value: string;
  readonly constant: Constant;
}

/** `x - mean(x)` under any casts. `base` is x before them. */
export interface Centred {
  readonly operand: string;
  readonly base: string;
  readonly mean: string;
  readonly axes: readonly number[];
  readonly nodes: readonly NodeProto[];
}

/** `sqrt(var + epsilon)`, or one over it. */
export interface Deviation {
  readonly base: string;
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly mean: string;
  readonly nodes: readonly NodeProto[];
}

/** Follows float-to-float casts and copies upwards. */
export function stripCasts(graph: Graph, value: string): string {
  let current = value;
  for (;;) {
    const node = producerOf(graph, current, 'Cast', 'Identity');
    const source = node?.input[0];
    if (node === undefined || source === undefined) return current;
    if (node.opType === 'Cast' && !isFloatType(attributeInt(node, 'to', 0))) return current;
    current = source;
  }
}

/** A constant, also one that exporters share through `Identity`. */
export function constantBehind(graph: Graph, value: string | undefined): AffineConstant | undefined {
  if (value === undefined || value === '') return undefined;
  let current = value;
  for (
    let node = producerOf(graph, current, 'Identity');
    node !== undefined;
    node = producerOf(graph, current, 'Identity')
  ) {
    current = node.input[0] ?? '';
  }
  const constant = graph.constant(current);
  return constant === undefined ? undefined : { value: current, constant };
}

export function matchDeviation(graph: Graph, root: NodeProto): Deviation | undefined {
  const sum = producerOf(graph, stripCasts(graph, root.input[0] ?? ''), 'Add');
  if (sum === undefined) return undefined;
  for (const [index, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const epsilon = scalarOf(graph, constantBehind(graph, sum.input[index])?.value);
    const variance = sum.input[other];
    if (epsilon === undefined || epsilon < 0 || variance === undefined) continue;
    const found = matchVariance(graph, stripCasts(graph, variance));
    if (found !== undefined) {
      return { base: found.base, axes: found.axes, mean: found.mean, epsilon, nodes: [root, sum, ...found.nodes] };
    }
  }
  return undefined;
}

/** `mean((x - mean(x))²)`, or the one-pass form `mean(x²) - mean(x)²`. */
function matchVariance(graph: Graph, value: string): Omit<Deviation, 'epsilon'> | undefined {
  const reduce = producerOf(graph, value, 'ReduceMean');
  if (reduce !== undefined) {
    const axes = meanAxes(graph, reduce);
    const square = squared(graph, reduce.input[0]);
    const centred = square === undefined ? undefined : matchCentred(graph, square.of);
    if (axes === undefined || square === undefined || centred === undefined || !sameAxes(axes, centred.axes))
      return undefined;
    const { base, mean } = centred;
    return { base, mean, axes, nodes: [reduce, square.node, ...centred.nodes] };
  }
  return matchOnePassVariance(graph, value);
}

function matchOnePassVariance(graph: Graph, value: string): Omit<Deviation, 'epsilon'> | undefined {
  const clamp = producerOf(graph, value, 'Relu') ?? zeroClamp(graph, value);
  const unclamped = clamp === undefined ? value : clampOperand(graph, clamp);
  const minus = producerOf(graph, unclamped, 'Sub');
  const meanOfSquare = producerOf(graph, stripCasts(graph, minus?.input[0] ?? ''), 'ReduceMean');
  const squareOfMean = squared(graph, minus?.input[1]);
  if (minus === undefined || meanOfSquare === undefined || squareOfMean === undefined) return undefined;
  const square = squared(graph, meanOfSquare.input[0]);
  const meanNode = producerOf(graph, stripCasts(graph, squareOfMean.of), 'ReduceMean');
  if (square === undefined || meanNode === undefined) return undefined;
  const axes = meanAxes(graph, meanOfSquare);
  const otherAxes = meanAxes(graph, meanNode);
  const base = stripCasts(graph, square.of);
  if (axes === undefined || otherAxes === undefined || !sameAxes(axes, otherAxes)) return undefined;
  if (stripCasts(graph, meanNode.input[0] ?? '') !== base) return undefined;
  const nodes = [
    ...(clamp === undefined ? [] : [clamp]),
    minus,
    meanOfSquare,
    squareOfMean.node,
    square.node,
    meanNode,
  ];
  return { base, mean: stripCasts(graph, squareOfMean.of), axes, nodes };
}

function zeroClamp(graph: Graph, value: string): NodeProto | undefined {
  const node = producerOf(graph, value, 'Max');
  if (node?.input.length !== 2) return undefined;
  return node.input.some((input) => scalarOf(graph, input) === 0) ? node : undefined;
}

function clampOperand(graph: Graph, clamp: NodeProto): string {
  return stripCasts(graph, clamp.input.find((input) => !graph.isConstant(input)) ?? '');
}

/** `x²` as `Pow(x, 2)` or `Mul(x, x)`. */
function squared(
  graph: Graph,
  value: string | undefined,
): { readonly of: string; readonly node: NodeProto } | undefined {
  const node = producerOf(graph, stripCasts(graph, value ?? ''), 'Pow', 'Mul');
  const [left = '', right = ''] = node?.input ?? [];
  if (node === undefined) return undefined;
  if (node.opType === 'Pow') return scalarOf(graph, right) === 2 ? { of: left, node } : undefined;
  if (left === right || sameCentred(graph, left, right)) return { of: left, node };
  return undefined;
}

/** Some exporters compute `x - mean(x)` anew for each use. */
function sameCentred(graph: Graph, left: string, right: string): boolean {
  const one = matchCentred(graph, left);
  const other = matchCentred(graph, right);
  return one !== undefined && other !== undefined && one.base === other.base && sameAxes(one.axes, other.axes);
}

export function matchCentred(graph: Graph, value: string): Centred | undefined {
  const node = producerOf(graph, stripCasts(graph, value), 'Sub', 'Add');
  const [operand, second] = node?.input ?? [];
  if (node === undefined || operand === undefined || second === undefined) return undefined;
  if (node.opType === 'Sub') return centredFrom(graph, node, operand, second);
  for (const [x, negated] of [
    [operand, second],
    [second, operand],
  ] as const) {
    const minus = producerOf(graph, stripCasts(graph, negated), 'Neg');
    const found = minus === undefined ? undefined : centredFrom(graph, node, x, minus.input[0] ?? '');
    if (found !== undefined && minus !== undefined) return { ...found, nodes: [...found.nodes, minus] };
  }
  return undefined;
}

function centredFrom(graph: Graph, node: NodeProto, operand: string, meanValue: string): Centred | undefined {
  const mean = stripCasts(graph, meanValue);
  const reduce = producerOf(graph, mean, 'ReduceMean');
  const axes = reduce === undefined ? undefined : meanAxes(graph, reduce);
  const base = stripCasts(graph, operand);
  if (reduce === undefined || axes === undefined || stripCasts(graph, reduce.input[0] ?? '') !== base) return undefined;
  return { operand, base, mean, axes, nodes: [node, reduce] };
}

function meanAxes(graph: Graph, reduce: NodeProto): readonly number[] | undefined {
  if (attributeInt(reduce, 'keepdims', 1) !== 1) return undefined;
  const axes = axesOf(graph, reduce);
  return axes === undefined || axes.length === 0 ? undefined : axes;
}

export function sameAxes(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((axis) => other.includes(axis));
}
