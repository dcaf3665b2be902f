import { add, addCast } from '../build';
import { DataType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { constantOperand, producerOf } from '../match';
import { attributeFloat, attributeInt, isOp } from '../node';
import type { NodeRule } from './rewrite';

/*
 * Fusions into a convolution's weights. The new weights are written as nodes over constants: folding them, like every
 * other constant, is ONNX Runtime's work.
 */

/** BatchNormalization after a convolution: both are linear, so that one convolution with other weights does it. */
export const fuseBatchNorm: NodeRule = ({ graph, shapes }, node) => {
  if (!isOp(node, 'BatchNormalization') || attributeInt(node, 'training_mode', 0) === 1) return false;
  if (node.output.slice(1).some((value) => value !== '')) return false;
  const conv = producerOf(graph, node.input[0], 'Conv');
  const [, scale, shift, mean, variance] = node.input;
  const [result] = node.output;
  const [, weight, bias = ''] = conv?.input ?? [];
  if (conv === undefined || graph.soleConsumer(node.input[0]) !== node || result === undefined) return false;
  if (scale === undefined || shift === undefined || mean === undefined || variance === undefined) return false;
  const constants = [weight, scale, shift, mean, variance, ...(bias === '' ? [] : [bias])];
  const rank = shapes.rank(weight);
  if (weight === undefined || rank === undefined || !constants.every((value) => graph.isConstant(value))) return false;
  const type = shapes.elementType(weight);
  const wide = (value: string): string => (type === DataType.FLOAT ? value : addCast(graph, value, DataType.FLOAT));
  const narrow = (value: string): string => (type === DataType.FLOAT ? value : addCast(graph, value, type));
  const epsilon = graph.addInitializer('epsilon', DataType.FLOAT, [], [attributeFloat(node, 'epsilon', 1e-5)]);
  const deviation = add(graph, 'Sqrt', [add(graph, 'Add', [wide(variance), epsilon])]);
  const gain = add(graph, 'Div', [wide(scale), deviation]);
  const perFilter = graph.addInitializer('shape', DataType.INT64, [rank], [-1, ...new Array<number>(rank - 1).fill(1)]);
  const newWeight = add(graph, 'Mul', [wide(weight), add(graph, 'Reshape', [gain, perFilter])]);
  const centred = bias === '' ? add(graph, 'Neg', [wide(mean)]) : add(graph, 'Sub', [wide(bias), wide(mean)]);
  const newBias = add(graph, 'Add', [add(graph, 'Mul', [centred, gain]), wide(shift)]);
  graph.setInputs(conv, [conv.input[0] ?? '', narrow(newWeight), narrow(newBias)]);
  graph.replaceAllUses(result, conv.output[0] ?? '');
  return true;
};

/** A constant per channel added to a convolution that has no bias. */
export const fuseConvBias: NodeRule = ({ graph, shapes }, node) => {
  if (!isOp(node, 'Add')) return false;
  const operand = constantOperand(graph, node);
  const conv = producerOf(graph, operand?.variable, 'Conv');
  const [result] = node.output;
  if (operand === undefined || conv === undefined || result === undefined) return false;
  if ((conv.input[2] ?? '') !== '' || graph.soleConsumer(operand.variable) !== node) return false;
  const rank = shapes.rank(operand.variable);
  const channels = shapes.dims(conv.input[1])?.[0];
  const { dims } = operand.constant;
  if (rank === undefined || typeof channels !== 'number' || dims.length > rank) return false;
  const aligned = [...new Array<number>(rank - dims.length).fill(1), ...dims];
  const isPerChannel = aligned.every((size, axis) => size === (axis === 1 ? channels : 1));
  if (!isPerChannel) return false;
  const flat = graph.addInitializer('shape', DataType.INT64, [1], [-1]);
  const bias = add(graph, 'Reshape', [node.input[operand.constantIndex] ?? '', flat]);
  graph.setInputs(conv, [conv.input[0] ?? '', conv.input[1] ?? '', bias]);
  graph.replaceAllUses(result, conv.output[0] ?? '');
  return true;
};

/** MatMul with a weight, then a bias, of two dimensions: what Gemm is. */
export const fuseGemm: NodeRule = ({ graph, shapes }, node) => {
  if (!isOp(node, 'Add')) return false;
  const operand = constantOperand(graph, node);
  const product = producerOf(graph, operand?.variable, 'MatMul');
  if (operand === undefined || product === undefined || graph.soleConsumer(operand.variable) !== node) return false;
  const [left = '', right = ''] = product.input;
  const columns = shapes.dims(right)?.[1];
  const isBias = operand.constant.dims.length === 1 && operand.constant.dims[0] === columns;
  if (shapes.rank(left) !== 2 || shapes.rank(right) !== 2 || !isBias) return false;
  replaceWith(graph, node, add(graph, 'Gemm', [left, right, node.input[operand.constantIndex] ?? '']));
  return true;
};

function replaceWith(graph: Graph, node: NodeProto, value: string): void {
  graph.replaceAllUses(node.output[0] ?? '', value);
}
