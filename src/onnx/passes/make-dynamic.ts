import { AppError } from '../../shared/app-error';
import { addIntegers } from '../build';
import type { Graph } from '../graph';
import { formatShape, inferShapes } from '../infer-shapes';
import type { OnnxModel } from '../model';
import { isOp, nodeLabel, removeAttribute } from '../node';
import { because } from '../pass';
import type { Finding, Pass } from '../pass';
import type { Dim } from '../symbolic';
import { sameDim } from '../symbolic';
import { declareInput, declareOutputs } from './declared-shapes';
import type { FrozenNode, FrozenReport, ImageSizes } from './frozen-sizes';
import { findFrozenSizes, imageSizesOf } from './frozen-sizes';
import { addValue } from './rewrite';

export type DynamicChange =
  | { readonly kind: 'input'; readonly report: FrozenReport }
  | { readonly kind: 'node'; readonly report: FrozenReport; readonly frozen: FrozenNode };

/**
 * Repairs sizes that an export wrote into Reshape, Resize and Expand though they follow the picture, in a model whose
 * input already says that its size varies. A model with a fixed input is left alone: see {@link makeDynamic}.
 *
 * @throws ONNX_SIZES_FIXED (from `apply`) when something in the graph cannot follow.
 */
export const dynamicFlatten: Pass<DynamicChange> = {
  name: 'dynamic-flatten',
  summary: 'Lets reshapes and resizes follow the size of the picture where the export wrote sizes in.',
  tolerance: { relative: 1e-5 },
  match: (model) => {
    const sizes = imageSizesOf(model);
    if (sizes === undefined || isFixed(sizes)) return [];
    return nodeFindings('dynamic-flatten', model, findFrozenSizes(model, sizes));
  },
  apply,
};

/**
 * Makes a model that was exported for one size run at any batch, height and width: the input is declared open, and what
 * {@link dynamicFlatten} repairs is repaired.
 *
 * @throws ONNX_SIZES_FIXED (from `apply`) when something in the graph cannot follow.
 */
export const makeDynamic: Pass<DynamicChange> = {
  name: 'make-dynamic',
  summary: 'Makes a model that was exported for one picture size run at any size and batch.',
  tolerance: { relative: 1e-5 },
  match: (model) => {
    const sizes = imageSizesOf(model);
    if (sizes === undefined) return [];
    const report = findFrozenSizes(model, sizes);
    const isOpen = sizes.dims.every((dim, axis) => typeof dim === 'number' || typeof sizes.declared[axis] === 'string');
    return [...(isOpen ? [] : [inputFinding(report)]), ...nodeFindings('make-dynamic', model, report)];
  },
  apply,
};

function isFixed({ exported }: ImageSizes): boolean {
  return exported.height !== undefined || exported.width !== undefined;
}

function inputFinding(report: FrozenReport): Finding<DynamicChange> {
  const { input, declared, dims } = report.sizes;
  return {
    pass: 'make-dynamic',
    nodes: [input],
    ...because(
      'input-fixed',
      'The input takes pictures of one size and batch only; nothing in the network needs that.',
    ),
    before: `[${declared.map((dim) => String(dim ?? '?')).join(', ')}]`,
    after: formatShape(dims),
    data: { kind: 'input', report },
  };
}

function nodeFindings(pass: string, model: OnnxModel, report: FrozenReport): Finding<DynamicChange>[] {
  return report.frozen
    .filter(({ node }) => model.graph.has(node))
    .map((frozen) => ({
      pass,
      nodes: [nodeLabel(frozen.node)],
      ...because(
        'size-frozen',
        `Sizes of the picture that the model was exported with are written into this ${frozen.node.opType}.`,
        { operator: frozen.node.opType },
      ),
      before: formatShape(frozen.written),
      after: formatShape(frozen.target),
      data: { kind: 'node', report, frozen },
    }));
}

function apply(model: OnnxModel, findings: readonly Finding<DynamicChange>[]): void {
  const [first] = findings;
  if (first === undefined) return;
  const { report } = first.data;
  if (report.obstacles.length > 0) throw sizesFixed(model, report.obstacles);
  const { graph } = model;
  const writer = new SizeWriter(graph, report);
  for (const { data } of findings) if (data.kind === 'node' && graph.has(data.frozen.node)) writer.write(data.frozen);
  const { sizes } = report;
  declareInput(graph, sizes.input, sizes.type, sizes.dims);
  declareOutputs(graph, inferShapes(graph));
}

function sizesFixed(model: OnnxModel, obstacles: readonly string[]): AppError {
  const [first = ''] = obstacles;
  const more = obstacles.length > 1 ? ` (and ${obstacles.length - 1} more)` : '';
  return new AppError('ONNX_SIZES_FIXED', `${model.fileName} cannot run at other sizes: ${first}${more}.`, {
    hint: 'Export the model with dynamic axes for batch, height and width.',
    details: { obstacles: obstacles.length },
  });
}

/** Writes size inputs: 0 and -1 where ONNX allows them, sizes read at run time elsewhere. */
class SizeWriter {
  readonly #graph: Graph;
  readonly #report: FrozenReport;
  /** One-element values by what they hold. */
  readonly #made = new Map<string, string>();

  constructor(graph: Graph, report: FrozenReport) {
    this.#graph = graph;
    this.#report = report;
  }

  write(frozen: FrozenNode): void {
    const { node } = frozen;
    if (isOp(node, 'Reshape')) {
      // With allowzero a 0 would mean an empty axis.
      removeAttribute(node, 'allowzero');
      this.#graph.setInput(node, 1, this.#vector(this.#reshapeTarget(frozen), frozen.order));
      return;
    }
    this.#graph.setInput(node, isOp(node, 'Resize') ? 3 : 1, this.#vector(frozen.target, frozen.order));
  }

  /** 0 keeps the input's size, one -1 is computed from the rest: only what is left needs reading. */
  #reshapeTarget({ target, data, written }: FrozenNode): readonly Dim[] {
    const kept = target.map((dim, axis): Dim => {
      const same = data[axis];
      return typeof dim !== 'number' && same !== undefined && sameDim(dim, same) ? 0 : dim;
    });
    // The one that was -1 already, else the one that takes most arithmetic, else the last.
    const given = written.findIndex((dim, axis) => dim === -1 && typeof target[axis] !== 'number');
    const open = kept.flatMap((dim, axis) => (typeof dim === 'number' ? [] : [axis]));
    const hardest = open.reduce(
      (best, axis) => (this.#cost(kept[axis]) >= this.#cost(kept[best] ?? 0) ? axis : best),
      open[0] ?? -1,
    );
    return kept.map((dim, axis) => (axis === (given >= 0 ? given : hardest) ? -1 : dim));
  }

  #cost(dim: Dim | undefined): number {
    return dim === undefined || typeof dim === 'number' ? 0 : this.#report.partsOf(dim).length;
  }

  #vector(dims: readonly Dim[], order: number): string {
    const parts: (number[] | Exclude<Dim, number>)[] = [];
    for (const dim of dims) {
      const last = parts.at(-1);
      if (typeof dim !== 'number') parts.push(dim);
      else if (Array.isArray(last)) last.push(dim);
      else parts.push([dim]);
    }
    const values = parts.map((part) =>
      Array.isArray(part) ? addIntegers(this.#graph, 'maskforge/sizes', part) : this.#size(part, order),
    );
    const [only = ''] = values;
    return values.length === 1 ? only : addValue(this.#graph, 'Concat', values, { attributes: { axis: 0 } });
  }

  /** @returns an int64 value of one element. */
  #size(dim: Exclude<Dim, number>, order: number): string {
    const known = this.#made.get(dim.key);
    if (known !== undefined) return known;
    const source = this.#report.sources.get(dim.key);
    let value: string;
    if (source === undefined || source.order > order) {
      const factors = this.#report
        .partsOf(dim)
        .map((part) =>
          typeof part === 'number' ? addIntegers(this.#graph, 'maskforge/factor', [part]) : this.#size(part, order),
        );
      if (factors.length < 2) throw new Error(`no value has the size ${dim.key}`);
      value = factors.reduce((product, factor) => addValue(this.#graph, 'Mul', [product, factor]));
    } else
      value = addValue(
        this.#graph,
        'Gather',
        [this.#shape(source.value), addIntegers(this.#graph, 'maskforge/axis', [source.axis])],
        { attributes: { axis: 0 } },
      );
    this.#made.set(dim.key, value);
    return value;
  }

  #shape(value: string): string {
    const key = `shape of ${value}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const shape = addValue(this.#graph, 'Shape', [value]);
    this.#made.set(key, shape);
    return shape;
  }
}
