import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import type { ShapeTable } from '../infer-shapes';
import type { OnnxModel } from '../model';

/** What a rule of `simplify` works on. Shapes were inferred before the current round: values added since have none. */
export interface SimplifyContext {
  readonly model: OnnxModel;
  readonly graph: Graph;
  readonly shapes: ShapeTable;
}

/** Looks at one node and rewrites around it. @returns true when it changed the graph. */
export type NodeRule = (context: SimplifyContext, node: NodeProto) => boolean;

/** Makes readers of the node's first output read `source`. */
export function bypass(graph: Graph, node: NodeProto, source: string | undefined): boolean {
  const [result] = node.output;
  if (source === undefined || source === '' || result === undefined) return false;
  // An output that is an input, a weight or another output needs a node of its own to carry its name.
  if (graph.isOutput(result) && !canTakeName(graph, source)) return false;
  graph.replaceAllUses(result, source);
  return true;
}

function canTakeName(graph: Graph, source: string): boolean {
  return graph.producer(source) !== undefined && !graph.isOutput(source);
}

export function sameNumbers(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
