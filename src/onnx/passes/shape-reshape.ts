import { DataType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { Graph } from '../graph';
import { integersOf, permutationOf, producerOf } from '../match';
import { attributeInts, isOp, nodeLabel } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import { factsOf } from './facts';
import type { FactsOf } from './facts';
import { addValue, remakeValue } from './rewrite';

/** A list of pairs that is turned into a matrix, rearranged and flattened again. */
export interface PairList {
  /** The 1-D value at the start. */
  readonly source: string;
  /** The flattening node at the end. */
  readonly last: NodeProto;
  /** Columns of the matrix: 2 for the amounts of a padding. */
  readonly columns: number;
  readonly rowsReversed: boolean;
  readonly columnsReversed: boolean;
}

/** Ends that mean "to the very beginning or end" whatever the length; what exporters write too. */
const FAR_END = 2n ** 63n - 1n;
const FAR_START = -FAR_END;

/**
 * Replaces the matrix that PyTorch's exporter makes for `F.pad` inside shape arithmetic, which TensorRT refuses (shape
 * tensors have at most one axis), by one strided Slice for each column and a Concat.
 */
export const shapeReshape: Pass<PairList> = {
  name: 'shape-reshape',
  summary: 'Rearranges sizes without the two-dimensional reshape that TensorRT refuses inside shape arithmetic.',
  tolerance: { relative: 0 },
  match: (model) => {
    const facts = factsOf(model.graph);
    return model.graph.nodes.flatMap((node) => findPairList(model.graph, node, facts) ?? []);
  },
  apply: ({ graph }, findings) => {
    for (const { data } of findings) if (graph.has(data.last)) replace(graph, data);
  },
};

function findPairList(graph: Graph, last: NodeProto, facts: FactsOf): Finding<PairList> | undefined {
  const target = isOp(last, 'Reshape') ? integersOf(graph, last.input[1]) : undefined;
  if (target?.length !== 1) return undefined;
  const nodes = [last];
  // Read from the end: each operation so far acts on the matrix [rows, columns], seen as it is at the end.
  let transposed = false;
  const reversed = [false, false];
  let value = last.input[0];
  for (
    let node = producerOf(graph, value, 'Slice', 'Transpose');
    node !== undefined;
    node = producerOf(graph, value, 'Slice', 'Transpose')
  ) {
    const axis = node.opType === 'Slice' ? reversedAxis(graph, node) : undefined;
    if (node.opType === 'Slice' ? axis === undefined : !swapsAxes(node)) return undefined;
    if (axis === undefined) {
      transposed = !transposed;
      reversed.reverse();
    } else reversed[axis] = reversed[axis] !== true;
    nodes.push(node);
    value = node.input[0];
  }
  const [rowsReversed = false, columnsReversed = false] = reversed;
  const first = producerOf(graph, value, 'Reshape');
  const source = first?.input[0];
  const columns = first === undefined ? undefined : columnsOf(graph, first, facts);
  if (first === undefined || source === undefined || columns === undefined || !transposed) return undefined;
  const type = facts(source)?.type;
  if (facts(source)?.dims?.length !== 1 || (type !== DataType.INT64 && type !== DataType.INT32)) return undefined;
  const before = facts(first.output[0] ?? '')?.text;
  const after = facts(source)?.text;
  return {
    pass: 'shape-reshape',
    nodes: [first, ...nodes.reverse()].map(nodeLabel),
    ...because(
      'sizes-in-table',
      'A list of sizes takes a detour through a table with two axes, which TensorRT refuses for sizes; slices do the same.',
    ),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    data: { source, last, columns, rowsReversed, columnsReversed },
  };
}

function swapsAxes(node: NodeProto): boolean {
  const perm = permutationOf(node);
  return perm === undefined ? attributeInts(node, 'perm') === undefined : perm.join() === '1,0';
}

/** The axis that the slice turns round as a whole; undefined for every other slice. */
function reversedAxis(graph: Graph, node: NodeProto): 0 | 1 | undefined {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((index) => integersOf(graph, node.input[index]));
  if (starts?.length !== 1 || ends?.length !== 1 || steps?.[0] !== -1) return undefined;
  const [start = 0] = starts;
  const [end = 0] = ends;
  // From the last element on, to before the first one. An end of -1 would name the last element instead.
  if (start !== -1 && start < 2 ** 31 - 1) return undefined;
  if (end > -(2 ** 31) + 1) return undefined;
  const axis = axes?.[0] ?? 0;
  return axis === 0 || axis === -2 ? 0 : axis === 1 || axis === -1 ? 1 : undefined;
}

function columnsOf(graph: Graph, first: NodeProto, facts: FactsOf): number | undefined {
  const shape = integersOf(graph, first.input[1]);
  if (shape?.length !== 2) return undefined;
  const [rows = 0, columns = 0] = shape;
  if (columns > 0) return columns;
  const length = facts(first.input[0] ?? '')?.dims?.[0];
  return columns === -1 && rows > 0 && length !== undefined ? length / rows : undefined;
}

/** Column after column, each from its first row to its last, or backwards. */
function replace(graph: Graph, found: PairList): void {
  const { source, last, columns, rowsReversed, columnsReversed } = found;
  const order = Array.from({ length: columns }, (_, index) => (columnsReversed ? columns - 1 - index : index));
  const integer = (name: string, value: bigint): string =>
    graph.addInitializer(`maskforge/${name}`, DataType.INT64, [1], BigInt64Array.of(value));
  const end = integer('end', rowsReversed ? FAR_START : FAR_END);
  const axis = integer('axis', 0n);
  const step = integer('step', BigInt(rowsReversed ? -columns : columns));
  const parts = order.map((column) => {
    const start = integer('start', BigInt(rowsReversed ? column - columns : column));
    return addValue(graph, 'Slice', [source, start, end, axis, step]);
  });
  remakeValue(graph, last.output[0] ?? '', 'Concat', parts, { attributes: { axis: 0 } });
}
