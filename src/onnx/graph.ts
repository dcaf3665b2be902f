import { AppError } from '../shared/app-error';
import { constantOfNode } from './constant-node';
import type { DataType } from './data-type';
import type { ExternalData } from './external-data';
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './generated/onnx_pb';
import { sortNodes } from './graph-sort';
import { GraphIndex } from './graph-index';
import { namesDefinedIn, renameCapture } from './graph-uses';
import { attributeGraphs, makeNode, nodeLabel } from './node';
import type { NodeOptions } from './node';
import type { Constant } from './tensor';
import { makeTensor, readTensor } from './tensor';
import { makeValueInfo } from './value-type';
import type { DeclaredDim } from './value-type';

/** What a graph needs to know of the model around it. */
export interface GraphHost {
  readonly fileName: string;
  readonly external: ExternalData;
  opset(domain: string): number | undefined;
  /** IR 3 wants every weight listed as an input as well; from 4 on a weight stands alone. */
  requireIrVersion(version: number): void;
}

/**
 * A mutable view of one GraphProto. It keeps who produces and who consumes each value, so inputs, outputs and nodes
 * change through its methods only; a node's name and attributes may be written directly.
 *
 * Values are names, as in ONNX. An empty name stands for an optional input or output that is left out. The message
 * itself is brought up to date by {@link flush}, which saving a model does.
 */
export class Graph {
  readonly proto: GraphProto;
  /** The node that carries this graph as an attribute, for a branch or loop body. */
  readonly owner: { readonly graph: Graph; readonly node: NodeProto } | undefined;
  readonly #host: GraphHost;
  readonly #nodes = new Set<NodeProto>();
  readonly #index = new GraphIndex();
  readonly #initializers = new Map<string, TensorProto>();
  readonly #inputs = new Set<string>();
  readonly #outputs = new Set<string>();
  readonly #constants = new Map<string, Constant>();
  readonly #inner = new Map<GraphProto, Graph>();
  /** Nodes whose subgraphs changed since their captures were counted. */
  readonly #stale = new Set<NodeProto>();
  #version = 0;
  #names: Set<string> | undefined;
  #nodeList: readonly NodeProto[] | undefined;

  constructor(proto: GraphProto, host: GraphHost, owner?: { readonly graph: Graph; readonly node: NodeProto }) {
    this.proto = proto;
    this.owner = owner;
    this.#host = host;
    for (const input of proto.input) this.#inputs.add(input.name);
    for (const output of proto.output) this.#outputs.add(output.name);
    for (const tensor of proto.initializer) this.#initializers.set(tensor.name, tensor);
    for (const node of proto.node) this.#attach(node);
  }

  /** Grows with every change: what was derived from an older version is out of date. */
  get version(): number {
    return this.#version;
  }

  /** Says that an attribute was written directly, where that changes what nodes compute. */
  touch(): void {
    this.#changed();
  }

  get fileName(): string {
    return this.#host.fileName;
  }

  get external(): ExternalData {
    return this.#host.external;
  }

  /** In the graph's order, which is topological after {@link sort}. A snapshot: safe to walk while changing the graph. */
  get nodes(): readonly NodeProto[] {
    this.#nodeList ??= [...this.#nodes];
    return this.#nodeList;
  }

  /** What a caller feeds: inputs that are not weights listed a second time, as IR 3 does. */
  get inputs(): readonly ValueInfoProto[] {
    return this.proto.input.filter((input) => !this.#initializers.has(input.name));
  }

  get outputs(): readonly ValueInfoProto[] {
    return this.proto.output;
  }

  get initializers(): ReadonlyMap<string, TensorProto> {
    return this.#initializers;
  }

  /** Version of a domain's operator set that the model imports; undefined when it does not. */
  opset(domain = ''): number | undefined {
    return this.#host.opset(domain);
  }

  has(node: NodeProto): boolean {
    return this.#nodes.has(node);
  }

  isInput(value: string): boolean {
    return this.#inputs.has(value) && !this.#initializers.has(value);
  }

  isOutput(value: string): boolean {
    return this.#outputs.has(value);
  }

  producer(value: string | undefined): NodeProto | undefined {
    return value === undefined ? undefined : this.#index.producers.get(value);
  }

  /** Nodes that read the value, each once, those included whose subgraphs capture it. Graph outputs are not among them. */
  consumers(value: string | undefined): readonly NodeProto[] {
    this.#refreshStale();
    return value === undefined ? [] : [...this.#index.consumers(value)];
  }

  /** The one node that reads the value, if there is exactly one and the value is no graph output. */
  soleConsumer(value: string | undefined): NodeProto | undefined {
    if (value === undefined || this.#outputs.has(value)) return undefined;
    this.#refreshStale();
    const consumers = this.#index.consumers(value);
    return consumers.size === 1 ? [...consumers][0] : undefined;
  }

  isUsed(value: string): boolean {
    this.#refreshStale();
    return this.#outputs.has(value) || this.#index.consumers(value).size > 0;
  }

  /** True when the value never changes between runs: an initialiser or the output of a `Constant` node, here or outside. */
  isConstant(value: string | undefined): boolean {
    if (value === undefined || value === '') return false;
    if (this.#initializers.has(value)) return true;
    const node = this.#index.producers.get(value);
    if (node !== undefined) return node.opType === 'Constant' && node.domain === '';
    return this.#inputs.has(value) ? false : (this.owner?.graph.isConstant(value) ?? false);
  }

  /** The value of a constant (see {@link isConstant}), else undefined. Bytes are views: never write to them. */
  constant(value: string | undefined): Constant | undefined {
    if (value === undefined || value === '' || !this.isConstant(value)) return undefined;
    let constant = this.#constants.get(value);
    if (constant !== undefined) return constant;
    const tensor = this.#initializers.get(value);
    const node = this.#index.producers.get(value);
    if (tensor !== undefined) constant = readTensor(tensor, this.external);
    else if (node !== undefined) constant = constantOfNode(node, this.external);
    else return this.owner?.graph.constant(value);
    // What was read from another file is not kept: a model of many gigabytes would end up in memory bit by bit.
    if (constant !== undefined && constant.bytes.length <= 65_536) this.#constants.set(value, constant);
    return constant;
  }

  /** The graphs that a node carries, as views that stay in step with this one. */
  subgraphs(node: NodeProto): readonly Graph[] {
    return attributeGraphs(node).map((proto) => {
      let graph = this.#inner.get(proto);
      if (graph === undefined) {
        graph = new Graph(proto, this.#host, { graph: this, node });
        this.#inner.set(proto, graph);
      }
      return graph;
    });
  }

  /** A name that no value or node of the model has; the base itself if it is free. Reserves it. */
  uniqueName(base: string): string {
    if (this.owner !== undefined) return this.owner.graph.uniqueName(base);
    this.#names ??= collectNames(this.proto, this.nodes);
    let name = base;
    for (let suffix = 1; this.#names.has(name); suffix += 1) name = `${base}_${suffix}`;
    this.#names.add(name);
    return name;
  }

  /** @returns the node, whose outputs get fresh names from its operator when `outputs` is left out. */
  addNode(
    opType: string,
    inputs: readonly string[],
    options: NodeOptions & { readonly outputs?: readonly string[] } = {},
  ): NodeProto {
    const name = this.uniqueName(options.name ?? `maskforge/${opType}`);
    const outputs = options.outputs ?? [this.uniqueName(`${name}_output`)];
    const node = makeNode(opType, inputs, outputs, { ...options, name });
    this.insertNode(node);
    return node;
  }

  /** Adds a node that was made elsewhere. Where it stands does not matter: {@link sort} moves it before its consumers. */
  insertNode(node: NodeProto): void {
    for (const value of node.output) {
      if (
        value !== '' &&
        (this.#index.producers.has(value) || this.#initializers.has(value) || this.#inputs.has(value))
      ) {
        throw new Error(`${nodeLabel(node)} would define ${value} a second time`);
      }
    }
    this.#attach(node);
    this.#changed();
  }

  /** Its outputs lose their producer: whoever still reads them must be rewired by the caller. */
  removeNode(node: NodeProto): void {
    if (!this.#nodes.delete(node)) return;
    for (const value of node.output) this.#constants.delete(value);
    this.#index.detach(node);
    this.#stale.delete(node);
    this.#changed();
  }

  setInput(node: NodeProto, index: number, value: string): void {
    while (node.input.length < index) node.input.push('');
    node.input[index] = value;
    this.#recount(node);
  }

  setInputs(node: NodeProto, values: readonly string[]): void {
    node.input = [...values];
    this.#recount(node);
  }

  /** Gives an output of a node another name, without touching who reads the old one. */
  setOutput(node: NodeProto, index: number, value: string): void {
    const old = node.output[index];
    if (old === value) return;
    if (value !== '' && this.#index.producers.has(value)) throw new Error(`${value} is defined already`);
    if (old !== undefined && this.#index.producers.get(old) === node) {
      this.#index.producers.delete(old);
      this.#constants.delete(old);
    }
    while (node.output.length < index) node.output.push('');
    node.output[index] = value;
    if (value !== '') this.#index.producers.set(value, node);
    this.#changed();
  }

  addInitializer(
    base: string,
    type: DataType,
    dims: readonly number[],
    data: Parameters<typeof makeTensor>[3],
  ): string {
    const name = this.uniqueName(base);
    this.setInitializer(makeTensor(name, type, dims, data));
    return name;
  }

  /** Adds the tensor, or puts it in the place of the one that has its name. */
  setInitializer(tensor: TensorProto): void {
    if (this.#index.producers.has(tensor.name)) throw new Error(`${tensor.name} is defined by a node`);
    if (!this.#inputs.has(tensor.name)) this.#host.requireIrVersion(4);
    this.#initializers.set(tensor.name, tensor);
    this.#constants.delete(tensor.name);
    this.#changed();
  }

  /** Also takes it from the graph's inputs, where IR 3 lists it. */
  removeInitializer(name: string): void {
    if (!this.#initializers.delete(name)) return;
    this.#constants.delete(name);
    if (this.#inputs.has(name)) this.removeInput(name);
    this.#changed();
  }

  /** `dims`: a number, a name for a size that varies, or undefined for one that nothing is known of. */
  addInput(name: string, type: DataType, dims: readonly DeclaredDim[] | undefined): void {
    this.proto.input.push(makeValueInfo(name, type, dims));
    this.#inputs.add(name);
    this.#changed();
  }

  removeInput(name: string): void {
    this.proto.input = this.proto.input.filter((input) => input.name !== name);
    this.#inputs.delete(name);
    this.#changed();
  }

  addOutput(
    name: string,
    type: DataType,
    dims: readonly DeclaredDim[] | undefined,
    position = this.proto.output.length,
  ): void {
    this.proto.output.splice(position, 0, makeValueInfo(name, type, dims));
    this.#outputs.add(name);
    this.#changed();
  }

  /** Adds an output as it is described, be it by name alone. */
  exposeValue(info: ValueInfoProto): void {
    this.proto.output.push(info);
    this.#outputs.add(info.name);
    this.#changed();
  }

  removeOutput(name: string): void {
    this.proto.output = this.proto.output.filter((output) => output.name !== name);
    this.#outputs.delete(name);
    this.#changed();
  }

  /**
   * Makes everybody who reads `from` read `to`. A graph output keeps its name: then `to` is renamed to it, or, where it
   * cannot be (an input, a weight, another output), an Identity is put between. The old producer of `from` stays, its
   * output unused, for {@link removeDeadNodes}.
   *
   * @param except a node that goes on reading `from`: the one that computes `to` from it.
   * @returns the name under which the value is known from now on: `to`, or `from` where that is a graph output.
   */
  replaceAllUses(from: string, to: string, except?: NodeProto): string {
    if (from === to) return to;
    for (const node of this.consumers(from)) if (node !== except) this.replaceInput(node, from, to);
    if (!this.#outputs.has(from)) return to;
    const old = this.#index.producers.get(from);
    if (old !== undefined) {
      const kept = this.uniqueName(`${from}_replaced`);
      this.setOutput(old, old.output.indexOf(from), kept);
      if (except !== undefined) this.replaceInput(except, from, kept);
    }
    if (this.#index.producers.has(to) && !this.#outputs.has(to)) {
      this.renameValue(to, from);
      return from;
    }
    this.addNode('Identity', [to], { outputs: [from] });
    return to;
  }

  /** Replaces a value that one node reads, in its inputs and in what its subgraphs capture. */
  replaceInput(node: NodeProto, from: string, to: string): void {
    node.input = node.input.map((name) => (name === from ? to : name));
    for (const proto of attributeGraphs(node)) {
      renameCapture(proto, from, to);
      // Views of the subgraph were made from what it was.
      this.#inner.delete(proto);
    }
    this.#recount(node);
  }

  /** Renames a value where it is defined and wherever it is read. `to` must be free. */
  renameValue(from: string, to: string): void {
    if (from === to) return;
    if (this.#index.producers.has(to) || this.#initializers.has(to) || this.#inputs.has(to)) {
      throw new Error(`${to} is defined already`);
    }
    const readers = this.consumers(from);
    const producer = this.#index.producers.get(from);
    const tensor = this.#initializers.get(from);
    if (producer !== undefined) this.setOutput(producer, producer.output.indexOf(from), to);
    if (tensor !== undefined) {
      this.#initializers.delete(from);
      this.#constants.delete(from);
      tensor.name = to;
      this.#initializers.set(to, tensor);
    }
    renameEntry(this.proto.input, this.#inputs, from, to);
    renameEntry(this.proto.output, this.#outputs, from, to);
    for (const info of this.proto.valueInfo) if (info.name === from) info.name = to;
    for (const note of this.proto.quantizationAnnotation) if (note.tensorName === from) note.tensorName = to;
    for (const node of readers) this.replaceInput(node, from, to);
    this.#changed();
  }

  /** Removes nodes none of whose outputs are read, again and again; weights that nobody reads then. @returns the nodes. */
  removeDeadNodes(): NodeProto[] {
    const removed: NodeProto[] = [];
    const queue = [...this.#nodes];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (!this.#nodes.has(node) || node.output.some((value) => value !== '' && this.isUsed(value))) continue;
      const sources = [...this.#index.uses(node)];
      this.removeNode(node);
      removed.push(node);
      for (const value of sources) {
        const source = this.#index.producers.get(value);
        if (source !== undefined) queue.push(source);
      }
    }
    for (const name of [...this.#initializers.keys()]) if (!this.isUsed(name)) this.removeInitializer(name);
    return removed;
  }

  /** Puts the nodes into topological order, otherwise as they were. @throws ONNX_CYCLE */
  sort(): void {
    this.#refreshStale();
    const result = sortNodes(
      this.#nodes,
      (node) => this.#index.uses(node),
      (value) => this.#index.producers.get(value),
    );
    if ('cycle' in result) {
      const names = result.cycle.slice(0, 5).map(nodeLabel);
      throw new AppError(
        'ONNX_CYCLE',
        `${this.fileName}: ${result.cycle.length} nodes wait for each other: ${names.join(' → ')}${result.cycle.length > 5 ? ' → …' : ''}.`,
        {
          hint: 'The file is damaged or was edited wrongly; export the model again.',
          details: { nodes: result.cycle.length },
        },
      );
    }
    this.#nodes.clear();
    for (const node of result.order) this.#nodes.add(node);
    this.#nodeList = undefined;
  }

  /** Forgets the recorded types of inner values, which a pass that changes shapes must do. */
  dropValueInfo(value?: string): void {
    this.#changed();
    this.proto.valueInfo = value === undefined ? [] : this.proto.valueInfo.filter((info) => info.name !== value);
  }

  /** Brings the message up to date: nodes sorted, weights, and only those recorded types whose value still exists. */
  flush(): void {
    for (const node of this.#nodes) for (const graph of this.subgraphs(node)) graph.flush();
    this.sort();
    this.proto.node = [...this.#nodes];
    this.proto.initializer = [...this.#initializers.values()];
    this.proto.valueInfo = this.proto.valueInfo.filter((info) => this.#index.producers.has(info.name));
  }

  #attach(node: NodeProto): void {
    const twice = this.#index.attach(node);
    if (twice !== undefined) {
      throw new AppError('ONNX_INVALID', `${this.fileName}: the value ${twice} is defined by more than one node.`, {
        hint: 'Export the model again.',
      });
    }
    this.#nodes.add(node);
  }

  #recount(node: NodeProto): void {
    this.#index.recount(node);
    this.#changed();
  }

  #changed(): void {
    this.#version += 1;
    this.#nodeList = undefined;
    if (this.owner === undefined) return;
    this.owner.graph.#stale.add(this.owner.node);
    this.owner.graph.#changed();
  }

  #refreshStale(): void {
    if (this.#stale.size === 0) return;
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const node of stale) {
      for (const graph of this.subgraphs(node)) {
        graph.#refreshStale();
        graph.proto.node = [...graph.#nodes];
        graph.proto.initializer = [...graph.#initializers.values()];
      }
      this.#index.recount(node);
    }
  }
}

function renameEntry(entries: readonly ValueInfoProto[], names: Set<string>, from: string, to: string): void {
  if (!names.delete(from)) return;
  names.add(to);
  for (const entry of entries) if (entry.name === from) entry.name = to;
}

function collectNames(proto: GraphProto, nodes: readonly NodeProto[]): Set<string> {
  const names = namesDefinedIn(proto);
  for (const node of nodes) {
    names.add(node.name);
    for (const value of [...node.input, ...node.output]) names.add(value);
    for (const inner of attributeGraphs(node)) for (const name of collectNames(inner, inner.node)) names.add(name);
  }
  return names;
}
