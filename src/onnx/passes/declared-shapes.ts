import type { DataType } from '../data-type';
import type { Graph } from '../graph';
import type { ShapeTable } from '../infer-shapes';
import type { Dim } from '../symbolic';
import { formatDim, isUnknown } from '../symbolic';
import type { DeclaredDim } from '../value-type';
import { makeTypeProto, readDeclaredType } from '../value-type';

/** Declares an input's sizes anew and forgets what the file said of inner values for the old ones. */
export function declareInput(graph: Graph, name: string, type: DataType, dims: readonly Dim[]): void {
  const input = graph.proto.input.find((candidate) => candidate.name === name);
  if (input === undefined) return;
  input.type = makeTypeProto(type, dims.map(toDeclared));
  graph.dropValueInfo();
}

/** Declares the outputs' sizes as inference finds them; a formula becomes a name that says how it is computed. */
export function declareOutputs(graph: Graph, table: ShapeTable): void {
  for (const output of graph.proto.output) {
    const declared = readDeclaredType(output.type);
    const dims = table.dims(output.name);
    if (declared === undefined || dims === undefined) continue;
    output.type = makeTypeProto(declared.type, dims.map(toDeclared));
  }
  graph.dropValueInfo();
}

function toDeclared(dim: Dim): DeclaredDim {
  if (typeof dim === 'number') return dim;
  return isUnknown(dim) ? undefined : formatDim(dim);
}
