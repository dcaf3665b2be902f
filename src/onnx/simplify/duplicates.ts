import { toBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { AttributeProtoSchema } from '../generated/onnx_pb';
import type { NodeProto, TensorProto } from '../generated/onnx_pb';
import { isExternal } from '../external-data';
import type { Graph } from '../graph';
import { attributeGraphs } from '../node';

const RANDOM = new Set([
  'Bernoulli',
  'Dropout',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

/** Nodes that compute from the same values what an earlier one computed. @returns those that are no longer read. */
export function mergeDuplicateNodes(graph: Graph): NodeProto[] {
  graph.sort();
  const first = new Map<string, NodeProto>();
  const merged: NodeProto[] = [];
  for (const node of graph.nodes) {
    if (RANDOM.has(node.opType) || attributeGraphs(node).length > 0 || node.opType === 'Constant') continue;
    const key = nodeKey(node);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, node);
      continue;
    }
    // Two outputs of the model keep two names.
    if (node.output.some((value) => graph.isOutput(value))) continue;
    if (!node.output.some((value) => value !== '' && graph.isUsed(value))) continue;
    node.output.forEach((value, index) => {
      const source = other.output[index];
      if (value !== '' && source !== undefined && source !== '') graph.replaceAllUses(value, source);
    });
    merged.push(node);
  }
  return merged;
}

function nodeKey(node: NodeProto): string {
  const attributes = node.attribute
    .map(
      (attribute) => `${attribute.name}=${Buffer.from(toBinary(AttributeProtoSchema, attribute)).toString('base64')}`,
    )
    .sort();
  const outputs = node.output.map((value) => (value === '' ? '-' : 'x')).join('');
  return [node.domain, node.opType, node.overload, node.input.join('\u0000'), outputs, ...attributes].join('\u0001');
}

/** Initialisers with equal contents. Those that are large are compared by a digest. @returns how many went. */
export function mergeDuplicateInitializers(graph: Graph): number {
  const bySize = new Map<string, TensorProto[]>();
  for (const tensor of graph.initializers.values()) {
    if (isExternal(tensor) || tensor.rawData.length === 0 || !graph.isUsed(tensor.name)) continue;
    if (graph.isOutput(tensor.name)) continue;
    const key = `${tensor.dataType} ${tensor.dims.join()}`;
    const group = bySize.get(key);
    if (group === undefined) bySize.set(key, [tensor]);
    else group.push(tensor);
  }
  let merged = 0;
  for (const group of bySize.values()) {
    if (group.length < 2) continue;
    const first = new Map<string, string>();
    for (const tensor of group) {
      const digest = digestOf(tensor.rawData);
      const other = first.get(digest);
      if (other === undefined) first.set(digest, tensor.name);
      else {
        graph.replaceAllUses(tensor.name, other);
        merged += 1;
      }
    }
  }
  return merged;
}

/** Small data as it is; of large data, a digest of the first part decides first for nearly all weights. */
function digestOf(bytes: Uint8Array): string {
  if (bytes.length <= 64) return Buffer.from(bytes).toString('base64');
  return createHash('sha1').update(bytes).digest('base64');
}
