import type { NodeProto } from './generated/onnx_pb';

/**
 * Puts producers before consumers and otherwise keeps the order as it is: a node that was added at the end moves to
 * just before its first consumer, and a sorted list comes back unchanged.
 *
 * @param uses the values that a node needs, those that its subgraphs capture included.
 * @returns the order, or the nodes of one cycle.
 */
export function sortNodes(
  nodes: Iterable<NodeProto>,
  uses: (node: NodeProto) => Iterable<string>,
  producer: (value: string) => NodeProto | undefined,
): { order: NodeProto[] } | { cycle: NodeProto[] } {
  const order: NodeProto[] = [];
  const state = new Map<NodeProto, 'open' | 'done'>();
  // An explicit stack: a graph of 100,000 nodes in a row must not exhaust the call stack.
  const stack: { node: NodeProto; rest: Iterator<string> }[] = [];
  const open = (node: NodeProto): void => {
    state.set(node, 'open');
    stack.push({ node, rest: uses(node)[Symbol.iterator]() });
  };
  for (const root of nodes) {
    if (state.has(root)) continue;
    open(root);
    for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
      const next = frame.rest.next();
      if (next.done === true) {
        state.set(frame.node, 'done');
        order.push(frame.node);
        stack.pop();
        continue;
      }
      const source = producer(next.value);
      if (source === undefined || state.get(source) === 'done') continue;
      if (state.get(source) === 'open') {
        const nodesOnStack = stack.map((entry) => entry.node);
        return { cycle: nodesOnStack.slice(nodesOnStack.indexOf(source)) };
      }
      open(source);
    }
  }
  return { order };
}
