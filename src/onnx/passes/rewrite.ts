import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import type { NodeOptions } from '../node';

/**
 * Lets a new node make a value in the place of the one that makes it now. The value keeps its name, so whoever reads it
 * goes on reading it, other findings that mention it stay right, and graph outputs stay what they were called. The old
 * producer keeps its inputs; the runner removes it when nothing reads it any more.
 */
export function remakeValue(
  graph: Graph,
  value: string,
  opType: string,
  inputs: readonly string[],
  options: Omit<NodeOptions, 'outputs'> = {},
): NodeProto {
  return remakeValues(graph, [value], opType, inputs, options);
}

/** The same for several values that one new node makes. */
export function remakeValues(
  graph: Graph,
  values: readonly string[],
  opType: string,
  inputs: readonly string[],
  options: Omit<NodeOptions, 'outputs'> = {},
): NodeProto {
  for (const value of values) {
    const old = graph.producer(value);
    if (old !== undefined) graph.setOutput(old, old.output.indexOf(value), graph.uniqueName(`${value}_before`));
  }
  return graph.addNode(opType, inputs, { ...options, outputs: [...values] });
}

/** Adds a node with one output. @returns the value it makes. */
export function addValue(graph: Graph, opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
  return graph.addNode(opType, inputs, options).output[0] ?? '';
}
