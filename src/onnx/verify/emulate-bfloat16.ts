import { copyModel } from '../copy';
import { DataType } from '../data-type';
import { inferShapes } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { isOp, setAttribute } from '../node';
import { addValue } from '../passes/rewrite';
import { makeTensor, toNumbers } from '../tensor';
import { makeTypeProto, readDeclaredType } from '../value-type';

/**
 * A model that gives the numbers of one in bfloat16 on a runtime without kernels for it, as ONNX Runtime on the CPU is:
 * weights and every result are rounded to bfloat16, and each node computes in float32 in between, which is how hardware
 * multiplies them too. Returns the model itself when nothing in it is bfloat16.
 */
export function emulateBfloat16(model: OnnxModel): OnnxModel {
  const table = inferShapes(model.graph);
  const isLow = (value: string | undefined): boolean => table.elementType(value) === DataType.BFLOAT16;
  const values = [...model.graph.initializers.keys(), ...model.graph.nodes.flatMap((node) => node.output)];
  if (!values.some(isLow)) return model;
  const copy = copyModel(model);
  const { graph } = copy;
  for (const name of [...graph.initializers.keys()].filter(isLow)) {
    const constant = graph.constant(name);
    if (constant !== undefined)
      graph.setInitializer(makeTensor(name, DataType.FLOAT, constant.dims, toNumbers(constant)));
  }
  for (const node of graph.nodes) {
    if (isOp(node, 'Cast') && isLow(node.output[0])) setAttribute(node, 'to', DataType.FLOAT);
    for (const [index, value] of node.output.entries()) {
      if (!isLow(value)) continue;
      const exact = graph.uniqueName(`${value}_exact`);
      graph.setOutput(node, index, exact);
      const rounded = addValue(graph, 'Cast', [exact], { attributes: { to: DataType.BFLOAT16 } });
      graph.addNode('Cast', [rounded], { attributes: { to: DataType.FLOAT }, outputs: [value] });
    }
  }
  for (const info of [...graph.proto.input, ...graph.proto.output]) {
    const declared = readDeclaredType(info.type);
    if (declared?.type === DataType.BFLOAT16) info.type = makeTypeProto(DataType.FLOAT, declared.dims);
  }
  graph.dropValueInfo();
  return copy;
}
