import type { NodeProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import { attributeInt, attributeInts, isOp } from './node';
import type { Constant } from './tensor';
import { toNumbers, toScalar } from './tensor';

/** The producer of a value, if it is one of these operators of ONNX's own domain. */
export function producerOf(
  graph: Graph,
  value: string | undefined,
  ...opTypes: readonly string[]
): NodeProto | undefined {
  const node = graph.producer(value);
  return isOp(node, ...opTypes) ? node : undefined;
}

/** The only reader of a value that is no graph output, if it is one of these operators. */
export function soleConsumerOf(
  graph: Graph,
  value: string | undefined,
  ...opTypes: readonly string[]
): NodeProto | undefined {
  const node = graph.soleConsumer(value);
  return isOp(node, ...opTypes) ? node : undefined;
}

/** Follows a value up through nodes with one data input (`Cast`, `Identity`, …). @returns the value they start from. */
export function throughProducers(graph: Graph, value: string, ...opTypes: readonly string[]): string {
  let current = value;
  for (let node = producerOf(graph, current, ...opTypes); node !== undefined;) {
    const source = node.input[0];
    if (source === undefined || source === '') break;
    current = source;
    node = producerOf(graph, current, ...opTypes);
  }
  return current;
}

/** A two-operand node with one constant side: `Add(x, bias)` or `Add(bias, x)`. */
export interface ConstantOperand {
  readonly variable: string;
  /** 0 or 1: which input is constant. */
  readonly constantIndex: number;
  readonly constant: Constant;
}

/** Undefined unless exactly one of the two inputs is constant. */
export function constantOperand(graph: Graph, node: NodeProto): ConstantOperand | undefined {
  const [left, right] = node.input;
  if (left === undefined || right === undefined) return undefined;
  const constantIndex = graph.isConstant(right) ? 1 : 0;
  const constant = graph.constant(constantIndex === 1 ? right : left);
  const variable = constantIndex === 1 ? left : right;
  return constant === undefined || graph.isConstant(variable) ? undefined : { variable, constantIndex, constant };
}

/** The other input of a two-operand node. */
export function otherOperand(node: NodeProto, value: string): string | undefined {
  if (node.input[0] === value) return node.input[1];
  return node.input[1] === value ? node.input[0] : undefined;
}

/** A constant's one number: also of a tensor like [1, 1, 1]. */
export function scalarOf(graph: Graph, value: string | undefined): number | undefined {
  return toScalar(graph.constant(value));
}

/** A small constant list, as axes, shapes and starts are: its numbers, whatever integer type they have. */
export function integersOf(graph: Graph, value: string | undefined): number[] | undefined {
  const constant = graph.constant(value);
  return constant === undefined || constant.dims.length > 1 ? undefined : Array.from(toNumbers(constant));
}

/** Axes moved from an attribute to an input over the operator sets: looks in both. Undefined when given nowhere or computed. */
export function axesOf(graph: Graph, node: NodeProto, inputIndex = 1): number[] | undefined {
  return attributeInts(node, 'axes') ?? integersOf(graph, node.input[inputIndex]);
}

/** A `Transpose`'s permutation, or undefined for another node and for the default (reverse all). */
export function permutationOf(node: NodeProto | undefined): number[] | undefined {
  return isOp(node, 'Transpose') ? attributeInts(node, 'perm') : undefined;
}

/** True for an attribute that is absent or has ONNX's default. */
export function hasIntAttribute(node: NodeProto, name: string, expected: number, fallback: number): boolean {
  return attributeInt(node, name, fallback) === expected;
}
