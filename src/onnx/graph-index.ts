import type { NodeProto } from './generated/onnx_pb';
import { usesOf } from './graph-uses';

/** Who produces and who reads each value of one graph. Kept in step by {@link Graph}, which is its only user. */
export class GraphIndex {
  readonly producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, Set<NodeProto>>();
  readonly #uses = new Map<NodeProto, Set<string>>();

  consumers(value: string): ReadonlySet<NodeProto> {
    return this.#consumers.get(value) ?? NO_NODES;
  }

  /** What the node read when it was last counted: its inputs, and what its subgraphs capture. */
  uses(node: NodeProto): ReadonlySet<string> {
    return this.#uses.get(node) ?? NO_VALUES;
  }

  /** @returns the name of a value that another node produces already, if any. */
  attach(node: NodeProto): string | undefined {
    for (const value of node.output) {
      if (value === '') continue;
      if (this.producers.has(value)) return value;
      this.producers.set(value, node);
    }
    this.#attachUses(node);
    return undefined;
  }

  detach(node: NodeProto): void {
    for (const value of node.output) if (this.producers.get(value) === node) this.producers.delete(value);
    this.#detachUses(node);
  }

  recount(node: NodeProto): void {
    this.#detachUses(node);
    this.#attachUses(node);
  }

  #attachUses(node: NodeProto): void {
    const uses = usesOf(node);
    this.#uses.set(node, uses);
    for (const value of uses) {
      const consumers = this.#consumers.get(value);
      if (consumers === undefined) this.#consumers.set(value, new Set([node]));
      else consumers.add(node);
    }
  }

  #detachUses(node: NodeProto): void {
    for (const value of this.uses(node)) {
      const consumers = this.#consumers.get(value);
      consumers?.delete(node);
      if (consumers?.size === 0) this.#consumers.delete(value);
    }
    this.#uses.delete(node);
  }
}

const NO_NODES: ReadonlySet<NodeProto> = new Set();
const NO_VALUES: ReadonlySet<string> = new Set();
