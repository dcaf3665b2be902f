import { toBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { NodeProtoSchema } from '../onnx/generated/onnx_pb';
import type { OnnxModel } from '../onnx/model';

/** SHA-256 of what a model computes: its nodes in order, its weights, its operator set. Names of files are not in it. */
export function hashModel(model: OnnxModel): string {
  const { graph } = model;
  graph.flush();
  const hash = createHash('sha256');
  const add = (text: string): void => void hash.update(`${text}\n`);
  add(`opset ${model.opset('') ?? 0}`);
  for (const { name } of [...graph.inputs, ...graph.outputs]) add(name);
  for (const node of graph.nodes) hash.update(toBinary(NodeProtoSchema, node));
  for (const name of [...graph.initializers.keys()].sort()) {
    const constant = graph.constant(name);
    add(`${name} ${constant?.type ?? ''} ${constant?.dims.join(',') ?? ''}`);
    if (constant !== undefined) hash.update(constant.bytes);
  }
  return hash.digest('hex');
}
