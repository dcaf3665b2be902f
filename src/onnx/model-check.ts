import { AppError } from '../shared/app-error';
import { dataTypeFacts } from './data-type';
import { isExternal } from './external-data';
import type { GraphProto, TensorProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import { namesDefinedIn } from './graph-uses';
import type { OnnxModel } from './model';
import { attributeGraphs, nodeLabel } from './node';
import { elementCount, tensorByteLength, tensorDims, typedFieldLength } from './tensor';

export const SUPPORTED_IR = { min: 3, max: 13 } as const;
export const SUPPORTED_OPSET = { min: 9, max: 23 } as const;

/**
 * Refuses what no later step could work on, and sorts the graph.
 *
 * @throws ONNX_IR_UNSUPPORTED, ONNX_OPSET_UNSUPPORTED, ONNX_CYCLE, ONNX_DANGLING_INPUT, ONNX_INITIALIZER_SIZE,
 * ONNX_EXTERNAL_MISSING, ONNX_EXTERNAL_ESCAPES, ONNX_TRUNCATED, ONNX_INVALID.
 */
export function checkModel(model: OnnxModel): void {
  const { irVersion, fileName } = model;
  if (irVersion < SUPPORTED_IR.min || irVersion > SUPPORTED_IR.max) {
    throw new AppError(
      'ONNX_IR_UNSUPPORTED',
      `${fileName} uses ONNX IR version ${irVersion}; versions ${SUPPORTED_IR.min} to ${SUPPORTED_IR.max} are supported.`,
      { hint: 'Export the model again with a current exporter.', details: { irVersion } },
    );
  }
  const opset = model.opset('');
  if (opset === undefined || opset < SUPPORTED_OPSET.min || opset > SUPPORTED_OPSET.max) {
    throw new AppError(
      'ONNX_OPSET_UNSUPPORTED',
      `${fileName} ${opset === undefined ? 'names no operator set' : `uses operator set ${opset}`}; ` +
        `operator sets ${SUPPORTED_OPSET.min} to ${SUPPORTED_OPSET.max} are supported.`,
      { hint: 'Export the model again at opset 17.', details: { opset: opset ?? 0 } },
    );
  }
  checkDefinitions(model.graph.proto, new Set(), fileName);
  checkTensors(model.graph, fileName);
  model.graph.sort();
}

/** Every name that is read must be defined, here or outside; each only once. */
function checkDefinitions(proto: GraphProto, outer: ReadonlySet<string>, fileName: string): void {
  const inputs = new Set(proto.input.map((input) => input.name));
  const weights = new Set<string>();
  for (const tensor of proto.initializer) {
    if (weights.has(tensor.name)) throw definedTwice(tensor.name, fileName);
    weights.add(tensor.name);
  }
  const produced = new Set<string>();
  for (const node of proto.node) {
    for (const value of node.output) {
      if (value === '') continue;
      if (produced.has(value) || inputs.has(value) || weights.has(value)) throw definedTwice(value, fileName);
      produced.add(value);
    }
  }
  const visible = outer.size === 0 ? namesDefinedIn(proto) : new Set([...outer, ...namesDefinedIn(proto)]);
  for (const node of proto.node) {
    for (const value of node.input) {
      if (value !== '' && !visible.has(value)) throw dangling(nodeLabel(node), value, fileName);
    }
    for (const inner of attributeGraphs(node)) checkDefinitions(inner, visible, fileName);
  }
  for (const output of proto.output) {
    if (!visible.has(output.name)) throw dangling(`the output ${output.name}`, output.name, fileName);
  }
}

function checkTensors(graph: Graph, fileName: string): void {
  for (const tensor of graph.initializers.values()) checkTensor(tensor, graph, fileName);
  for (const node of graph.nodes) {
    for (const attribute of node.attribute) if (attribute.t !== undefined) checkTensor(attribute.t, graph, fileName);
    for (const inner of graph.subgraphs(node)) checkTensors(inner, fileName);
  }
}

function checkTensor(tensor: TensorProto, graph: Graph, fileName: string): void {
  const dims = tensorDims(tensor);
  const count = elementCount(dims);
  if (dims.some((dim) => dim < 0) || !Number.isSafeInteger(count)) {
    throw wrongSize(tensor, `its shape is [${dims.join(', ')}]`, fileName);
  }
  const facts = dataTypeFacts(tensor.dataType);
  // A type from a newer format version: kept as it is, and nothing here will ask for its elements.
  if (facts === undefined) return;
  const needed = tensorByteLength(tensor);
  if (isExternal(tensor)) {
    graph.external.locate(tensor, needed);
    return;
  }
  if (tensor.rawData.length > 0) {
    if (needed !== tensor.rawData.length) {
      throw wrongSize(
        tensor,
        `[${dims.join(', ')}] of ${facts.label} needs ${needed ?? 0} bytes and it has ${tensor.rawData.length}`,
        fileName,
      );
    }
    return;
  }
  const stored = typedFieldLength(tensor);
  const expected = facts.bits < 8 && facts.bits > 0 ? Math.ceil((count * facts.bits) / 8) : count;
  if (stored !== expected) {
    throw wrongSize(tensor, `[${dims.join(', ')}] needs ${expected} elements and it has ${stored}`, fileName);
  }
}

function wrongSize(tensor: TensorProto, what: string, fileName: string): AppError {
  return new AppError('ONNX_INITIALIZER_SIZE', `${fileName}: the tensor ${tensor.name} is damaged: ${what}.`, {
    hint: 'Copy or export the model again.',
    details: { tensor: tensor.name },
  });
}

function definedTwice(name: string, fileName: string): AppError {
  return new AppError('ONNX_INVALID', `${fileName}: the value ${name} is defined more than once.`, {
    hint: 'Export the model again.',
    details: { value: name },
  });
}

function dangling(reader: string, value: string, fileName: string): AppError {
  return new AppError('ONNX_DANGLING_INPUT', `${fileName}: ${reader} reads ${value}, which nothing defines.`, {
    hint: 'The file is damaged or was edited wrongly; export the model again.',
    details: { value },
  });
}
