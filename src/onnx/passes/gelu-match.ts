import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { otherOperand, scalarOf, soleConsumerOf } from '../match';
import { attributeString, isOp } from '../node';

/** GELU by the error function, as one node or step by step. */
export interface GeluMatch {
  readonly output: string;
  readonly nodes: readonly NodeProto[];
}

/** Constants are often 16-bit: sqrt(2) is off by 2e-4 there. */
const PRECISION = 1e-3;

/** The GELU that reads this value; undefined when anything else reads it as well. */
export function matchGelu(graph: Graph, value: string): GeluMatch | undefined {
  if (graph.isOutput(value)) return undefined;
  const readers = graph.consumers(value);
  const whole = readers.length === 1 ? readers[0] : undefined;
  if (whole !== undefined && isWholeGelu(whole)) return { output: whole.output[0] ?? '', nodes: [whole] };
  for (const scale of readers) {
    const found = matchSteps(graph, value, scale);
    if (found !== undefined && readers.every((reader) => found.nodes.includes(reader))) return found;
  }
  return undefined;
}

function isWholeGelu(node: NodeProto): boolean {
  if (node.domain === 'com.microsoft') return node.opType === 'Gelu';
  return isOp(node, 'Gelu') && attributeString(node, 'approximate', 'none') === 'none';
}

/** `(erf(x / sqrt(2)) + 1)`, then times x and 0.5 in any order. */
function matchSteps(graph: Graph, value: string, scale: NodeProto): GeluMatch | undefined {
  if (!isOp(scale, 'Div', 'Mul') || !isNear(scaleOf(graph, scale, value), Math.SQRT1_2)) return undefined;
  const erf = soleConsumerOf(graph, scale.output[0], 'Erf');
  const plusOne = soleConsumerOf(graph, erf?.output[0], 'Add');
  if (erf === undefined || plusOne === undefined) return undefined;
  if (scalarOf(graph, otherOperand(plusOne, erf.output[0] ?? '')) !== 1) return undefined;
  const nodes = [scale, erf, plusOne];
  let current = plusOne.output[0] ?? '';
  let factor = 1;
  let timesValue = 0;
  for (let step = 0; step < 2; step += 1) {
    const product = soleConsumerOf(graph, current, 'Mul', 'Div');
    const part = product === undefined ? undefined : partOf(graph, product, current, value);
    if (product === undefined || part === undefined) return undefined;
    factor *= part.factor;
    timesValue += part.timesValue;
    nodes.push(product, ...part.nodes);
    current = product.output[0] ?? '';
    if (timesValue === 1 && isNear(factor, 0.5)) return { output: current, nodes };
  }
  return undefined;
}

interface Part {
  readonly factor: number;
  readonly timesValue: number;
  readonly nodes: readonly NodeProto[];
}

/** What a product multiplies `current` by: a number, `value`, or a number times `value`. */
function partOf(graph: Graph, product: NodeProto, current: string, value: string): Part | undefined {
  const factor = scaleOf(graph, product, current);
  if (factor !== undefined) return { factor, timesValue: 0, nodes: [] };
  if (!isOp(product, 'Mul')) return undefined;
  const other = otherOperand(product, current);
  if (other === value) return { factor: 1, timesValue: 1, nodes: [] };
  const scaled = graph.producer(other);
  const by = scaled === undefined || !isOp(scaled, 'Mul', 'Div') ? undefined : scaleOf(graph, scaled, value);
  if (scaled === undefined || by === undefined || graph.soleConsumer(other) !== product) return undefined;
  return { factor: by, timesValue: 1, nodes: [scaled] };
}

/** The number by which a node multiplies a value. */
function scaleOf(graph: Graph, node: NodeProto, value: string): number | undefined {
  const number = scalarOf(graph, otherOperand(node, value));
  if (number === undefined || !isOp(node, 'Div')) return number;
  return node.input[0] === value ? 1 / number : undefined;
}

function isNear(number: number | undefined, wanted: number): boolean {
  return number !== undefined && Math.abs(number - wanted) <= PRECISION * wanted;
}
