import { DataType, isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { shapesOf } from '../infer-shapes';
import type { ShapeTable } from '../infer-shapes';
import { isOp, isStandardDomain, nodeLabel } from '../node';
import { because } from '../pass';
import type { Reason } from '../pass';
import { toNumbers } from '../tensor';
import { factsOf } from './facts';
import { PLUGIN_DOMAIN } from './fuse-layernorm';
import { matchLayerNorm } from './layernorm-match';

export type LowType = DataType.FLOAT16 | DataType.BFLOAT16;

/** Largest magnitude and mean magnitude that a value took on sample pictures. */
export interface ActivationRange {
  readonly max: number;
  readonly mean: number;
}

/** By value name. */
export type ActivationRanges = ReadonlyMap<string, ActivationRange>;

/** Nodes that compute in 16 bits, and those that were about to and must not. */
export interface PrecisionPlan {
  readonly low: ReadonlySet<NodeProto>;
  readonly risks: readonly PrecisionRisk[];
}

export interface PrecisionRisk extends Reason {
  readonly node: NodeProto;
}

/** Code of the risk that pictures show: what a layer computes comes near the largest number. */
export const VALUES_OVERFLOW = 'values-overflow';

const WOULD_OVERFLOW = because('would-overflow', 'Its values would overflow on the calibration pictures.');

interface Limits {
  readonly label: string;
  readonly largest: number;
  /** Below this, precision is lost bit by bit. */
  readonly smallestNormal: number;
  /** Below half of this, nothing is left. */
  readonly smallest: number;
}

export const LIMITS: Readonly<Record<LowType, Limits>> = {
  [DataType.FLOAT16]: { label: 'float16', largest: 65_504, smallestNormal: 2 ** -14, smallest: 2 ** -24 },
  [DataType.BFLOAT16]: { label: 'bfloat16', largest: 3.3895e38, smallestNormal: 2 ** -126, smallest: 2 ** -133 },
};

/** Activations may be a little larger on other pictures than on the samples. */
const HEADROOM = 2;

/** What 16 bits do well. Reductions, powers, roots and exponentials stay in 32: they add up or blow up. */
const SUITED = new Set(
  (
    'Conv ConvTranspose MatMul Gemm Add Sub Mul Div Neg Abs Relu LeakyRelu PRelu Elu Gelu Erf Sigmoid Tanh HardSigmoid HardSwish ' +
    'Mish Clip Min Max Sum Concat Split Slice Reshape Transpose Flatten Squeeze Unsqueeze Expand Tile Gather GatherElements ' +
    'GatherND Pad Identity Dropout MaxPool AveragePool GlobalAveragePool GlobalMaxPool Softmax LayerNormalization ' +
    'BatchNormalization InstanceNormalization Where Resize Upsample DepthToSpace SpaceToDepth Cast ReduceMax ReduceMin'
  ).split(' '),
);

/** Our own operators: each computes in the type that it is given. */
const PLUGIN_OPERATORS = new Set(['LayerNorm', 'AddLayerNorm', 'DepthwiseGelu', 'DecodeHead']);

/** Read a value of any float type without minding which. */
const INDIFFERENT = ['Shape', 'Size', 'ArgMax', 'ArgMin', 'Cast'];

export function isIndifferent(node: NodeProto): boolean {
  return isOp(node, ...INDIFFERENT);
}

/** Inputs that stay as they are: bounds and scales of a resize are float32 whatever the data is. */
export function isExempt(node: NodeProto, index: number): boolean {
  if (isOp(node, 'Resize', 'Upsample')) return index > 0;
  if (isOp(node, 'Dropout')) return index > 0;
  return isOp(node, 'Cast');
}

interface PlanOptions {
  readonly ranges?: ActivationRanges;
  /** Names of nodes that are kept because it was asked for. */
  readonly keep?: readonly string[];
}

export function planPrecision(
  graph: Graph,
  type: LowType,
  { ranges = new Map(), keep = [] }: PlanOptions = {},
): PrecisionPlan {
  const kept = new Set(keep);
  const table = shapesOf(graph);
  const limits = LIMITS[type];
  const norms = decomposedNorms(graph);
  const low = new Set<NodeProto>();
  const risks: PrecisionRisk[] = [];
  for (const node of imagePath(graph)) {
    if (!isSuited(graph, node, table) || norms.has(node)) continue;
    // TensorRT 10 has no bfloat16 resize.
    if (type === DataType.BFLOAT16 && isOp(node, 'Resize', 'Upsample')) continue;
    const asked = kept.has(nodeLabel(node)) ? WOULD_OVERFLOW : undefined;
    const reason = asked ?? constantRisk(graph, node, table, limits) ?? activationRisk(node, ranges, limits);
    if (reason === undefined) low.add(node);
    else risks.push({ node, ...reason });
  }
  return { low, risks };
}

/** Nodes that work on the picture: what computes sizes and masks of constants is not among them. */
function imagePath(graph: Graph): NodeProto[] {
  graph.sort();
  const reached = new Set(graph.inputs.map(({ name }) => name));
  return graph.nodes.filter((node) => {
    if (isOp(node, 'Shape', 'Size') || !node.input.some((value) => reached.has(value))) return false;
    for (const value of node.output) reached.add(value);
    return true;
  });
}

function isSuited(graph: Graph, node: NodeProto, table: ShapeTable): boolean {
  if (graph.subgraphs(node).length > 0 || table.elementType(node.output[0]) !== DataType.FLOAT) return false;
  if (node.domain === PLUGIN_DOMAIN) return PLUGIN_OPERATORS.has(node.opType);
  return isStandardDomain(node.domain) && SUITED.has(node.opType);
}

/** A variance computed step by step squares and sums: all of it stays in 32 bits. One LayerNormalization does so inside. */
function decomposedNorms(graph: Graph): Set<NodeProto> {
  const facts = factsOf(graph);
  const nodes = new Set<NodeProto>();
  for (const node of graph.nodes) {
    if (isOp(node, 'Sqrt', 'Pow')) for (const part of matchLayerNorm(graph, node, facts)?.nodes ?? []) nodes.add(part);
  }
  return nodes;
}

function constantRisk(graph: Graph, node: NodeProto, table: ShapeTable, limits: Limits): Reason | undefined {
  const { label: type } = limits;
  for (const [index, value] of node.input.entries()) {
    if (isExempt(node, index) || table.elementType(value) !== DataType.FLOAT) continue;
    const constant = graph.constant(value);
    if (constant === undefined || !isFloatType(constant.type)) continue;
    const { largest, vanishing } = extremes(toNumbers(constant), limits.smallest / 2);
    if (largest > limits.largest) {
      const [weight, end] = [format(largest), format(limits.largest)];
      return because('weight-too-large', `A weight of ${weight} is beyond what ${type} can hold (${end}).`, {
        ...{ weight, type, end },
      });
    }
    if (largest > 0 && largest < limits.smallestNormal) {
      const end = format(limits.smallestNormal);
      return because('weights-small', `All its weights are below ${end}, where ${type} loses precision.`, {
        end,
        type,
      });
    }
    if (vanishing > 0.01) {
      const percent = Math.round(vanishing * 100);
      return because('weights-vanish', `${percent} % of its weights would become 0 in ${type}.`, { percent, type });
    }
  }
  return undefined;
}

/** @returns the largest magnitude, and the share of numbers other than 0 that are below the threshold. */
function extremes(numbers: ArrayLike<number>, threshold: number): { largest: number; vanishing: number } {
  let largest = 0;
  let vanished = 0;
  for (let index = 0; index < numbers.length; index += 1) {
    const magnitude = Math.abs(numbers[index] ?? 0);
    if (magnitude > largest) largest = magnitude;
    if (magnitude > 0 && magnitude < threshold) vanished += 1;
  }
  return { largest, vanishing: numbers.length === 0 ? 0 : vanished / numbers.length };
}

function activationRisk(node: NodeProto, ranges: ActivationRanges, limits: Limits): Reason | undefined {
  const { label: type } = limits;
  for (const value of [...node.output, ...node.input]) {
    const range = ranges.get(value);
    if (range === undefined) continue;
    const most = format(range.max);
    if (range.max * HEADROOM > limits.largest) {
      const end = format(limits.largest);
      const text = `Its values reach ${most} on the sample pictures; ${type} ends at ${end}.`;
      return because(VALUES_OVERFLOW, text, { most, type, end });
    }
    if (range.max > 0 && range.max < limits.smallestNormal) {
      const text = `Its values stay below ${most} on the sample pictures, where ${type} loses precision.`;
      return because('values-small', text, { most, type });
    }
  }
  return undefined;
}

function format(value: number): string {
  return value >= 1e-3 && value < 1e6 ? `${Number(value.toPrecision(5))}` : value.toExponential(1);
}
