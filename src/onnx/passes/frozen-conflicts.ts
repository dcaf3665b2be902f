import { isFloatType } from '../data-type';
import type { NodeProto } from '../generated/onnx_pb';
import type { ShapeTable } from '../infer-shapes';
import { attributeInt, attributeInts, isOp } from '../node';
import type { Dim } from '../symbolic';

type NumberOf = (dim: Dim) => number | undefined;

const BROADCASTING = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Where', 'Max', 'Min', 'Sum'];

/** Why this node cannot follow a size that varies, as the rest of a sentence; undefined when it can. */
export function conflictOf(node: NodeProto, table: ShapeTable, numberOf: NumberOf): string | undefined {
  if (isOp(node, ...BROADCASTING)) return broadcastConflict(node, table);
  if (isOp(node, 'Slice')) return sliceConflict(node, table, numberOf);
  if (isOp(node, 'Pad')) return padConflict(node, table);
  if (isOp(node, 'Concat')) return concatConflict(node, table);
  return undefined;
}

/** A constant that has one element for each pixel or token of the export size. */
function broadcastConflict(node: NodeProto, table: ShapeTable): string | undefined {
  if (!isFloatType(table.elementType(node.output[0] ?? '') || table.elementType(node.input[0]))) return undefined;
  const shapes = node.input.map((value) => table.dims(value));
  const rank = Math.max(...shapes.map((dims) => dims?.length ?? 0));
  for (let fromEnd = 1; fromEnd <= rank; fromEnd += 1) {
    const sizes = shapes.map((dims) => dims?.at(-fromEnd) ?? 1);
    const fixed = sizes.find((size) => typeof size === 'number' && size !== 1);
    if (fixed !== undefined && sizes.some((size) => typeof size !== 'number')) {
      return `it joins a size that varies with one that is always ${String(fixed)}`;
    }
  }
  return undefined;
}

/** A crop at a fixed place: what it means at another size the graph does not say. */
function sliceConflict(node: NodeProto, table: ShapeTable, numberOf: NumberOf): string | undefined {
  const data = table.dims(node.input[0]);
  if (data === undefined || !isFloatType(table.elementType(node.input[0]))) return undefined;
  const [starts, ends, axes] = [1, 2, 3].map((index) => table.values(node.input[index]));
  for (const [index, start] of (starts ?? []).entries()) {
    const axis = Number(axes?.[index] ?? index);
    const size = data.at(axis);
    const end = ends?.[index];
    if (size === undefined || typeof size === 'number') continue;
    const length = numberOf(size) ?? Infinity;
    const cuts = (typeof start === 'number' && start > 0) || (typeof end === 'number' && end > 0 && end < length);
    if (cuts) return 'it cuts at a fixed place out of a size that varies';
  }
  return undefined;
}

/** Padding that brings one size to a round number; equal padding on both sides is a layer's own. */
function padConflict(node: NodeProto, table: ShapeTable): string | undefined {
  const data = table.dims(node.input[0]);
  const pads = attributeInts(node, 'pads') ?? table.values(node.input[1]);
  if (data === undefined || pads === undefined) return undefined;
  const rank = data.length;
  for (const [axis, size] of data.entries()) {
    const [before, after] = [pads[axis], pads[axis + rank]];
    if (typeof size !== 'number' && typeof before === 'number' && typeof after === 'number' && before !== after) {
      return 'it pads by an amount that was computed for the export size';
    }
  }
  return undefined;
}

function concatConflict(node: NodeProto, table: ShapeTable): string | undefined {
  const shapes = node.input.map((value) => table.dims(value));
  const rank = shapes[0]?.length ?? 0;
  const axis = attributeInt(node, 'axis', 0);
  for (let index = 0; index < rank; index += 1) {
    if (index === (axis < 0 ? axis + rank : axis)) continue;
    const sizes = shapes.map((dims) => dims?.[index]);
    if (
      sizes.some((size) => typeof size === 'number') &&
      sizes.some((size) => size !== undefined && typeof size !== 'number')
    ) {
      return 'it joins maps of which only some follow the size of the picture';
    }
  }
  return undefined;
}
