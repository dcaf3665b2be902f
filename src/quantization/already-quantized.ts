import { AppError } from '../shared/app-error';
import type { OnnxModel } from '../onnx/model';
import { isOp } from '../onnx/node';

const QUANTIZED = [
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
  'QLinearConv',
  'QLinearMatMul',
  'MatMulInteger',
  'ConvInteger',
];

/** @throws MODEL_ALREADY_QUANTIZED for a model that computes in 8 bits somewhere. */
export function refuseQuantized(model: OnnxModel): void {
  const count = model.graph.nodes.filter((node) => isOp(node, ...QUANTIZED)).length;
  if (count === 0) return;
  throw new AppError(
    'MODEL_ALREADY_QUANTIZED',
    `${model.fileName} is quantised already: ${count} of its nodes quantise, dequantise or compute in 8 bits.`,
    { hint: 'Start from the float32 model that it was made from.', details: { model: model.fileName, nodes: count } },
  );
}
