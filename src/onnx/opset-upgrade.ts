import { AppError } from '../shared/app-error';
import { DataType } from './data-type';
import type { NodeProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import type { OnnxModel } from './model';
import {
  attributeFloat,
  attributeInt,
  attributeInts,
  attributeString,
  isStandardDomain,
  nodeLabel,
  removeAttribute,
  setAttribute,
} from './node';

/** Rank of a value, or undefined when it is not known. */
export type RankOf = (value: string) => number | undefined;

/** Operator sets that {@link upgradeOpset} can reach. */
export const UPGRADE_MAX = 22;

/**
 * Operators that mean the same, with the same inputs and attributes, in every operator set from 9 to 22: later ones only
 * added types, or attributes whose default is what there was before.
 */
const UNCHANGED = new Set(
  (
    'Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh BitShift Cast Ceil Celu Compress Concat Constant ' +
    'ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div DynamicQuantizeLinear Einsum ' +
    'Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool ' +
    'Greater GreaterOrEqual HardSigmoid HardSwish Identity If InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu ' +
    'Less LessOrEqual Log Loop MatMul MatMulInteger Max MaxPool AveragePool Mean Min Mod Mul Neg NonZero Not OneHot Or PRelu Pow ' +
    'QLinearConv QLinearMatMul QuantizeLinear RandomNormalLike RandomUniformLike Range Reciprocal Relu Reshape Round Scan Selu ' +
    'Shape Shrink Sigmoid Sign Sin Sinh Size Softplus Softsign SpaceToDepth Sqrt Sub Sum Tan Tanh ThresholdedRelu Tile ' +
    'Transpose Trilu Where Xor ScatterElements ScatterND'
  ).split(' '),
);

interface Step {
  /** The operator set that changed the operator. */
  readonly version: number;
  readonly convert: (graph: Graph, node: NodeProto) => void;
  /** A reason why this node cannot be brought over. */
  readonly problem?: (node: NodeProto, ranks: RankOf) => string | undefined;
}

const CHANGED: Readonly<Record<string, readonly Step[]>> = {
  Slice: [{ version: 10, convert: sliceInputs }],
  TopK: [{ version: 10, convert: (graph, node) => attributeToInput(graph, node, 'k', 1) }],
  Upsample: [{ version: 10, convert: () => undefined, problem: () => 'Upsample has no equal successor' }],
  Dropout: [{ version: 12, convert: dropoutInputs }],
  Pad: [{ version: 11, convert: padInputs }],
  Clip: [{ version: 11, convert: clipInputs }],
  Resize: [{ version: 11, convert: resizeRegion, problem: resizeProblem }],
  Squeeze: [{ version: 13, convert: axesInput }],
  Unsqueeze: [{ version: 13, convert: axesInput }],
  ReduceSum: [{ version: 13, convert: axesInput }],
  Softmax: [{ version: 13, convert: softmaxAxis, problem: softmaxProblem }],
  LogSoftmax: [{ version: 13, convert: softmaxAxis, problem: softmaxProblem }],
  Hardmax: [{ version: 13, convert: softmaxAxis, problem: softmaxProblem }],
  Split: [
    { version: 13, convert: (graph, node) => attributeToInput(graph, node, 'split', 1) },
    { version: 18, convert: splitOutputs },
  ],
  BatchNormalization: [{ version: 14, convert: batchNormOutputs, problem: batchNormProblem }],
  ...Object.fromEntries(
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare'
      .split(' ')
      .map((opType) => [opType, [{ version: 18, convert: axesInput }]]),
  ),
};

/**
 * Raises the model's operator set to `target` and rewrites the nodes whose form changed on the way, in subgraphs too. A
 * model that has it already, or a newer one, stays as it is.
 *
 * @param ranks how many axes a value has; only a softmax over a positive axis asks for it.
 * @throws ONNX_OPSET_CONVERSION when a node cannot be brought over; the model is unchanged then.
 */
export function upgradeOpset(model: OnnxModel, target: number, ranks: RankOf = () => undefined): void {
  const from = model.opset('') ?? 0;
  if (from >= target) return;
  if (target > UPGRADE_MAX) throw new Error(`operator set ${target} is beyond ${UPGRADE_MAX}`);
  if (model.proto.functions.length > 0) throw refused(model, from, target, 'it defines functions of its own');
  const graphs = allGraphs(model.graph);
  for (const graph of graphs) {
    for (const node of graph.nodes) {
      const problem = blocker(node, from, target, ranks);
      if (problem !== undefined) throw refused(model, from, target, problem);
    }
  }
  for (const graph of graphs) {
    for (const node of graph.nodes) {
      for (const step of stepsOf(node, from, target)) step.convert(graph, node);
    }
  }
  model.setOpset('', target);
  model.requireIrVersion(target >= 21 ? 10 : target >= 19 ? 9 : target >= 15 ? 8 : 7);
}

function allGraphs(graph: Graph): Graph[] {
  return [graph, ...graph.nodes.flatMap((node) => graph.subgraphs(node).flatMap(allGraphs))];
}

function stepsOf(node: NodeProto, from: number, target: number): readonly Step[] {
  if (!isStandardDomain(node.domain)) return [];
  return (CHANGED[node.opType] ?? []).filter((step) => step.version > from && step.version <= target);
}

/** Asks each node before any is touched, so that a refusal leaves the model whole. */
function blocker(node: NodeProto, from: number, target: number, ranks: RankOf): string | undefined {
  if (!isStandardDomain(node.domain)) return undefined;
  const steps = CHANGED[node.opType];
  if (steps === undefined) {
    return UNCHANGED.has(node.opType)
      ? undefined
      : `the operator ${node.opType} (${nodeLabel(node)}) is not among those converted`;
  }
  for (const step of stepsOf(node, from, target)) {
    const problem = step.problem?.(node, ranks);
    if (problem !== undefined) return `${nodeLabel(node)}: ${problem}`;
  }
  return undefined;
}

function refused(model: OnnxModel, from: number, target: number, problem: string): AppError {
  return new AppError(
    'ONNX_OPSET_CONVERSION',
    `${model.fileName} uses operator set ${from} and this step needs ${target}, but ${problem}.`,
    { hint: `Export the model again at operator set ${target}.`, details: { from, target } },
  );
}

function integersInput(graph: Graph, name: string, values: readonly number[]): string {
  return graph.addInitializer(`maskforge/${name}`, DataType.INT64, [values.length], values);
}

function attributeToInput(graph: Graph, node: NodeProto, name: string, index: number): void {
  const single = attributeInt(node, name);
  const values = name === 'k' ? (single === undefined ? undefined : [single]) : attributeInts(node, name);
  if (values !== undefined && values.length > 0) graph.setInput(node, index, integersInput(graph, name, values));
  removeAttribute(node, name);
}

function axesInput(graph: Graph, node: NodeProto): void {
  attributeToInput(graph, node, 'axes', 1);
}

function sliceInputs(graph: Graph, node: NodeProto): void {
  attributeToInput(graph, node, 'starts', 1);
  attributeToInput(graph, node, 'ends', 2);
  attributeToInput(graph, node, 'axes', 3);
}

function padInputs(graph: Graph, node: NodeProto): void {
  attributeToInput(graph, node, 'pads', 1);
  const value = attributeFloat(node, 'value');
  if (value !== undefined && value !== 0) {
    graph.setInput(node, 2, graph.addInitializer('maskforge/pad_value', DataType.FLOAT, [], [value]));
  }
  removeAttribute(node, 'value');
}

function clipInputs(graph: Graph, node: NodeProto): void {
  for (const [index, name] of ['min', 'max'].entries()) {
    const bound = attributeFloat(node, name);
    if (bound !== undefined) {
      graph.setInput(node, index + 1, graph.addInitializer(`maskforge/clip_${name}`, DataType.FLOAT, [], [bound]));
    }
    removeAttribute(node, name);
  }
}

/** Outside training a Dropout copies its input whatever the ratio; the ratio is kept for whoever trains on. */
function dropoutInputs(graph: Graph, node: NodeProto): void {
  const ratio = attributeFloat(node, 'ratio');
  if (ratio !== undefined)
    graph.setInput(node, 1, graph.addInitializer('maskforge/ratio', DataType.FLOAT, [], [ratio]));
  removeAttribute(node, 'ratio');
}

/** Operator set 10 sampled at `x / scale` and, for nearest, took the pixel before; 11 has these as attributes. */
function resizeRegion(graph: Graph, node: NodeProto): void {
  const [x = '', scales = ''] = node.input;
  graph.setInputs(node, [x, '', scales]);
  setAttribute(node, 'coordinate_transformation_mode', 'asymmetric');
  if (attributeString(node, 'mode', 'nearest') === 'nearest') setAttribute(node, 'nearest_mode', 'floor');
}

function resizeProblem(node: NodeProto): string | undefined {
  return node.input.length === 2 ? undefined : 'its inputs are not those of operator set 10';
}

/** Before 13 everything from `axis` on was one long axis; equal to today's meaning only where that is the last one. */
function softmaxAxis(_graph: Graph, node: NodeProto): void {
  setAttribute(node, 'axis', -1);
}

function softmaxProblem(node: NodeProto, ranks: RankOf): string | undefined {
  const axis = attributeInt(node, 'axis', 1);
  if (axis === -1) return undefined;
  const rank = ranks(node.input[0] ?? '');
  if (rank !== undefined && (axis === rank - 1 || axis === -1)) return undefined;
  return 'a softmax over several axes at once has no equal successor';
}

function batchNormOutputs(graph: Graph, node: NodeProto): void {
  for (const value of node.output.slice(1)) if (value !== '' && graph.isUsed(value)) return;
  for (let index = node.output.length - 1; index > 0; index -= 1) graph.setOutput(node, index, '');
  node.output.length = 1;
  removeAttribute(node, 'spatial');
}

function batchNormProblem(node: NodeProto): string | undefined {
  const training = node.output.slice(1).some((value) => value !== '');
  return training ? 'a batch normalisation in training mode changes its own statistics' : undefined;
}

function splitOutputs(_graph: Graph, node: NodeProto): void {
  if (node.input.length < 2) setAttribute(node, 'num_outputs', node.output.length);
}
