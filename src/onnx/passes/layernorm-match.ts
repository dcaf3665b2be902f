import { isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { axesOf, producerOf, scalarOf } from '../match';
import { attributeInt, isOp } from '../node';
import type { Constant } from '../tensor';
import { elementCount } from '../tensor';

/** What the matcher needs to know of a value; undefined where nothing is known. */
export interface ValueFacts {
  readonly type: number | undefined;
  /** Undefined when the rank is unknown; an element is undefined when that size is. */
  readonly dims: readonly (number | undefined)[] | undefined;
}

export type FactsOf = (value: string) => ValueFacts | undefined;

/** A constant operand: the value that holds it and what it is. */
export interface AffineConstant {
  readonly value: string;
  readonly constant: Constant;
}

/** One decomposed LayerNorm: `(x - mean(x)) / sqrt(var(x) + epsilon) * gamma + beta` over the last axes of x. */
export interface LayerNormMatch {
  readonly input: string;
  readonly output: string;
  readonly type: number;
  /** How many of the last axes are normalised together, nearly always 1. */
  readonly axisCount: number;
  /** Elements that are normalised together. */
  readonly width: number;
  /** Rank of the input if it is known. */
  readonly rank: number | undefined;
  readonly epsilon: number;
  readonly gamma: AffineConstant | undefined;
  readonly beta: AffineConstant | undefined;
  /** From the first mean to the last addition, the last first. */
  readonly nodes: readonly NodeProto[];
}

/** `x - mean(x)` under any casts. `base` is x before them. */
interface Centred {
  readonly operand: string;
  readonly base: string;
  readonly mean: string;
  readonly axes: readonly number[];
  readonly nodes: readonly NodeProto[];
}

/** `sqrt(var + epsilon)`, or one over it. */
interface Deviation {
  readonly base: string;
  readonly axes: readonly number[];
  readonly epsilon: number;
  readonly mean: string;
  readonly nodes: readonly NodeProto[];
}

/** The normalised value on its way to the end: what was multiplied and added so far. */
interface Tail {
  readonly operand: string;
  readonly output: string;
  readonly gamma: AffineConstant | undefined;
  readonly beta: AffineConstant | undefined;
  readonly nodes: readonly NodeProto[];
}

/** A factor of the centred value: the inverse deviation, perhaps with gamma multiplied in already. */
interface Factor {
  readonly value: string;
  readonly inverse: boolean;
  readonly gamma: AffineConstant | undefined;
  readonly nodes: readonly NodeProto[];
}

/** @param root a node that takes a square root: every form has exactly one. */
export function matchLayerNorm(graph: Graph, root: NodeProto, facts: FactsOf): LayerNormMatch | undefined {
  const deviation = matchDeviation(graph, root);
  const start = rootFactor(graph, root);
  if (deviation === undefined || start === undefined) return undefined;
  const tail = findTail(graph, start, deviation);
  if (tail === undefined) return undefined;
  const dims = facts(tail.operand)?.dims ?? facts(deviation.base)?.dims;
  const axisCount = trailingAxes(deviation.axes, dims?.length);
  if (axisCount === undefined) return undefined;
  const width = normalisedWidth(dims, axisCount, tail.gamma);
  if (width === undefined) return undefined;
  const whole = absorbAffine(graph, tail, { axisCount, width, rank: dims?.length });
  if (whole === undefined) return undefined;
  const typed = chooseInput(graph, whole, deviation.base, facts);
  if (typed === undefined) return undefined;
  const { gamma, beta } = whole;
  const nodes = [...typed.nodes, ...deviation.nodes].filter((node, at, all) => all.indexOf(node) === at);
  return { ...typed, gamma, beta, axisCount, width, rank: dims?.length, epsilon: deviation.epsilon, nodes };
}

/** Follows float-to-float casts and copies upwards. */
export function stripCasts(graph: Graph, value: string): string {
  let current = value;
  for (;;) {
    const node = producerOf(graph, current, 'Cast', 'Identity');
    const source = node?.input[0];
    if (node === undefined || source === undefined) return current;
    if (isOp(node, 'Cast') && !isFloatType(attributeInt(node, 'to', 0))) return current;
    current = source;
  }
}

/** A constant, also one that exporters share through `Identity`. */
export function constantBehind(graph: Graph, value: string | undefined): AffineConstant | undefined {
  if (value === undefined || value === '') return undefined;
  let current = value;
  for (let node = producerOf(graph, current, 'Identity'); node !== undefined; node = producerOf(graph, current, 'Identity')) {
    current = node.input[0] ?? '';
  }
  const constant = graph.constant(current);
  return constant === undefined ? undefined : { value: current, constant };
}

function matchDeviation(graph: Graph, root: NodeProto): Deviation | undefined {
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
    if (axes === undefined || square === undefined || centred === undefined || !sameAxes(axes, centred.axes)) return undefined;
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
  const nodes = [...(clamp === undefined ? [] : [clamp]), minus, meanOfSquare, squareOfMean.node, square.node, meanNode];
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
function squared(graph: Graph, value: string | undefined): { readonly of: string; readonly node: NodeProto } | undefined {
  const node = producerOf(graph, stripCasts(graph, value ?? ''), 'Pow', 'Mul');
  const [left = '', right = ''] = node?.input ?? [];
  if (node === undefined) return undefined;
  if (isOp(node, 'Pow')) return scalarOf(graph, right) === 2 ? { of: left, node } : undefined;
  if (left === right || sameCentred(graph, left, right)) return { of: left, node };
  return undefined;
}

/** Some exporters compute `x - mean(x)` anew for each use. */
function sameCentred(graph: Graph, left: string, right: string): boolean {
  const one = matchCentred(graph, left);
  const other = matchCentred(graph, right);
  return one !== undefined && other !== undefined && one.base === other.base && sameAxes(one.axes, other.axes);
}

function matchCentred(graph: Graph, value: string): Centred | undefined {
  const node = producerOf(graph, stripCasts(graph, value), 'Sub', 'Add');
  const [operand, second] = node?.input ?? [];
  if (node === undefined || operand === undefined || second === undefined) return undefined;
  if (isOp(node, 'Sub')) return centredFrom(graph, node, operand, second);
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

function sameAxes(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((axis) => other.includes(axis));
}

function rootFactor(graph: Graph, root: NodeProto): Factor | undefined {
  const value = root.output[0] ?? '';
  const exponent = isOp(root, 'Pow') ? scalarOf(graph, root.input[1]) : 0.5;
  if (exponent !== 0.5 && exponent !== -0.5) return undefined;
  return { value, inverse: exponent === -0.5, gamma: undefined, nodes: [] };
}

/** Follows the deviation down to where it meets the centred value. */
function findTail(graph: Graph, factor: Factor, deviation: Deviation): Tail | undefined {
  for (const node of graph.consumers(factor.value)) {
    const next = nextFactor(graph, factor, node);
    const tail = next === undefined ? meetCentred(graph, factor, node, deviation) : findTail(graph, next, deviation);
    if (tail !== undefined) return tail;
  }
  return undefined;
}

/** A node that only prepares the factor: a cast, the reciprocal, or gamma multiplied in early. */
function nextFactor(graph: Graph, factor: Factor, node: NodeProto): Factor | undefined {
  const value = node.output[0] ?? '';
  const nodes = [node, ...factor.nodes];
  if (isOp(node, 'Cast')) return isFloatType(attributeInt(node, 'to', 0)) ? { ...factor, value, nodes } : undefined;
  if (isOp(node, 'Identity')) return { ...factor, value, nodes };
  if (!factor.inverse) {
    const inverts = isOp(node, 'Reciprocal') || (isOp(node, 'Div') && scalarOf(graph, node.input[0]) === 1);
    return inverts ? { ...factor, value, inverse: true, nodes } : undefined;
  }
  if (!isOp(node, 'Mul') || factor.gamma !== undefined) return undefined;
  const gamma = constantBehind(graph, node.input[node.input[0] === factor.value ? 1 : 0]);
  return gamma === undefined ? undefined : { value, inverse: true, gamma, nodes };
}

function meetCentred(graph: Graph, factor: Factor, node: NodeProto, deviation: Deviation): Tail | undefined {
  const other = node.input[0] === factor.value ? node.input[1] : node.input[0];
  const divides = isOp(node, 'Div') && !factor.inverse && node.input[1] === factor.value;
  if (other === undefined || !(divides || (isOp(node, 'Mul') && factor.inverse))) return undefined;
  const output = node.output[0] ?? '';
  const centred = matchCentred(graph, other);
  if (centred !== undefined) {
    if (centred.base !== deviation.base || !sameAxes(centred.axes, deviation.axes)) return undefined;
    const nodes = [node, ...factor.nodes, ...centred.nodes];
    return { operand: centred.operand, output, gamma: factor.gamma, beta: undefined, nodes };
  }
  return divides ? undefined : meetScaledMean(graph, factor, node, deviation, other);
}

/** `x * factor + (beta - mean * factor)`: the form of a batch normalisation over one sample. */
function meetScaledMean(
  graph: Graph,
  factor: Factor,
  scaled: NodeProto,
  deviation: Deviation,
  operand: string,
): Tail | undefined {
  if (stripCasts(graph, operand) !== deviation.base) return undefined;
  const last = graph.soleConsumer(scaled.output[0]);
  if (!isOp(last, 'Add', 'Sub')) return undefined;
  const fromFirst = last.input[0] === scaled.output[0];
  const rest = last.input[fromFirst ? 1 : 0];
  const output = last.output[0] ?? '';
  const nodes = [last, scaled, ...factor.nodes];
  if (isOp(last, 'Sub')) {
    if (!fromFirst || !isScaledMean(graph, rest, factor, deviation)) return undefined;
    return { operand, output, gamma: factor.gamma, beta: undefined, nodes };
  }
  const shift = producerOf(graph, rest, 'Sub');
  const beta = constantBehind(graph, shift?.input[0]);
  if (shift === undefined || beta === undefined || !isScaledMean(graph, shift.input[1], factor, deviation)) return undefined;
  return { operand, output, gamma: factor.gamma, beta, nodes: [last, shift, ...nodes.slice(1)] };
}

function isScaledMean(graph: Graph, value: string | undefined, factor: Factor, deviation: Deviation): boolean {
  const node = producerOf(graph, value, 'Mul');
  if (node === undefined || !node.input.includes(factor.value)) return false;
  return node.input.some((input) => input !== factor.value && stripCasts(graph, input) === deviation.mean);
}

/** The number of normalised axes if they are the last ones; another axis is no LayerNorm as ONNX defines it. */
function trailingAxes(axes: readonly number[], rank: number | undefined): number | undefined {
  const fromEnd: number[] = [];
  for (const axis of axes) {
    if (axis >= 0 && rank === undefined) return undefined;
    fromEnd.push(axis < 0 ? -axis : (rank ?? 0) - axis);
  }
  fromEnd.sort((one, other) => one - other);
  return fromEnd.every((distance, index) => distance === index + 1) ? fromEnd.length : undefined;
}

function normalisedWidth(
  dims: ValueFacts['dims'],
  axisCount: number,
  gamma: AffineConstant | undefined,
): number | undefined {
  const last = dims?.slice(-axisCount);
  if (last !== undefined && last.every((dim) => dim !== undefined)) return elementCount(last);
  return axisCount === 1 && gamma !== undefined ? elementCount(gamma.constant.dims) : undefined;
}

interface Extent {
  readonly axisCount: number;
  readonly width: number;
  readonly rank: number | undefined;
}

/** Takes gamma and beta in where they follow, under casts if those are there. */
function absorbAffine(graph: Graph, tail: Tail, extent: Extent): Tail | undefined {
  let { output, gamma, beta } = tail;
  const nodes = [...tail.nodes];
  const fits = (candidate: AffineConstant | undefined): candidate is AffineConstant =>
    candidate !== undefined && broadcastsOver(candidate.constant.dims, extent);
  for (const [opType, taken] of [
    ['Mul', gamma ?? beta],
    ['Add', beta],
  ] as const) {
    if (taken !== undefined) continue;
    const [cast, node] = nextAffine(graph, output, opType);
    const from = cast?.output[0] ?? output;
    const constant = constantBehind(graph, node?.input[node.input[0] === from ? 1 : 0]);
    if (node === undefined || !fits(constant)) continue;
    if (opType === 'Mul') gamma = constant;
    else beta = constant;
    nodes.unshift(node, ...(cast === undefined ? [] : [cast]));
    output = node.output[0] ?? '';
  }
  if ((gamma !== undefined && !fits(gamma)) || (beta !== undefined && !fits(beta))) return undefined;
  return { operand: tail.operand, output, gamma, beta, nodes };
}

function nextAffine(graph: Graph, value: string, opType: string): [NodeProto | undefined, NodeProto | undefined] {
  const next = graph.soleConsumer(value);
  if (isOp(next, opType)) return [undefined, next];
  if (!isOp(next, 'Cast') || !isFloatType(attributeInt(next, 'to', 0))) return [undefined, undefined];
  const after = graph.soleConsumer(next.output[0]);
  return [next, isOp(after, opType) ? after : undefined];
}

/** A constant that varies along the normalised axes only: one element, or all of them at the end of its shape. */
function broadcastsOver(dims: readonly number[], extent: Extent): boolean {
  const core = dims.slice(dims.findIndex((dim) => dim !== 1));
  const count = elementCount(dims);
  if (dims.length > (extent.rank ?? extent.axisCount)) return false;
  return count === 1 || (count === extent.width && core.length <= extent.axisCount);
}

/**
 * The operator computes in one type. Where casts surround the decomposition, the value before them is taken if the
 * result has its type again; else the value that was really centred.
 */
function chooseInput(
  graph: Graph,
  tail: Tail,
  base: string,
  facts: FactsOf,
): { input: string; output: string; type: number; nodes: readonly NodeProto[] } | undefined {
  const baseType = facts(base)?.type;
  const cast = graph.soleConsumer(tail.output);
  if (isOp(cast, 'Cast') && baseType !== undefined && attributeInt(cast, 'to', 0) === baseType && isFloatType(baseType)) {
    return { input: base, output: cast.output[0] ?? '', type: baseType, nodes: [cast, ...tail.nodes] };
  }
  const type = facts(tail.output)?.type ?? tail.gamma?.constant.type ?? tail.beta?.constant.type;
  if (type === undefined || !isFloatType(type)) return undefined;
  const { output, nodes } = tail;
  if (baseType === type) return { input: base, output, type, nodes };
  return facts(tail.operand)?.type === type ? { input: tail.operand, output, type, nodes } : undefined;
}
