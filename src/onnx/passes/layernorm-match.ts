import { isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { producerOf, scalarOf } from '../match';
import { attributeInt, isOp } from '../node';
import { elementCount } from '../tensor';
import type { FactsOf, ValueFacts } from './facts';
import type { AffineConstant, Deviation } from './layernorm-parts';
import { constantBehind, matchCentred, matchDeviation, sameAxes, stripCasts } from './layernorm-parts';

/** One decomposed LayerNorm: `(x - mean(x)) / sqrt(var(x) + epsilon) * gamma + beta` over the last axes of x. */
export interface LayerNormMatch {
  readonly input: string;
  readonly output: string;
  readonly type: number;
  /** Sizes of the axes that are normalised together, nearly always only the last. */
  readonly shape: readonly number[];
  readonly epsilon: number;
  readonly gamma: AffineConstant | undefined;
  readonly beta: AffineConstant | undefined;
  /** From the first mean to the last addition, the last first. */
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
  const shape = normalisedShape(dims, axisCount, tail.gamma);
  if (shape === undefined) return undefined;
  const whole = absorbAffine(graph, tail, { shape, rank: dims?.length });
  if (whole === undefined) return undefined;
  const typed = chooseInput(graph, whole, deviation.base, facts);
  if (typed === undefined) return undefined;
  const { gamma, beta } = whole;
  const nodes = [...typed.nodes, ...deviation.nodes].filter((node, at, all) => all.indexOf(node) === at);
  return { ...typed, gamma, beta, shape, epsilon: deviation.epsilon, nodes };
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
  const subtracts = last.opType === 'Sub';
  const rest = last.input[fromFirst ? 1 : 0];
  const output = last.output[0] ?? '';
  const nodes = [last, scaled, ...factor.nodes];
  if (subtracts) {
    if (!fromFirst || !isScaledMean(graph, rest, factor, deviation)) return undefined;
    return { operand, output, gamma: factor.gamma, beta: undefined, nodes };
  }
  const shift = producerOf(graph, rest, 'Sub');
  const beta = constantBehind(graph, shift?.input[0]);
  if (shift === undefined || beta === undefined || !isScaledMean(graph, shift.input[1], factor, deviation))
    return undefined;
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

function normalisedShape(
  dims: ValueFacts['dims'],
  axisCount: number,
  gamma: AffineConstant | undefined,
): readonly number[] | undefined {
  const last = dims?.slice(-axisCount);
  if (last?.every((dim): dim is number => dim !== undefined) === true) return last;
  return axisCount === 1 && gamma !== undefined ? [elementCount(gamma.constant.dims)] : undefined;
}

interface Extent {
  readonly shape: readonly number[];
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
function broadcastsOver(dims: readonly number[], { shape, rank }: Extent): boolean {
  if (dims.length > (rank ?? shape.length)) return false;
  if (elementCount(dims) === 1) return true;
  const leading = dims.length - shape.length;
  return leading >= 0 && dims.every((dim, axis) => dim === (axis < leading ? 1 : shape[axis - leading]));
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
  if (
    isOp(cast, 'Cast') &&
    baseType !== undefined &&
    attributeInt(cast, 'to', 0) === baseType &&
    isFloatType(baseType)
  ) {
    return { input: base, output: cast.output[0] ?? '', type: baseType, nodes: [cast, ...tail.nodes] };
  }
  const type = facts(tail.output)?.type ?? tail.gamma?.constant.type ?? tail.beta?.constant.type;
  if (type === undefined || !isFloatType(type)) return undefined;
  const { output, nodes } = tail;
  if (baseType === type) return { input: base, output, type, nodes };
  return facts(tail.operand)?.type === type ? { input: tail.operand, output, type, nodes } : undefined;
}
