import { copyNode, shallowCopy } from '../copy';
import type { GraphProto, NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { namesDefinedIn, renameCapture } from '../graph-uses';
import { attributeGraphs, findAttribute, isOp } from '../node';
import type { NodeRule } from './rewrite';

/** An If whose condition never changes: the branch that is always taken becomes part of the graph. */
export const inlineIf: NodeRule = ({ graph, shapes }, node) => {
  if (!isOp(node, 'If')) return false;
  const condition = shapes.values(node.input[0])?.[0];
  if (typeof condition !== 'number') return false;
  const branch = findAttribute(node, condition === 0 ? 'else_branch' : 'then_branch')?.g;
  if (branch === undefined || branch.output.length !== node.output.length) return false;
  if (branch.sparseInitializer.length > 0 || !node.output.some((value) => value !== '' && graph.isUsed(value)))
    return false;
  const names = insertBranch(graph, branch);
  node.output.slice().forEach((value, index) => {
    const result = branch.output[index]?.name ?? '';
    if (value !== '') graph.replaceAllUses(value, names.get(result) ?? result);
  });
  return true;
};

/** @returns the names that the branch's own values got; what it captures keeps its name. */
function insertBranch(graph: Graph, branch: GraphProto): Map<string, string> {
  const names = new Map([...namesDefinedIn(branch)].map((name) => [name, graph.uniqueName(`${name}_inlined`)]));
  for (const tensor of branch.initializer) {
    const copy = shallowCopy(tensor);
    copy.name = names.get(tensor.name) ?? tensor.name;
    graph.setInitializer(copy);
  }
  for (const node of branch.node) graph.insertNode(renamed(node, names));
  return names;
}

function renamed(node: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  const copy = copyNode(node);
  const rename = (value: string): string => names.get(value) ?? value;
  copy.input = copy.input.map(rename);
  copy.output = copy.output.map(rename);
  for (const inner of attributeGraphs(copy)) for (const [from, to] of names) renameCapture(inner, from, to);
  return copy;
}
