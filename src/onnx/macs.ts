import type { NodeProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import { inferShapes } from './infer-shapes';
import type { ShapeTable } from './infer-shapes';
import type { OnnxModel } from './model';
import { attributeInt, isOp } from './node';
import { neededNodes } from './subgraph';
import type { Dim } from './symbolic';
import { imageInputOf } from './verify/samples';

/** Multiply-accumulate operations of convolutions and matrix products; element-wise work is not counted. */
export interface MacReport {
  /** The input that was counted for. */
  readonly height: number;
  readonly width: number;
  readonly batch: number;
  readonly total: number;
  /**
   * By where in the network they are spent: encoder layers by how much smaller than the picture they are (`1/4`), and
   * `head` for what follows, or runs beside, the encoder's smallest features.
   */
  readonly stages: readonly MacStage[];
  /** Nodes that multiply and whose sizes could not be inferred. */
  readonly uncounted: readonly string[];
}

export interface MacStage {
  readonly stage: string;
  readonly macs: number;
  readonly nodes: number;
}

const COUNTED = [
  'Conv',
  'ConvTranspose',
  'MatMul',
  'Gemm',
  'ConvInteger',
  'MatMulInteger',
  'QLinearConv',
  'QLinearMatMul',
];

/** Undefined for a model that takes no picture. `wanted` counts where the model leaves its size open; 512 x 512 else. */
export function countMacs(
  model: OnnxModel,
  wanted: { readonly height?: number; readonly width?: number; readonly batch?: number } = {},
): MacReport | undefined {
  const { graph } = model;
  const image = imageInputOf(model);
  if (image === undefined) return undefined;
  const height = image.height ?? wanted.height ?? 512;
  const width = image.width ?? wanted.width ?? 512;
  const batch = image.batch ?? wanted.batch ?? 1;
  const dims =
    image.layout === 'NCHW' ? [batch, image.channels, height, width] : [batch, height, width, image.channels];
  const shapes = inferShapes(graph, { inputs: new Map([[image.name, dims]]) });
  const uncounted: string[] = [];
  const counts: { node: NodeProto; macs: number; reduction: number }[] = [];
  for (const node of graph.nodes) {
    if (!isOp(node, ...COUNTED)) continue;
    const macs = macsOf(node, shapes);
    if (macs === undefined) uncounted.push(node.name);
    else counts.push({ node, macs, reduction: reductionOf(node, shapes, batch * height * width) });
  }
  const stageOf = encoderStages(graph, counts);
  const stages = new Map<string, MacStage>();
  for (const { node, macs } of counts) {
    const reduction = stageOf.get(node);
    const stage = reduction === undefined ? 'head' : `1/${reduction}`;
    const known = stages.get(stage) ?? { stage, macs: 0, nodes: 0 };
    stages.set(stage, { stage, macs: known.macs + macs, nodes: known.nodes + 1 });
  }
  const total = counts.reduce((sum, { macs }) => sum + macs, 0);
  return { height, width, batch, total, stages: [...stages.values()].sort(byStage), uncounted };
}

function macsOf(node: NodeProto, shapes: ShapeTable): number | undefined {
  const isQuantized = node.opType.startsWith('QLinear');
  const data = numbers(shapes.dims(node.input[0]));
  const weight = numbers(shapes.dims(node.input[isQuantized ? 3 : 1]));
  const result = numbers(shapes.dims(node.output[0]));
  if (data === undefined || weight === undefined || result === undefined) return undefined;
  if (node.opType === 'ConvTranspose') return product(data) * product(weight.slice(1));
  if (node.opType.includes('Conv')) return product(result) * product(weight.slice(1));
  const depth = node.opType === 'Gemm' && attributeInt(node, 'transA', 0) === 1 ? data[0] : data.at(-1);
  return depth === undefined ? undefined : product(result) * depth;
}

/** How many times smaller a side is than the picture's: from the positions that the node's output has. */
function reductionOf(node: NodeProto, shapes: ShapeTable, pixels: number): number {
  const dims = numbers(shapes.dims(node.output[0])) ?? [];
  const isConv = node.opType.includes('Conv');
  // [N, C, H, W] of a convolution; [N, positions, C] of a linear layer; [N, heads, positions, …] of attention.
  const positions = isConv ? product(dims.slice(2)) : (dims.at(-2) ?? 1);
  const batch = dims.length > 2 ? (dims[0] ?? 1) : 1;
  return Math.max(1, 2 ** Math.round(Math.log2(Math.sqrt(pixels / (positions * batch)))));
}

/**
 * The reduction of the stage that each node of the encoder belongs to; what is missing follows the smallest features or
 * runs beside. Attention works with fewer keys and values than queries: what makes them belongs to the queries' stage,
 * so that a node has the least reduction of all that is made from it.
 */
function encoderStages(
  graph: Graph,
  counts: readonly { readonly node: NodeProto; readonly reduction: number }[],
): Map<NodeProto, number> {
  const smallest = Math.max(1, ...counts.map(({ reduction }) => reduction));
  const last = counts.filter(({ reduction }) => reduction === smallest).map(({ node }) => node.output[0] ?? '');
  const encoder = neededNodes(graph, last, new Set());
  const own = new Map(counts.map(({ node, reduction }) => [node, reduction]));
  const stages = new Map<NodeProto, number>();
  graph.sort();
  for (const node of [...graph.nodes].reverse()) {
    if (!encoder.has(node)) continue;
    const later = node.output.flatMap((value) =>
      graph.consumers(value).map((reader) => stages.get(reader) ?? Infinity),
    );
    stages.set(node, Math.min(own.get(node) ?? Infinity, ...later));
  }
  return stages;
}

function byStage(one: MacStage, other: MacStage): number {
  const rank = ({ stage }: MacStage): number => (stage === 'head' ? Infinity : Number(stage.slice(2)));
  return rank(one) - rank(other);
}

function numbers(dims: readonly Dim[] | undefined): number[] | undefined {
  const known = dims?.filter((dim): dim is number => typeof dim === 'number');
  return known?.length === dims?.length ? known : undefined;
}

function product(values: readonly number[]): number {
  return values.reduce((result, value) => result * value, 1);
}
