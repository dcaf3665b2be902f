import type { GraphProto, NodeProto } from './generated/onnx_pb';
import { attributeGraphs } from './node';

/** Values that a node needs from its own graph: its inputs, and what its subgraphs take from outside themselves. */
export function usesOf(node: NodeProto): Set<string> {
  const uses = new Set<string>();
  for (const name of node.input) if (name !== '') uses.add(name);
  for (const graph of attributeGraphs(node)) for (const name of capturesOf(graph)) uses.add(name);
  return uses;
}

/** Names that a subgraph uses and does not define. */
export function capturesOf(graph: GraphProto): Set<string> {
  const local = namesDefinedIn(graph);
  const captures = new Set<string>();
  for (const node of graph.node) for (const name of usesOf(node)) if (!local.has(name)) captures.add(name);
  // A branch may hand out an outer value as it is.
  for (const output of graph.output) if (!local.has(output.name)) captures.add(output.name);
  return captures;
}

export function namesDefinedIn(graph: GraphProto): Set<string> {
  const names = new Set<string>();
  for (const input of graph.input) names.add(input.name);
  for (const tensor of graph.initializer) names.add(tensor.name);
  for (const tensor of graph.sparseInitializer) if (tensor.values !== undefined) names.add(tensor.values.name);
  for (const node of graph.node) for (const name of node.output) if (name !== '') names.add(name);
  return names;
}

/** Rewrites a captured name in a subgraph and in what it contains, except where an inner definition shadows it. */
export function renameCapture(graph: GraphProto, from: string, to: string): void {
  if (namesDefinedIn(graph).has(from)) return;
  for (const node of graph.node) {
    node.input = node.input.map((name) => (name === from ? to : name));
    for (const inner of attributeGraphs(node)) renameCapture(inner, from, to);
  }
  for (const output of graph.output) if (output.name === from) output.name = to;
}
