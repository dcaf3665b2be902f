import { AppError } from '../../shared/app-error';
import { type DataType, isFloatType } from '../data-type';
import { describeIo } from '../describe-io';
import type { NodeProto } from '../generated/onnx_pb';
import type { ShapeTable } from '../infer-shapes';
import { inferShapes } from '../infer-shapes';
import { attributeInt, attributeInts, isOp, nodeLabel } from '../node';
import type { OnnxModel } from '../model';
import type { Dim } from '../symbolic';
import { evaluateDim, nameDim, productOf, sameDim } from '../symbolic';
import type { DeclaredDim } from '../value-type';
import { readDeclaredType } from '../value-type';
import { conflictOf } from './frozen-conflicts';
import { planReshape } from './size-plan';

/** The picture's batch, height and width: what they are called and what they were at export. */
export interface ImageSizes {
  readonly input: string;
  readonly type: DataType;
  readonly declared: readonly DeclaredDim[];
  /** The input's dimensions with names where sizes shall vary. */
  readonly dims: readonly Dim[];
  readonly names: { readonly batch: string; readonly height: string; readonly width: string };
  /** By name; undefined where the file does not say. */
  readonly exported: {
    readonly batch: number;
    readonly height: number | undefined;
    readonly width: number | undefined;
  };
}

/** A node with sizes of the export written in, and what they should be. */
export interface FrozenNode {
  readonly node: NodeProto;
  /** The whole target, for the axes that the node's size input lists. */
  readonly target: readonly Dim[];
  /** Sizes of the data input, to write 0 where a Reshape keeps one. */
  readonly data: readonly Dim[];
  /** What the size input says now: numbers, or formulas where it is computed. */
  readonly written: readonly Dim[];
  readonly output: readonly Dim[];
  /** Place in the walk: only values learnt up to here may be read to compute the target. */
  readonly order: number;
}

/** Where a size can be read at run time. */
export interface SizeSource {
  readonly value: string;
  readonly axis: number;
  readonly order: number;
}

export interface FrozenReport {
  readonly sizes: ImageSizes;
  readonly frozen: readonly FrozenNode[];
  readonly sources: ReadonlyMap<string, SizeSource>;
  readonly partsOf: (dim: Dim) => readonly Dim[];
  /** What keeps the graph from running at other sizes though nothing can be done about it, as sentences. */
  readonly obstacles: readonly string[];
}

/** Thrown inside the walk when the assumed export size contradicts a node. */
class Misfit extends Error {
  readonly product: Dim;
  readonly wanted: number;

  constructor(product: Dim, wanted: number) {
    super('the sizes do not fit');
    this.product = product;
    this.wanted = wanted;
  }
}

const GRID = 32;
const MAX_SIDE = 2048;
const MAX_TRIES = 40;

/** The image input, or undefined for a model that is no network of one picture. */
export function imageSizesOf(model: OnnxModel): ImageSizes | undefined {
  let io;
  try {
    io = describeIo(model);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
  const info = model.graph.inputs.find(({ name }) => name === io.input.name);
  const declared = readDeclaredType(info?.type);
  if (declared?.dims === undefined) return undefined;
  const axes = io.input.layout === 'NCHW' ? [0, 2, 3] : [0, 1, 2];
  const fallback = ['batch', 'height', 'width'];
  const [batch = 'batch', height = 'height', width = 'width'] = axes.map((axis, index) => {
    const dim = declared.dims?.[axis];
    return typeof dim === 'string' ? dim : (fallback[index] ?? '');
  });
  const number = (axis: number | undefined): number | undefined => {
    const dim = declared.dims?.[axis ?? -1];
    return typeof dim === 'number' ? dim : undefined;
  };
  const names = [batch, height, width];
  const dims = declared.dims.map((dim, axis): Dim => {
    const at = axes.indexOf(axis);
    return at >= 0 ? nameDim(names[at] ?? '') : typeof dim === 'number' ? dim : 3;
  });
  return {
    input: io.input.name,
    type: declared.type,
    declared: declared.dims,
    dims,
    names: { batch, height, width },
    exported: { batch: number(axes[0]) ?? 1, height: number(axes[1]), width: number(axes[2]) },
  };
}

/** Walks the graph with named sizes and collects what contradicts them. */
export function findFrozenSizes(model: OnnxModel, sizes: ImageSizes): FrozenReport {
  const { height, width } = sizes.exported;
  if (height !== undefined && width !== undefined) {
    try {
      return walk(model, sizes, height, width);
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      return { ...emptyReport(sizes), obstacles: ['a Reshape does not fit the declared input size'] };
    }
  }
  // Open outside. Two sizes without a common factor show whether anything inside is frozen.
  try {
    return walk(model, sizes, GRID * 7, GRID * 11);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    for (const [h, w] of sizesThatFit(sizes, error)) {
      try {
        return walk(model, sizes, h, w);
      } catch (again) {
        if (!(again instanceof Misfit)) throw again;
      }
    }
    return { ...emptyReport(sizes), obstacles: ['the size that it was exported at cannot be told from the graph'] };
  }
}

function emptyReport(sizes: ImageSizes): FrozenReport {
  return { sizes, frozen: [], sources: new Map(), partsOf: (dim) => [dim], obstacles: [] };
}

/** Pictures for which the product has the number that is written in the graph; square ones first. */
function sizesThatFit(sizes: ImageSizes, { product, wanted }: Misfit): [number, number][] {
  const found: [number, number][] = [];
  const { names, exported } = sizes;
  for (let h = GRID; h <= MAX_SIDE; h += GRID) {
    for (let w = GRID; w <= MAX_SIDE; w += GRID) {
      const numbers = new Map([
        [names.batch, exported.batch],
        [names.height, h],
        [names.width, w],
      ]);
      if (evaluateDim(product, numbers) === wanted) found.push([h, w]);
    }
  }
  found.sort(([a, b], [c, d]) => Math.abs(a - b) - Math.abs(c - d));
  return found.slice(0, MAX_TRIES);
}

function walk(model: OnnxModel, sizes: ImageSizes, height: number, width: number): FrozenReport {
  const walker = new Walker(
    new Map([
      [sizes.names.batch, sizes.exported.batch],
      [sizes.names.height, height],
      [sizes.names.width, width],
    ]),
  );
  const inputs = new Map([[sizes.input, sizes.dims]]);
  inferShapes(model.graph, { inputs, override: (node, table) => walker.visit(node, table) });
  const { frozen, sources, partsOf, obstacles } = walker;
  return { sizes, frozen, sources, partsOf, obstacles };
}

class Walker {
  readonly frozen: FrozenNode[] = [];
  readonly sources = new Map<string, SizeSource>();
  readonly obstacles: string[] = [];
  readonly #numbers: ReadonlyMap<string, number>;
  #order = 0;
  readonly #parts = new Map<string, readonly Dim[]>();
  /** Sizes of feature maps by their numbers at export, the earliest first: what a Resize may have aimed at. */
  readonly #maps = new Map<string, readonly [Dim, Dim]>();

  constructor(numbers: ReadonlyMap<string, number>) {
    this.#numbers = numbers;
  }

  readonly partsOf = (dim: Dim): readonly Dim[] => {
    if (typeof dim === 'number') return [dim];
    const known = this.#parts.get(dim.key);
    if (known !== undefined) return known.flatMap((part) => (sameDim(part, dim) ? [part] : this.partsOf(part)));
    return [dim];
  };

  readonly #numberOf = (dim: Dim): number | undefined => evaluateDim(dim, this.#numbers);

  /** @returns true when it has set the node's output itself. */
  visit(node: NodeProto, table: ShapeTable): boolean {
    this.#order += 1;
    for (const value of node.input) this.#learn(value, table);
    if (isOp(node, 'Reshape')) return this.#visitReshape(node, table);
    if (isOp(node, 'Resize')) return this.#visitResize(node, table);
    if (isOp(node, 'Expand')) return this.#visitExpand(node, table);
    const conflict = conflictOf(node, table, this.#numberOf);
    if (conflict !== undefined) this.obstacles.push(`${nodeLabel(node)}: ${conflict}`);
    return false;
  }

  #learn(value: string, table: ShapeTable): void {
    const dims = table.dims(value);
    if (dims === undefined || !isFloatType(table.elementType(value)) || !dims.some((dim) => typeof dim !== 'number'))
      return;
    for (const [axis, dim] of dims.entries()) {
      if (typeof dim !== 'number' && !this.sources.has(dim.key))
        this.sources.set(dim.key, { value, axis, order: this.#order });
    }
    const [, , rows, columns] = dims;
    if (dims.length !== 4 || rows === undefined || columns === undefined) return;
    if (typeof rows === 'number' || typeof columns === 'number') return;
    const key = `${this.#numberOf(rows)},${this.#numberOf(columns)}`;
    if (!this.#maps.has(key)) this.#maps.set(key, [rows, columns]);
  }

  #visitReshape(node: NodeProto, table: ShapeTable): boolean {
    const data = table.dims(node.input[0]);
    const written = table.values(node.input[1]);
    if (data === undefined || written === undefined || !data.some((dim) => typeof dim !== 'number')) return false;
    const numbers = data.map((dim) => this.#numberOf(dim));
    const target = written.map((dim) => this.#numberOf(dim));
    if (!areKnown(numbers) || !areKnown(target)) return false;
    const keepsZero = attributeInt(node, 'allowzero', 0) === 0;
    const resolved = resolveTarget(numbers, target, keepsZero);
    if (resolved === undefined || product(resolved) !== product(numbers))
      throw new Misfit(productOf(data), product(target));
    const sizes = data.map((dim, axis) => ({ dim, number: numbers[axis] ?? 0 }));
    const plan = planReshape(sizes, resolved, this.partsOf, this.#numberOf);
    const isFixed = (axis: number): boolean => {
      const size = written[axis];
      return typeof size === 'number' && size > 0 && typeof plan?.dims[axis] !== 'number';
    };
    if (plan === undefined) {
      if (written.some((size) => typeof size === 'number' && size > 1))
        this.obstacles.push(`${nodeLabel(node)}: its sizes could not be explained`);
      return false;
    }
    for (const { dim, parts } of plan.merged)
      if (typeof dim !== 'number' && !this.#parts.has(dim.key)) this.#parts.set(dim.key, parts);
    if (!written.some((_, axis) => isFixed(axis))) return false;
    const output = plan.dims.map((dim, axis) => (typeof written[axis] === 'number' ? dim : (written[axis] ?? dim)));
    this.frozen.push({ node, target: output, data, written, output, order: this.#order });
    table.set(node.output[0] ?? '', { type: table.elementType(node.input[0]), dims: output });
    return true;
  }

  #visitResize(node: NodeProto, table: ShapeTable): boolean {
    const data = table.dims(node.input[0]);
    const written = table.values(node.input[3]);
    if (data?.length !== 4 || written === undefined || !data.some((dim) => typeof dim !== 'number')) return false;
    const axes = attributeInts(node, 'axes')?.map((axis) => (axis < 0 ? axis + 4 : axis)) ?? [0, 1, 2, 3];
    const spatial = [2, 3].map((axis) => written[axes.indexOf(axis)]);
    if (!spatial.every((size) => typeof size === 'number'))
      return this.#visitPartlyFixedResize(node, table, data, written, axes);
    const map = this.#maps.get(spatial.join());
    if (map === undefined) {
      this.obstacles.push(
        `${nodeLabel(node)}: no map of the size ${spatial.join(' x ')} that it makes is there to take the size from`,
      );
      return false;
    }
    const output = data.map((dim, axis) => (axis === 2 ? map[0] : axis === 3 ? map[1] : dim));
    return this.#keep(node, table, { node, target: axes.map((axis) => output[axis] ?? 1), data, written, output });
  }

  /** Rows and columns are computed, but the batch is written in. */
  #visitPartlyFixedResize(
    node: NodeProto,
    table: ShapeTable,
    data: readonly Dim[],
    written: readonly Dim[],
    axes: readonly number[],
  ): boolean {
    const fixed = axes.some(
      (axis, index) => axis < 2 && typeof written[index] === 'number' && typeof data[axis] !== 'number',
    );
    if (!fixed) return false;
    const output = data.map((dim, axis) => (axis < 2 ? dim : (written[axes.indexOf(axis)] ?? dim)));
    return this.#keep(node, table, { node, target: axes.map((axis) => output[axis] ?? 1), data, written, output });
  }

  #visitExpand(node: NodeProto, table: ShapeTable): boolean {
    const data = table.dims(node.input[0]);
    const written = table.values(node.input[1]);
    if (data === undefined || written === undefined) return false;
    const offset = written.length - data.length;
    const isFixed = written.map(
      (size, index) => typeof size === 'number' && size > 1 && typeof (data[index - offset] ?? 1) !== 'number',
    );
    if (!isFixed.includes(true)) return false;
    const target = written.map((size, index) => (isFixed[index] === true ? 1 : size));
    const output = written.map((size, index) => (isFixed[index] === true ? (data[index - offset] ?? 1) : size));
    return this.#keep(node, table, { node, target, data, written, output });
  }

  #keep(node: NodeProto, table: ShapeTable, found: Omit<FrozenNode, 'order'>): boolean {
    this.frozen.push({ ...found, order: this.#order });
    table.set(node.output[0] ?? '', { type: table.elementType(node.input[0]), dims: found.output });
    return true;
  }
}

function areKnown(numbers: readonly (number | undefined)[]): numbers is readonly number[] {
  return numbers.every((number) => number !== undefined);
}

/** Replaces 0 and -1 by what they stand for; undefined when that is no whole number. */
function resolveTarget(data: readonly number[], target: readonly number[], keepsZero: boolean): number[] | undefined {
  const resolved = target.map((size, axis) => (size === 0 && keepsZero ? (data[axis] ?? 0) : size));
  const open = resolved.indexOf(-1);
  if (open < 0) return resolved;
  const rest = product(resolved.filter((_, axis) => axis !== open));
  if (rest === 0 || product(data) % rest !== 0) return undefined;
  resolved[open] = product(data) / rest;
  return resolved;
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((result, number) => result * number, 1);
}
