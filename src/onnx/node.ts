import { create, isFieldSet } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
} from './generated/onnx_pb';
import type { AttributeProto, GraphProto, NodeProto, StringStringEntryProto, TensorProto } from './generated/onnx_pb';

/** What an attribute may be made from. Whole numbers become INT(S): write `{ float: 1 }` for a FLOAT that is whole. */
export type AttributeValue =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorProto }
  | { readonly graph: GraphProto };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface NodeOptions {
  readonly name?: string;
  /** Empty for ONNX's own operators. */
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue | undefined>>;
}

export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  options: NodeOptions = {},
): NodeProto {
  const node = create(NodeProtoSchema, { opType, input: [...inputs], output: [...outputs] });
  if (options.name !== undefined) node.name = options.name;
  if (options.domain !== undefined && options.domain !== '') node.domain = options.domain;
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    if (value !== undefined) setAttribute(node, name, value);
  }
  return node;
}

declare const matched: unique symbol;
/** A node that a check let through. The mark exists for the compiler only: without it, a failed check would rule out nodes. */
export type MatchedNode = NodeProto & { readonly [matched]: true };

/** A node is known by its operator only together with its domain: `isOp(node, 'Add')` is never a local function `Add`. */
export function isOp(node: NodeProto | undefined, ...opTypes: readonly string[]): node is MatchedNode {
  return node !== undefined && isStandardDomain(node.domain) && opTypes.includes(node.opType);
}

export function isStandardDomain(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

export function findAttribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

export function attributeInt(node: NodeProto, name: string): number | undefined;
export function attributeInt(node: NodeProto, name: string, fallback: number): number;
export function attributeInt(node: NodeProto, name: string, fallback?: number): number | undefined {
  const attribute = findAttribute(node, name);
  return attribute === undefined || !isFieldSet(attribute, AttributeProtoSchema.field.i)
    ? fallback
    : Number(attribute.i);
}

export function attributeFloat(node: NodeProto, name: string): number | undefined;
export function attributeFloat(node: NodeProto, name: string, fallback: number): number;
export function attributeFloat(node: NodeProto, name: string, fallback?: number): number | undefined {
  const attribute = findAttribute(node, name);
  return attribute === undefined || !isFieldSet(attribute, AttributeProtoSchema.field.f) ? fallback : attribute.f;
}

export function attributeString(node: NodeProto, name: string): string | undefined;
export function attributeString(node: NodeProto, name: string, fallback: string): string;
export function attributeString(node: NodeProto, name: string, fallback?: string): string | undefined {
  const attribute = findAttribute(node, name);
  if (attribute === undefined || !isFieldSet(attribute, AttributeProtoSchema.field.s)) return fallback;
  return decoder.decode(attribute.s);
}

/** Undefined when the attribute is absent; an empty list when it is present and empty. */
export function attributeInts(node: NodeProto, name: string): number[] | undefined {
  return findAttribute(node, name)?.ints.map(Number);
}

export function attributeTensor(node: NodeProto, name: string): TensorProto | undefined {
  return findAttribute(node, name)?.t;
}

/** Replaces the attribute, or adds it. */
export function setAttribute(node: NodeProto, name: string, value: AttributeValue): void {
  removeAttribute(node, name);
  node.attribute.push(makeAttribute(name, value));
}

export function removeAttribute(node: NodeProto, name: string): void {
  const index = node.attribute.findIndex((attribute) => attribute.name === name);
  if (index >= 0) node.attribute.splice(index, 1);
}

function makeAttribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === 'bigint') return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: value });
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) })
      : create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: encoder.encode(value) });
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  if ('floats' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value.floats] });
  if ('tensor' in value) return create(AttributeProtoSchema, { name, type: AttributeType.TENSOR, t: value.tensor });
  if ('graph' in value) return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: value.graph });
  return makeListAttribute(name, value);
}

function makeListAttribute(name: string, values: readonly number[] | readonly string[]): AttributeProto {
  const numbers: number[] = [];
  const strings: Uint8Array[] = [];
  for (const value of values) {
    if (typeof value === 'number') numbers.push(value);
    else strings.push(encoder.encode(value));
  }
  if (strings.length > 0) return create(AttributeProtoSchema, { name, type: AttributeType.STRINGS, strings });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: numbers.map(BigInt) });
}

/** The graphs that a node carries: the branches of an If, the body of a Loop or Scan. */
export function attributeGraphs(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap((attribute) => (attribute.g === undefined ? attribute.graphs : [attribute.g]));
}

export function readProperty(properties: readonly StringStringEntryProto[], key: string): string | undefined {
  return properties.find((entry) => entry.key === key)?.value;
}

export function writeProperty(properties: StringStringEntryProto[], key: string, value: string): void {
  const entry = properties.find((candidate) => candidate.key === key);
  if (entry === undefined) properties.push(create(StringStringEntryProtoSchema, { key, value }));
  else entry.value = value;
}

/** For messages and findings: the name, or what stands for it in an unnamed node. */
export function nodeLabel(node: NodeProto): string {
  return node.name === '' ? `${node.opType}(${node.output.find((name) => name !== '') ?? ''})` : node.name;
}
