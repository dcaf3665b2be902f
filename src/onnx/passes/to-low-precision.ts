import { DataType, dataTypeLabel } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { shapesOf } from '../infer-shapes';
import type { ShapeTable } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { isOp, nodeLabel, setAttribute } from '../node';
import { upgradeOpset } from '../opset-upgrade';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import { elementCount, makeTensor, toNumbers } from '../tensor';
import { makeTypeProto, readDeclaredType } from '../value-type';
import type { ActivationRanges, LowType, PrecisionPlan } from './precision-plan';
import { isExempt, isIndifferent, planPrecision } from './precision-plan';
import { addValue } from './rewrite';

export interface LowPrecisionOptions {
  /** Inputs and outputs keep float32, with casts beside them. Default true. */
  readonly keepIo?: boolean;
  /** What values reach on sample pictures ({@link collectRanges}); without them only weights are checked. */
  readonly ranges?: ActivationRanges;
  /** Names of nodes that stay in float32 because it was asked for. */
  readonly keep?: readonly string[];
}

export type PrecisionChange =
  | { readonly kind: 'convert'; readonly plan: PrecisionPlan }
  /** Leaving this finding out of `apply` converts the node all the same. */
  | { readonly kind: 'keep'; readonly node: NodeProto };

/** Operator set from which convolutions and poolings are defined for bfloat16. */
const BFLOAT16_OPSET = 22;

/**
 * Casts in the graph to compute in float16. LayerNorms step by step, reductions and powers stay in float32.
 *
 * The tolerance is for the single worst logit of a whole map, in networks so narrow that a norm over four channels
 * magnifies rounding; masks agree far better.
 */
export function toFloat16(options: LowPrecisionOptions = {}): Pass<PrecisionChange> {
  return lowPrecision('to-float16', DataType.FLOAT16, 5e-2, options);
}

/**
 * The same for bfloat16, which has float32's range and 8 bits of precision. Raises the operator set to 22.
 *
 * @throws ONNX_OPSET_CONVERSION (from `apply`) when a node cannot be brought there.
 */
export function toBfloat16(options: LowPrecisionOptions = {}): Pass<PrecisionChange> {
  return lowPrecision('to-bfloat16', DataType.BFLOAT16, 5e-1, options);
}

function lowPrecision(
  name: string,
  type: LowType,
  relative: number,
  options: LowPrecisionOptions,
): Pass<PrecisionChange> {
  const label = dataTypeLabel(type);
  return {
    name,
    summary: `Computes in ${label}, with casts written into the graph; what needs the range of float32 keeps it.`,
    tolerance: { relative },
    match: ({ graph }) => {
      const plan = planPrecision(graph, type, options);
      if (plan.low.size === 0) return [];
      return [conversion(name, label, graph, plan), ...risks(name, plan)];
    },
    apply: (model, findings) => {
      const plan = findings.flatMap(({ data }) => (data.kind === 'convert' ? [data.plan] : []))[0];
      if (plan === undefined) return;
      const kept = new Set(findings.flatMap(({ data }) => (data.kind === 'keep' ? [data.node] : [])));
      const low = new Set([...plan.low, ...plan.risks.map(({ node }) => node)].filter((node) => !kept.has(node)));
      if (type === DataType.BFLOAT16) raiseOpset(model, BFLOAT16_OPSET);
      new Converter(model.graph, type, low, options).convert();
    },
  };
}

function raiseOpset(model: OnnxModel, target: number): void {
  const table = shapesOf(model.graph);
  upgradeOpset(model, target, (value) => table.rank(value));
}

function conversion(pass: string, label: string, graph: Graph, plan: PrecisionPlan): Finding<PrecisionChange> {
  const weights = new Set([...plan.low].flatMap((node) => node.input.filter((value) => graph.isConstant(value))));
  let count = 0;
  for (const value of weights) count += elementCount(graph.constant(value)?.dims ?? []);
  return {
    pass,
    nodes: [...plan.low].map(nodeLabel),
    ...because(
      'narrows',
      `${plan.low.size} nodes can compute in ${label}, at half the memory traffic; ${count} weights shrink to half.`,
      { nodes: plan.low.size, type: label, weights: count },
    ),
    data: { kind: 'convert', plan },
  };
}

function risks(pass: string, plan: PrecisionPlan): Finding<PrecisionChange>[] {
  return plan.risks.map(({ node, reason, code, details }) => ({
    pass,
    nodes: [nodeLabel(node)],
    ...because(code, `${reason} It stays in float32.`, details),
    data: { kind: 'keep', node },
  }));
}

/** Rewrites one graph. Values keep their names; casts get names of their own. */
class Converter {
  readonly #graph: Graph;
  readonly #table: ShapeTable;
  readonly #type: LowType;
  readonly #low: ReadonlySet<NodeProto>;
  readonly #keepIo: boolean;
  /** Values that are of the low type after the conversion. */
  readonly #lowValues = new Set<string>();
  readonly #down = new Map<string, string>();
  readonly #up = new Map<string, string>();

  constructor(graph: Graph, type: LowType, low: ReadonlySet<NodeProto>, options: LowPrecisionOptions) {
    this.#graph = graph;
    this.#table = shapesOf(graph);
    this.#type = type;
    this.#low = low;
    this.#keepIo = options.keepIo !== false;
  }

  convert(): void {
    const graph = this.#graph;
    if (!this.#keepIo) this.#convertInputs();
    for (const node of this.#low) for (const value of node.output) if (this.#isFloat(value)) this.#lowValues.add(value);
    const nodes = graph.nodes;
    for (const node of nodes) {
      if (this.#low.has(node)) this.#lowerNode(node);
      else if (!isIndifferent(node)) this.#raiseInputs(node);
    }
    this.#finishOutputs();
    graph.dropValueInfo();
  }

  #isFloat(value: string): boolean {
    return value !== '' && this.#table.elementType(value) === DataType.FLOAT;
  }

  #lowerNode(node: NodeProto): void {
    for (const [index, value] of node.input.entries()) {
      if (this.#isFloat(value) && !isExempt(node, index)) this.#graph.setInput(node, index, this.#lowered(value));
    }
    if (isOp(node, 'Cast')) setAttribute(node, 'to', this.#type);
  }

  #raiseInputs(node: NodeProto): void {
    // A branch or loop body may take any value from outside.
    const candidates = this.#graph.subgraphs(node).length > 0 ? this.#lowValues : new Set(node.input);
    for (const value of candidates) {
      if (!this.#lowValues.has(value) || !this.#graph.consumers(value).includes(node)) continue;
      this.#graph.replaceInput(node, value, this.#raised(value));
    }
  }

  #lowered(value: string): string {
    if (this.#lowValues.has(value)) return value;
    let low = this.#down.get(value);
    if (low !== undefined) return low;
    const constant = this.#graph.constant(value);
    if (constant === undefined) low = addValue(this.#graph, 'Cast', [value], { attributes: { to: this.#type } });
    else {
      const name = this.#graph.uniqueName(`${value}_${dataTypeLabel(this.#type)}`);
      this.#graph.setInitializer(makeTensor(name, this.#type, constant.dims, toNumbers(constant)));
      low = name;
    }
    this.#down.set(value, low);
    return low;
  }

  #raised(value: string): string {
    const known = this.#up.get(value);
    if (known !== undefined) return known;
    const high = addValue(this.#graph, 'Cast', [value], { attributes: { to: DataType.FLOAT } });
    this.#up.set(value, high);
    return high;
  }

  #convertInputs(): void {
    for (const input of this.#graph.proto.input) {
      const declared = readDeclaredType(input.type);
      if (declared?.type !== DataType.FLOAT || !this.#graph.isInput(input.name)) continue;
      input.type = makeTypeProto(this.#type, declared.dims);
      this.#lowValues.add(input.name);
    }
  }

  #finishOutputs(): void {
    const graph = this.#graph;
    for (const output of graph.proto.output) {
      const { name } = output;
      const producer = graph.producer(name);
      if (producer === undefined || !this.#lowValues.has(name)) continue;
      if (!this.#keepIo) {
        output.type = makeTypeProto(this.#type, readDeclaredType(output.type)?.dims);
        continue;
      }
      const low = graph.uniqueName(`${name}_${dataTypeLabel(this.#type)}`);
      for (const reader of graph.consumers(name)) graph.replaceInput(reader, name, low);
      graph.setOutput(producer, producer.output.indexOf(name), low);
      graph.addNode('Cast', [low], { attributes: { to: DataType.FLOAT }, outputs: [name] });
    }
  }
}
