import { DataType } from './data-type';
import type { NodeProto } from './generated/onnx_pb';
import type { Graph } from './graph';
import { elementwiseRules } from './infer/elementwise';
import { layerRules } from './infer/layer-rules';
import { shapeRules } from './infer/shape-rules';
import type { Rule, RuleContext, TensorType } from './infer/rule';
import { isStandardDomain } from './node';
import type { Dim } from './symbolic';
import { formatDim, isUnknown, nameDim, sameDim, unknownDim } from './symbolic';
import type { Constant } from './tensor';
import { elementCount, tensorDims, toNumbers } from './tensor';
import { readDeclaredType } from './value-type';
import type { DeclaredDim } from './value-type';

export type { TensorType } from './infer/rule';

/** Small tensors are followed element by element, since shapes are computed in them. */
const MAX_VALUES = 64;

const RULES: Readonly<Record<string, Rule>> = { ...elementwiseRules, ...shapeRules, ...layerRules };

const likeFirst: Rule = (context) => context.give(0, context.type(0), context.dims(0));

/** Operators of other domains. */
const RULES_ELSEWHERE: Readonly<Record<string, Rule>> = {
  'com.microsoft.Gelu': likeFirst,
  'com.microsoft.FastGelu': likeFirst,
  'com.microsoft.BiasGelu': likeFirst,
  'com.microsoft.QuickGelu': likeFirst,
  'com.microsoft.SkipLayerNormalization': likeFirst,
  'maskforge.LayerNorm': likeFirst,
  'maskforge.DepthwiseGelu': likeFirst,
  'maskforge.AddLayerNorm': (context) => {
    for (const index of [0, 1]) context.give(index, context.type(0), context.dims(0));
  },
  'maskforge.DecodeHead': inferDecodeHead,
};

/** [N, C, H, W] features and, as the last input but one, [K, D] weights of K classes: logits [N, K, H, W]. */
function inferDecodeHead(context: RuleContext): void {
  const [batch, , height, width] = context.dims(0) ?? [];
  const classes = context.dims(context.node.input.length - 2)?.[0];
  const isKnown = batch !== undefined && height !== undefined && width !== undefined && classes !== undefined;
  context.give(0, context.type(0), isKnown ? [batch, classes, height, width] : undefined);
}

/** Types, shapes and small integer values of a graph's values, as far as they follow from its inputs and constants. */
export class ShapeTable {
  readonly #types = new Map<string, TensorType>();
  readonly #values = new Map<string, readonly Dim[]>();
  readonly #outer: ShapeTable | undefined;

  constructor(outer?: ShapeTable) {
    this.#outer = outer;
  }

  type(value: string | undefined): TensorType | undefined {
    return value === undefined ? undefined : (this.#types.get(value) ?? this.#outer?.type(value));
  }

  /** Undefined when not even the rank is known. */
  dims(value: string | undefined): readonly Dim[] | undefined {
    return this.type(value)?.dims;
  }

  rank(value: string | undefined): number | undefined {
    return this.dims(value)?.length;
  }

  /** `DataType.UNDEFINED` when not known. */
  elementType(value: string | undefined): DataType {
    return this.type(value)?.type ?? DataType.UNDEFINED;
  }

  /**
   * Elements of a small tensor, row-major, that follow from shapes and constants, such as a Reshape's target. Numbers of
   * a float tensor may be fractions.
   */
  values(value: string | undefined): readonly Dim[] | undefined {
    return value === undefined ? undefined : (this.#values.get(value) ?? this.#outer?.values(value));
  }

  /** `[1, 64, floor((H + 3)/4), ?]`, or `[…]` when the rank is unknown. */
  format(value: string | undefined): string {
    return formatShape(this.dims(value));
  }

  set(value: string, type: TensorType): void {
    this.#types.set(value, type);
  }

  setValues(value: string, values: readonly Dim[]): void {
    if (values.length <= MAX_VALUES) this.#values.set(value, values);
  }
}

export interface InferOptions {
  /** Sizes to assume for inputs instead of the declared ones, by input name. */
  readonly inputs?: ReadonlyMap<string, readonly Dim[]>;
  /** Sees each node before its rule; returns true when it has told the table all about the node's outputs itself. */
  readonly override?: (node: NodeProto, table: ShapeTable) => boolean;
}

export function formatShape(dims: readonly Dim[] | undefined): string {
  return dims === undefined ? '[…]' : `[${dims.map(formatDim).join(', ')}]`;
}

export function toDim(declared: DeclaredDim): Dim {
  if (declared === undefined) return unknownDim();
  return typeof declared === 'string' ? nameDim(declared) : declared;
}

/** Walks the graph in order. An operator that is not known leaves its outputs unknown and stops nothing. */
export function inferShapes(graph: Graph, options: InferOptions = {}, outer?: ShapeTable): ShapeTable {
  const table = new ShapeTable(outer);
  for (const input of graph.proto.input) {
    const declared = readDeclaredType(input.type);
    const dims = options.inputs?.get(input.name) ?? declared?.dims?.map(toDim);
    table.set(input.name, { type: declared?.type ?? DataType.UNDEFINED, dims });
  }
  for (const [name, tensor] of graph.initializers) {
    table.set(name, { type: tensor.dataType, dims: tensorDims(tensor) });
    if (isFollowed(tensor.dims.map(Number))) followConstant(table, name, graph.constant(name));
  }
  const declaredTypes = readDeclarations(graph, options);
  graph.sort();
  for (const node of graph.nodes) {
    if (options.override?.(node, table) !== true) inferNode(graph, node, table, options);
    for (const value of node.output) if (value !== '') fillFromDeclaration(table, value, declaredTypes.get(value));
  }
  return table;
}

const cache = new WeakMap<Graph, { version: number; table: ShapeTable }>();

/** {@link inferShapes} with the declared input sizes, kept until the graph changes. */
export function shapesOf(graph: Graph): ShapeTable {
  const kept = cache.get(graph);
  if (kept !== undefined && kept.version === graph.version) return kept.table;
  const table = inferShapes(graph);
  cache.set(graph, { version: graph.version, table });
  return table;
}

function inferNode(graph: Graph, node: NodeProto, table: ShapeTable, options: InferOptions): void {
  if (!isStandardDomain(node.domain)) {
    RULES_ELSEWHERE[`${node.domain}.${node.opType}`]?.(makeContext(graph, node, table));
    return;
  }
  if (node.opType === 'Constant') {
    const [output = ''] = node.output;
    const constant = graph.constant(output);
    if (constant === undefined) return;
    table.set(output, { type: constant.type, dims: constant.dims });
    if (isFollowed(constant.dims)) followConstant(table, output, constant);
    return;
  }
  if (node.opType === 'If') {
    inferIf(graph, node, table, options);
    return;
  }
  RULES[node.opType]?.(makeContext(graph, node, table));
}

function makeContext(graph: Graph, node: NodeProto, table: ShapeTable): RuleContext {
  const output = (index: number): string | undefined => (node.output[index] === '' ? undefined : node.output[index]);
  return {
    graph,
    node,
    opset: graph.opset() ?? 0,
    type: (index) => table.elementType(node.input[index]),
    dims: (index) => table.dims(node.input[index]),
    has: (index) => (node.input[index] ?? '') !== '',
    values: (index) => table.values(node.input[index]),
    constant: (index) => graph.constant(node.input[index]),
    give: (index, type, dims) => {
      const value = output(index);
      if (value !== undefined) table.set(value, { type, dims });
    },
    giveValues: (index, values) => {
      const value = output(index);
      if (value !== undefined && values !== undefined) table.setValues(value, values);
    },
  };
}

/** What both branches agree on. */
function inferIf(graph: Graph, node: NodeProto, table: ShapeTable, options: InferOptions): void {
  const branches = graph.subgraphs(node).map((branch) => ({ branch, inner: inferShapes(branch, options, table) }));
  node.output.forEach((value, index) => {
    const types = branches.map(({ branch, inner }) => inner.type(branch.outputs[index]?.name));
    const [first] = types;
    if (value === '' || first === undefined) return;
    const agreed = types.reduce<TensorType>((one, other) => agree(one, other), first);
    table.set(value, agreed);
  });
}

function agree(one: TensorType, other: TensorType | undefined): TensorType {
  const type = one.type === other?.type ? one.type : DataType.UNDEFINED;
  const { dims } = one;
  if (dims === undefined || other?.dims?.length !== dims.length) return { type, dims: undefined };
  const others = other.dims;
  return {
    type,
    dims: dims.map((dim, index) => {
      const counterpart = others[index];
      return counterpart !== undefined && sameDim(dim, counterpart) ? dim : unknownDim();
    }),
  };
}

function isFollowed(dims: readonly number[]): boolean {
  return elementCount(dims) <= MAX_VALUES;
}

const FOLLOWED_TYPES: ReadonlySet<number> = new Set([DataType.INT64, DataType.INT32, DataType.BOOL, DataType.FLOAT]);

function followConstant(table: ShapeTable, name: string, constant: Constant | undefined): void {
  if (constant !== undefined && FOLLOWED_TYPES.has(constant.type))
    table.setValues(name, Array.from(toNumbers(constant)));
}

/** Types that the file records for inner values: a help where a rule is missing. Not for other sizes than it was written for. */
function readDeclarations(graph: Graph, options: InferOptions): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  if (options.inputs !== undefined) return types;
  for (const info of [...graph.proto.valueInfo, ...graph.proto.output]) {
    const declared = readDeclaredType(info.type);
    if (declared === undefined) continue;
    // Names that an exporter made up for inner sizes say nothing about the inputs' names.
    const dims = declared.dims?.map((dim): Dim => (typeof dim === 'number' ? dim : unknownDim()));
    types.set(info.name, { type: declared.type, dims });
  }
  return types;
}

function fillFromDeclaration(table: ShapeTable, value: string, declared: TensorType | undefined): void {
  if (declared === undefined) return;
  const known = table.type(value);
  const type = known === undefined || known.type === DataType.UNDEFINED ? declared.type : known.type;
  const dims = known?.dims ?? declared.dims;
  const filled = dims?.map((dim, index) => {
    const other = declared.dims?.[index];
    return isUnknown(dim) && typeof other === 'number' ? other : dim;
  });
  table.set(value, { type, dims: filled });
}
