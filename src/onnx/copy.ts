import type { AttributeProto, GraphProto, ModelProto, NodeProto } from './generated/onnx_pb';
import { OnnxModel } from './model';

/**
 * A message whose fields can be replaced while the original keeps its own; unknown fields come along. Lists and inner
 * messages are shared: replace them, do not change them.
 */
export function shallowCopy<T extends object>(message: T): T {
  const copy: unknown = Object.assign(Object.create(Object.getPrototypeOf(message) as object | null), message);
  return copy as T;
}

/** A model that can be rewritten while the original stays as it is. Weights are shared: they are replaced, never written. */
export function copyModel(model: OnnxModel): OnnxModel {
  model.graph.flush();
  const proto: ModelProto = shallowCopy(model.proto);
  if (model.proto.graph !== undefined) proto.graph = copyGraph(model.proto.graph);
  proto.opsetImport = model.proto.opsetImport.map(shallowCopy);
  proto.metadataProps = model.proto.metadataProps.map(shallowCopy);
  proto.functions = [...model.proto.functions];
  return new OnnxModel(proto, { path: model.path, fileName: model.fileName, external: model.external });
}

export function copyGraph(graph: GraphProto): GraphProto {
  const copy = shallowCopy(graph);
  copy.node = graph.node.map(copyNode);
  copy.initializer = graph.initializer.map(shallowCopy);
  copy.input = graph.input.map(shallowCopy);
  copy.output = graph.output.map(shallowCopy);
  copy.valueInfo = graph.valueInfo.map(shallowCopy);
  copy.quantizationAnnotation = graph.quantizationAnnotation.map(shallowCopy);
  return copy;
}

export function copyNode(node: NodeProto): NodeProto {
  const copy = shallowCopy(node);
  copy.input = [...node.input];
  copy.output = [...node.output];
  copy.attribute = node.attribute.map(copyAttribute);
  return copy;
}

function copyAttribute(attribute: AttributeProto): AttributeProto {
  const copy = shallowCopy(attribute);
  if (attribute.g !== undefined) copy.g = copyGraph(attribute.g);
  copy.graphs = attribute.graphs.map(copyGraph);
  return copy;
}
