import { toBinary } from '@bufbuild/protobuf';
import { dataTypeLabel } from './data-type';
import { AttributeProtoSchema } from './generated/onnx_pb';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from './generated/onnx_pb';
import { countOperators } from './inspect';
import type { OnnxModel } from './model';
import { nodeLabel } from './node';
import { readTensor, tensorDims } from './tensor';
import { readDeclaredType } from './value-type';

export interface NodeChange {
  readonly node: string;
  readonly opType: string;
  /** One phrase each: `perm: 0,2,1 → 0,1,2`. */
  readonly changes: readonly string[];
}

/** Two models, structurally: what one has and the other has not. Nodes are paired by the values that they make. */
export interface ModelDiff {
  readonly isEqual: boolean;
  /** One phrase each: `opset 13 → 17`, `input image [1, 3, 256, 256] → [batch, 3, height, width]`. */
  readonly model: readonly string[];
  /** Operator, and how many more (or fewer) the second has. */
  readonly operators: Readonly<Record<string, number>>;
  readonly removedNodes: readonly string[];
  readonly addedNodes: readonly string[];
  readonly changedNodes: readonly NodeChange[];
  readonly removedWeights: readonly string[];
  readonly addedWeights: readonly string[];
  readonly changedWeights: readonly string[];
}

export function diffModels(one: OnnxModel, other: OnnxModel): ModelDiff {
  const nodes = diffNodes(one, other);
  const weights = diffWeights(one, other);
  const model = [...diffHeads(one, other), ...diffEnds(one, other)];
  const operators = diffCounts(countOperators(one), countOperators(other));
  const lists = [model, ...Object.values(nodes), ...Object.values(weights)];
  return { isEqual: lists.every((list) => list.length === 0), model, operators, ...nodes, ...weights };
}

function diffHeads(one: OnnxModel, other: OnnxModel): string[] {
  const changes: string[] = [];
  if (one.irVersion !== other.irVersion) changes.push(`IR version ${one.irVersion} → ${other.irVersion}`);
  const domains = new Set([...one.proto.opsetImport, ...other.proto.opsetImport].map(({ domain }) => domain));
  for (const domain of domains) {
    const [from, to] = [one.opset(domain), other.opset(domain)];
    if (from !== to)
      changes.push(`${domain === '' ? 'opset' : `opset of ${domain}`} ${from ?? 'none'} → ${to ?? 'none'}`);
  }
  const keys = new Set([...one.proto.metadataProps, ...other.proto.metadataProps].map(({ key }) => key));
  for (const key of keys) {
    if (one.metadata(key) !== other.metadata(key)) {
      changes.push(`metadata ${key}: ${one.metadata(key) ?? 'none'} → ${other.metadata(key) ?? 'none'}`);
    }
  }
  return changes;
}

function diffEnds(one: OnnxModel, other: OnnxModel): string[] {
  const changes: string[] = [];
  for (const [what, left, right] of [
    ['input', one.graph.inputs, other.graph.inputs],
    ['output', one.graph.outputs, other.graph.outputs],
  ] as const) {
    const [from, to] = [describeAll(left), describeAll(right)];
    for (const name of new Set([...from.keys(), ...to.keys()])) {
      const [before, after] = [from.get(name), to.get(name)];
      if (before !== after) changes.push(`${what} ${name}: ${before ?? 'none'} → ${after ?? 'none'}`);
    }
  }
  return changes;
}

function describeAll(values: readonly ValueInfoProto[]): Map<string, string> {
  return new Map(
    values.map(({ name, type }) => {
      const declared = readDeclaredType(type);
      const dims = declared?.dims?.map((dim) => dim ?? '?').join(', ') ?? '…';
      return [name, declared === undefined ? 'no tensor' : `${dataTypeLabel(declared.type)} [${dims}]`];
    }),
  );
}

function diffNodes(one: OnnxModel, other: OnnxModel): Pick<ModelDiff, 'removedNodes' | 'addedNodes' | 'changedNodes'> {
  const [left, right] = [nodesByValue(one), nodesByValue(other)];
  const removedNodes: string[] = [];
  const changedNodes: NodeChange[] = [];
  const paired = new Set<NodeProto>();
  for (const [value, node] of left) {
    const counterpart = right.get(value);
    if (counterpart === undefined || counterpart.opType !== node.opType || counterpart.domain !== node.domain) {
      removedNodes.push(`${node.opType} ${nodeLabel(node)}`);
      continue;
    }
    paired.add(counterpart);
    const changes = [...diffInputs(node, counterpart), ...diffAttributes(node, counterpart)];
    if (changes.length > 0) changedNodes.push({ node: nodeLabel(node), opType: node.opType, changes });
  }
  const addedNodes = [...right.values()]
    .filter((node) => !paired.has(node))
    .map((node) => `${node.opType} ${nodeLabel(node)}`);
  return { removedNodes, addedNodes, changedNodes };
}

/** By the first value that a node makes: names of values are unique, names of nodes need not be. */
function nodesByValue(model: OnnxModel): Map<string, NodeProto> {
  const nodes = new Map<string, NodeProto>();
  for (const node of model.graph.nodes) nodes.set(node.output.find((value) => value !== '') ?? node.name, node);
  return nodes;
}

function diffInputs(one: NodeProto, other: NodeProto): string[] {
  const count = Math.max(one.input.length, other.input.length);
  return Array.from({ length: count }, (_, index) => [one.input[index] ?? '', other.input[index] ?? ''] as const)
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => `input ${from === '' ? 'none' : from} → ${to === '' ? 'none' : to}`);
}

function diffAttributes(one: NodeProto, other: NodeProto): string[] {
  const names = new Set([...one.attribute, ...other.attribute].map(({ name }) => name));
  const changes: string[] = [];
  for (const name of names) {
    const [from, to] = [one, other].map((node) => node.attribute.find((attribute) => attribute.name === name));
    if (from !== undefined && to !== undefined && sameBytes(encode(from), encode(to))) continue;
    changes.push(`${name}: ${describeAttribute(from)} → ${describeAttribute(to)}`);
  }
  return changes;
}

function encode(attribute: AttributeProto): Uint8Array {
  return toBinary(AttributeProtoSchema, attribute);
}

function describeAttribute(attribute: AttributeProto | undefined): string {
  if (attribute === undefined) return 'none';
  if (attribute.ints.length > 0) return attribute.ints.join(',');
  if (attribute.floats.length > 0) return attribute.floats.join(',');
  if (attribute.t !== undefined) return `tensor [${attribute.t.dims.join(', ')}]`;
  if (attribute.g !== undefined || attribute.graphs.length > 0) return 'graph';
  if (attribute.s.length > 0) return new TextDecoder().decode(attribute.s);
  return attribute.f !== 0 ? `${attribute.f}` : `${attribute.i}`;
}

function diffWeights(
  one: OnnxModel,
  other: OnnxModel,
): Pick<ModelDiff, 'removedWeights' | 'addedWeights' | 'changedWeights'> {
  const [left, right] = [one.graph.initializers, other.graph.initializers];
  const changedWeights: string[] = [];
  for (const [name, tensor] of left) {
    const counterpart = right.get(name);
    if (counterpart === undefined || counterpart === tensor) continue;
    const change = diffTensor(one, tensor, other, counterpart);
    if (change !== undefined) changedWeights.push(`${name}: ${change}`);
  }
  return {
    removedWeights: [...left.keys()].filter((name) => !right.has(name)),
    addedWeights: [...right.keys()].filter((name) => !left.has(name)),
    changedWeights,
  };
}

function diffTensor(one: OnnxModel, from: TensorProto, other: OnnxModel, to: TensorProto): string | undefined {
  const describe = (tensor: TensorProto): string =>
    `${dataTypeLabel(tensor.dataType)} [${tensorDims(tensor).join(', ')}]`;
  if (describe(from) !== describe(to)) return `${describe(from)} → ${describe(to)}`;
  return sameBytes(readTensor(from, one.external).bytes, readTensor(to, other.external).bytes)
    ? undefined
    : 'other values';
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function diffCounts(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Record<string, number> {
  const changes: Record<string, number> = {};
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const change = (other[name] ?? 0) - (one[name] ?? 0);
    if (change !== 0) changes[name] = change;
  }
  return changes;
}
