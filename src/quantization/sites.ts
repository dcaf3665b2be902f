import { isFloatType } from '../onnx/data-type';
import type { NodeProto } from '../onnx/generated/onnx_pb';
import type { Graph } from '../onnx/graph';
import { throughProducers } from '../onnx/match';
import { attributeInt, isOp } from '../onnx/node';
import type { QuantizedKind } from '../shared/domain/quantization';
import { quantizedKindSchema } from '../shared/domain/quantization';
import { blockNames } from './blocks';

/**
 * What can be quantised:
 *
 * - `linear`: a matrix product with a constant matrix
 * - `convolution`: one whose channels mix
 * - `depthwise`: a convolution in groups
 * - `attention`: a product of two activations
 * - `classifier`: what makes the network's output, whichever of the first three it is
 * - `residual`: an addition that closes a branch
 */
export type SiteKind = QuantizedKind;

export const SITE_KINDS: readonly SiteKind[] = quantizedKindSchema.options;

export interface SiteWeight {
  /** Which input of the node it is. */
  readonly index: number;
  /** The axis of output channels, each of which gets a scale of its own. */
  readonly axis: number;
}

/** A node that can compute in 8 bits. */
export interface Site {
  readonly kind: SiteKind;
  readonly node: NodeProto;
  /** Indices of the inputs that are activations. */
  readonly activations: readonly number[];
  readonly weight?: SiteWeight;
  /** The part of the network that it belongs to, such as `stage 2, block 1, attention`. */
  readonly block: string;
}

/** Move numbers about or change their type: a range holds before them as well as after them. */
const MOVES = ['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout', 'Cast'];

/** Come between the classifier and the outputs. */
const OUTPUT_STEPS = [...MOVES, 'Resize', 'Upsample', 'Softmax', 'Sigmoid', 'ArgMax', 'Slice', 'Add', 'Gather'];

/** In the graph's order. Found by operators, constants and shapes alone. */
export function findSites(graph: Graph): Site[] {
  graph.sort();
  const blockOf = blockNames(graph);
  return graph.nodes.flatMap((node) => {
    const site = siteAt(graph, node);
    if (site === undefined) return [];
    const isLast = site.weight !== undefined && leadsStraightOut(graph, node.output[0]);
    const kind = isLast ? 'classifier' : site.kind;
    return [{ ...site, kind, block: isLast ? 'classifier' : (blockOf.get(node) ?? 'head') }];
  });
}

/** The value from which an activation was only moved or reshaped: both have the same range. */
export function rangeSource(graph: Graph, value: string): string {
  return throughProducers(graph, value, ...MOVES);
}

/** True for an addition of two activations. */
export function isResidual(graph: Graph, node: NodeProto): boolean {
  return isOp(node, 'Add') && node.input.length === 2 && node.input.every((value) => !graph.isConstant(value));
}

function siteAt(graph: Graph, node: NodeProto): Omit<Site, 'block'> | undefined {
  if (isOp(node, 'MatMul')) return productSite(graph, node);
  if (isOp(node, 'Gemm')) {
    if (attributeInt(node, 'transA', 0) !== 0 || !isMatrix(graph, node.input[1])) return undefined;
    const axis = attributeInt(node, 'transB', 0) === 1 ? 0 : 1;
    return { kind: 'linear', node, activations: [0], weight: { index: 1, axis } };
  }
  if (isOp(node, 'Conv')) {
    const weight = graph.constant(node.input[1]);
    if (weight === undefined || !isFloatType(weight.type)) return undefined;
    const kind = attributeInt(node, 'group', 1) === 1 ? 'convolution' : 'depthwise';
    return { kind, node, activations: [0], weight: { index: 1, axis: 0 } };
  }
  return isResidual(graph, node) ? { kind: 'residual', node, activations: [0, 1] } : undefined;
}

function productSite(graph: Graph, node: NodeProto): Omit<Site, 'block'> | undefined {
  const [left, right] = node.input;
  if (isMatrix(graph, right)) {
    return graph.isConstant(left)
      ? undefined
      : { kind: 'linear', node, activations: [0], weight: { index: 1, axis: 1 } };
  }
  if (graph.isConstant(left) || graph.isConstant(right)) return undefined;
  return { kind: 'attention', node, activations: [0, 1] };
}

function isMatrix(graph: Graph, value: string | undefined): boolean {
  const constant = graph.constant(value);
  return constant !== undefined && constant.dims.length === 2 && isFloatType(constant.type);
}

/** Whether nothing that learns or mixes comes between the value and the outputs. */
function leadsStraightOut(graph: Graph, value: string | undefined): boolean {
  if (value === undefined) return false;
  // Who asks for the shape alone reads no number of it.
  const readers = graph.consumers(value).filter((reader) => !isOp(reader, 'Shape'));
  if (readers.length === 0) return graph.isOutput(value);
  return readers.every(
    (reader) =>
      isOp(reader, ...OUTPUT_STEPS) && !isResidual(graph, reader) && leadsStraightOut(graph, reader.output[0]),
  );
}
