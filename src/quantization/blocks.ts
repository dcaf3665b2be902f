import type { NodeProto } from '../onnx/generated/onnx_pb';
import type { Graph } from '../onnx/graph';
import { isOp } from '../onnx/node';
import { neededNodes } from '../onnx/subgraph';

/** A stretch of the network that leaves the main stream and comes back with an addition. */
interface Branch {
  readonly nodes: ReadonlySet<NodeProto>;
  readonly close: NodeProto;
  readonly isAttention: boolean;
}

/**
 * A name for the part of the network that each layer and each closing addition belongs to, told from the branches that additions close:
 * `stage 1, embedding`, `stage 1, block 2, attention`, `stage 1, block 2, feed-forward`. A stage begins with what feeds
 * branches and is in none. What feeds none is missing: the head.
 */
export function blockNames(graph: Graph): Map<NodeProto, string> {
  graph.sort();
  const branches = findBranches(graph);
  const branchOf = new Map<NodeProto, Branch>();
  // Inner branches are found first, and keep their nodes.
  for (const branch of branches)
    for (const node of [...branch.nodes, branch.close]) setIfAbsent(branchOf, node, branch);
  const encoder = neededNodes(
    graph,
    branches.flatMap(({ close }) => close.output),
    new Set(),
  );
  const names = new Map<NodeProto, string>();
  const named = new Map<Branch, string>();
  let [stage, block] = [0, 0];
  for (const node of graph.nodes) {
    const branch = branchOf.get(node);
    // What computes sizes may stand anywhere in the order: only layers tell where a part begins.
    if (!isOp(node, 'Conv', 'Gemm', 'MatMul') && branch?.close !== node) continue;
    if (branch !== undefined) {
      let name = named.get(branch);
      if (name === undefined) {
        if (branch.isAttention || block === 0 || !branches.some(({ isAttention }) => isAttention)) block += 1;
        name = `stage ${Math.max(1, stage)}, block ${block}, ${branch.isAttention ? 'attention' : 'feed-forward'}`;
        named.set(branch, name);
      }
      names.set(node, name);
    } else if (encoder.has(node)) {
      [stage, block] = block > 0 || stage === 0 ? [stage + 1, 0] : [stage, 0];
      names.set(node, `stage ${Math.max(1, stage)}, embedding`);
    }
  }
  return names;
}

function findBranches(graph: Graph): Branch[] {
  const starts = new Set(graph.inputs.map(({ name }) => name));
  const branches: Branch[] = [];
  for (const node of graph.nodes) {
    if (!isOp(node, 'Add') || node.input.length !== 2) continue;
    const [left = '', right = ''] = node.input;
    if (graph.isConstant(left) || graph.isConstant(right)) continue;
    const nodes = branchBetween(graph, left, right, starts) ?? branchBetween(graph, right, left, starts);
    if (nodes === undefined) continue;
    const isAttention = [...nodes].some(
      (inner) => isOp(inner, 'MatMul') && inner.input.every((value) => !graph.isConstant(value)),
    );
    branches.push({ nodes, close: node, isAttention });
  }
  return branches;
}

/** The nodes that make `end` of `start` and of nothing else that varies. Sizes do not count: what computes them is left out. */
function branchBetween(
  graph: Graph,
  start: string,
  end: string,
  inputs: ReadonlySet<string>,
): ReadonlySet<NodeProto> | undefined {
  const nodes = new Set<NodeProto>();
  const queue = [end];
  let touchesStart = false;
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (inputs.has(value) && value !== start) return undefined;
    if (value === start) touchesStart = true;
    const node = value === start ? undefined : graph.producer(value);
    if (node === undefined || nodes.has(node) || isOp(node, 'Shape', 'Size')) continue;
    nodes.add(node);
    queue.push(...node.input);
  }
  return touchesStart ? nodes : undefined;
}

function setIfAbsent<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}
