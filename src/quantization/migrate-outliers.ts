/**
 * Outliers in single channels are what breaks transformers in 8 bits: one wide channel sets the step for all. Dividing a
 * channel by a factor where it is made, and multiplying the weights that read it by the same factor, changes nothing that
 * the network computes and evens out the channels.
 *
 * - Across LayerNorm → linear layers: G. Xiao et al., "SmoothQuant", ICML 2023. The factor is
 *   `max|x|^alpha / max|w|^(1 - alpha)`.
 * - Across layers with nothing but moves between them (a linear layer and a depthwise convolution): the same; with weights
 *   alone it is M. Nagel et al., "Data-Free Quantization Through Weight Equalization", ICCV 2019.
 */
import { copyModel } from '../onnx/copy';
import { isFloatType } from '../onnx/data-type';
import type { NodeProto } from '../onnx/generated/onnx_pb';
import type { Graph } from '../onnx/graph';
import { shapesOf } from '../onnx/infer-shapes';
import { permutationOf } from '../onnx/match';
import type { OnnxModel } from '../onnx/model';
import { attributeInt, isOp, nodeLabel } from '../onnx/node';
import { productOf, sameDim } from '../onnx/symbolic';
import { makeTensor, toNumbers } from '../onnx/tensor';
import type { StatisticsByValue } from './value-statistics';

export interface MigrationReport {
  /** The node whose channels were divided. */
  readonly source: string;
  /** The layers whose weights were multiplied. */
  readonly readers: readonly string[];
  /** Widest channel over the mean of all, before and after. */
  readonly before: number;
  readonly after: number;
  /** One sentence. */
  readonly reason: string;
}

export interface MigrationResult {
  readonly model: OnnxModel;
  readonly migrations: readonly MigrationReport[];
  /** Sources that could not be migrated, and why. */
  readonly skipped: readonly { readonly source: string; readonly reason: string }[];
}

/** Everything is moved into the weights at 1, nothing at 0. */
export const DEFAULT_ALPHA = 0.5;

/**
 * A copy of the model that computes the same with evener channels. Statistics of the values that were scaled are out of
 * date afterwards: collect them again on the result.
 *
 * @param statistics of this model, with channels ({@link collectStatistics} keeps those of LayerNorms).
 */
export function migrateOutliers(
  original: OnnxModel,
  statistics: StatisticsByValue,
  options: { readonly alpha?: number } = {},
): MigrationResult {
  const model = copyModel(original);
  const { graph } = model;
  const migrations: MigrationReport[] = [];
  const skipped: { source: string; reason: string }[] = [];
  for (const node of graph.nodes) {
    const source = sourceAt(graph, node);
    if (source === undefined) continue;
    const magnitudes = statistics.get(source.value)?.channelMagnitudes();
    if (magnitudes?.length !== source.channels) continue;
    const readers = readersOf(graph, source.value, source.axis);
    if ('reason' in readers) {
      skipped.push({ source: nodeLabel(node), reason: readers.reason });
      continue;
    }
    const factors = factorsFor(graph, magnitudes, readers.readers, options.alpha ?? DEFAULT_ALPHA);
    for (const { node: scaled, index, axis } of source.weights)
      scaleInput(graph, scaled, index, axis, inverse(factors));
    for (const { node: reader, index, axis } of readers.readers) scaleInput(graph, reader, index, axis, factors);
    migrations.push(reportOn(node, readers.readers, magnitudes, factors));
  }
  graph.removeDeadNodes();
  return { model, migrations, skipped };
}

/** A weight of a node, and its axis along which the channels lie. */
interface ChannelWeight {
  readonly node: NodeProto;
  readonly index: number;
  readonly axis: number;
}

interface Source {
  readonly value: string;
  /** Axis of the channels in the value. */
  readonly axis: number;
  readonly channels: number;
  /** What makes each channel what it is: dividing these divides the channel. */
  readonly weights: readonly ChannelWeight[];
}

function sourceAt(graph: Graph, node: NodeProto): Source | undefined {
  const [value = ''] = node.output;
  const rank = shapesOf(graph).rank(value);
  if (rank === undefined) return undefined;
  const weightsAt = (where: readonly ChannelWeight[]): readonly ChannelWeight[] | undefined =>
    where.every((weight) => isFloatConstant(graph, weight)) ? where : undefined;
  let weights: readonly ChannelWeight[] | undefined;
  let axis = rank - 1;
  if (isOp(node, 'LayerNormalization')) {
    if (![-1, rank - 1].includes(attributeInt(node, 'axis', -1))) return undefined;
    weights = weightsAt([1, 2].filter((index) => has(node, index)).map((index) => ({ node, index, axis: 0 })));
  } else if (isOp(node, 'Conv')) {
    axis = 1;
    weights = weightsAt([1, 2].filter((index) => has(node, index)).map((index) => ({ node, index, axis: 0 })));
  } else if (isOp(node, 'Add')) weights = weightsAt(biasedProduct(graph, node) ?? [{ node, index: 0, axis: 0 }]);
  const [first] = weights ?? [];
  if (weights === undefined || first === undefined) return undefined;
  const channels = graph.constant(first.node.input[first.index])?.dims[first.axis];
  return channels === undefined ? undefined : { value, axis, channels, weights };
}

/** `MatMul(x, weight) + bias` from its addition. */
function biasedProduct(graph: Graph, node: NodeProto): readonly ChannelWeight[] | undefined {
  const bias = node.input.findIndex((value) => graph.constant(value)?.dims.length === 1);
  const product = graph.producer(node.input[1 - bias]);
  if (bias < 0 || !isOp(product, 'MatMul') || graph.soleConsumer(product.output[0]) !== node) return undefined;
  if (graph.constant(product.input[1])?.dims.length !== 2) return undefined;
  return [
    { node: product, index: 1, axis: 1 },
    { node, index: bias, axis: 0 },
  ];
}

/** The weights that read the channels, if nothing but such weights does. */
function readersOf(
  graph: Graph,
  value: string,
  axis: number,
): { readonly readers: readonly ChannelWeight[] } | { readonly reason: string } {
  const readers: ChannelWeight[] = [];
  const queue = [{ value, axis }];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (graph.isOutput(at.value)) return { reason: 'The value is an output of the network.' };
    for (const node of graph.consumers(at.value)) {
      if (isOp(node, 'Shape', 'Size')) continue;
      const weight = weightReading(graph, node, at.value, at.axis);
      const moved = weight === undefined ? movedAxis(graph, node, at.value, at.axis) : undefined;
      if (weight !== undefined) readers.push(weight);
      else if (moved !== undefined) queue.push({ value: node.output[0] ?? '', axis: moved });
      else return { reason: `${nodeLabel(node)} reads it too, which has no weights that could make up for a factor.` };
    }
  }
  return readers.length === 0 ? { reason: 'No layer with weights reads it.' } : { readers };
}

function weightReading(graph: Graph, node: NodeProto, value: string, axis: number): ChannelWeight | undefined {
  if (node.input[0] !== value || node.input.lastIndexOf(value) !== 0) return undefined;
  const weight = graph.constant(node.input[1]);
  if (weight === undefined || !isFloatType(weight.type)) return undefined;
  const rank = shapesOf(graph).rank(value);
  if (isOp(node, 'MatMul'))
    return axis === (rank ?? 0) - 1 && weight.dims.length === 2 ? { node, index: 1, axis: 0 } : undefined;
  if (isOp(node, 'Gemm') && attributeInt(node, 'transA', 0) === 0) {
    return axis === 1 ? { node, index: 1, axis: attributeInt(node, 'transB', 0) === 1 ? 1 : 0 } : undefined;
  }
  if (!isOp(node, 'Conv') || axis !== 1) return undefined;
  const groups = attributeInt(node, 'group', 1);
  if (groups === 1) return { node, index: 1, axis: 1 };
  // One channel in and one out for each group: the filter is the channel's own.
  return weight.dims[1] === 1 && weight.dims[0] === groups ? { node, index: 1, axis: 0 } : undefined;
}

/** Where the axis lies after a node that only moves numbers; undefined when it is no such node, or cuts the axis up. */
function movedAxis(graph: Graph, node: NodeProto, value: string, axis: number): number | undefined {
  if (node.input[0] !== value) return undefined;
  if (isOp(node, 'Transpose')) {
    const place = permutationOf(node)?.indexOf(axis) ?? -1;
    return place < 0 ? undefined : place;
  }
  if (isOp(node, 'Identity')) return axis;
  if (!isOp(node, 'Reshape')) return undefined;
  const shapes = shapesOf(graph);
  const [before, after] = [shapes.dims(value), shapes.dims(node.output[0])];
  const size = before?.[axis];
  if (before === undefined || after === undefined || size === undefined) return undefined;
  const place = after.findIndex((dim, at) => {
    if (!sameDim(dim, size)) return false;
    const isSameBefore = sameDim(productOf(after.slice(0, at)), productOf(before.slice(0, axis)));
    return isSameBefore || sameDim(productOf(after.slice(at + 1)), productOf(before.slice(axis + 1)));
  });
  return place < 0 ? undefined : place;
}

function factorsFor(
  graph: Graph,
  magnitudes: Float64Array,
  readers: readonly ChannelWeight[],
  alpha: number,
): Float64Array {
  const weights = new Float64Array(magnitudes.length);
  for (const reader of readers) {
    const constant = graph.constant(reader.node.input[reader.index]);
    if (constant === undefined) continue;
    forEachChannel(toNumbers(constant), constant.dims, reader.axis, (value, channel) => {
      weights[channel] = Math.max(weights[channel] ?? 0, Math.abs(value));
    });
  }
  return magnitudes.map((magnitude, channel) => {
    const weight = weights[channel] ?? 0;
    // A channel that is always zero, or that nobody minds, has nothing to move.
    if (magnitude <= 0 || weight <= 0) return 1;
    return Math.min(1e4, Math.max(1e-4, magnitude ** alpha / weight ** (1 - alpha)));
  });
}

function scaleInput(graph: Graph, node: NodeProto, index: number, axis: number, factors: Float64Array): void {
  const name = node.input[index] ?? '';
  const constant = graph.constant(name);
  if (constant === undefined) return;
  const numbers = Float64Array.from(toNumbers(constant));
  forEachChannel(toNumbers(constant), constant.dims, axis, (value, channel, at) => {
    numbers[at] = value * (factors[channel] ?? 1);
  });
  // Others may share the weight: this node gets its own.
  const scaled = graph.uniqueName(`${name}_migrated`);
  graph.setInitializer(makeTensor(scaled, constant.type, constant.dims, numbers));
  graph.setInput(node, index, scaled);
}

function forEachChannel(
  numbers: ArrayLike<number>,
  dims: readonly number[],
  axis: number,
  visit: (value: number, channel: number, at: number) => void,
): void {
  const channels = dims[axis] ?? 1;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  for (let at = 0; at < numbers.length; at += 1) visit(numbers[at] ?? 0, Math.floor(at / inner) % channels, at);
}

function reportOn(
  node: NodeProto,
  readers: readonly ChannelWeight[],
  magnitudes: Float64Array,
  factors: Float64Array,
): MigrationReport {
  const before = unevenness(magnitudes);
  const after = unevenness(magnitudes.map((value, channel) => value / (factors[channel] ?? 1)));
  return {
    source: nodeLabel(node),
    readers: readers.map(({ node: reader }) => nodeLabel(reader)),
    before,
    after,
    reason: `Its widest channel is ${before.toFixed(1)} times as wide as the mean one; with factors moved into the weights that read it, ${after.toFixed(1)} times.`,
  };
}

function unevenness(magnitudes: Float64Array): number {
  const sum = magnitudes.reduce((total, value) => total + value, 0);
  return sum === 0 ? 1 : (Math.max(...magnitudes) * magnitudes.length) / sum;
}

function inverse(factors: Float64Array): Float64Array {
  return factors.map((factor) => 1 / factor);
}

function has(node: NodeProto, index: number): boolean {
  return (node.input[index] ?? '') !== '';
}

function isFloatConstant(graph: Graph, { node, index }: ChannelWeight): boolean {
  const constant = graph.constant(node.input[index]);
  return constant !== undefined && isFloatType(constant.type);
}
