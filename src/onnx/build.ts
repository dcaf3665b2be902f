import { DataType } from './data-type';
import type { Graph } from './graph';
import type { AttributeValue } from './node';

/*
 * Adds operators whose attributes became inputs from one operator set to the next, in the form that the model's own
 * operator set wants. Each returns the name of the value it makes.
 */

export interface BuildOptions {
  /** Name of the node; made unique. */
  readonly name?: string;
  /** Name of the result; must be free. */
  readonly output?: string;
}

export function add(
  graph: Graph,
  opType: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue | undefined>> = {},
  options: BuildOptions = {},
): string {
  const node = graph.addNode(opType, inputs, {
    attributes,
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.output === undefined ? {} : { outputs: [options.output] }),
  });
  return node.output[0] ?? '';
}

export function addCast(graph: Graph, value: string, to: DataType, options?: BuildOptions): string {
  return add(graph, 'Cast', [value], { to }, options);
}

/** An int64 vector as an initialiser. */
export function addIntegers(graph: Graph, name: string, values: readonly number[]): string {
  return graph.addInitializer(name, DataType.INT64, [values.length], values);
}

/** Elements `start` to `end` (step 1) of one axis. */
export function addSlice(
  graph: Graph,
  value: string,
  range: { readonly axis: number; readonly start: number; readonly end: number; readonly step?: number },
  options?: BuildOptions,
): string {
  const { axis, start, end, step = 1 } = range;
  if (opsetOf(graph) < 10) {
    if (step !== 1) throw new Error('Slice has steps from operator set 10 on');
    return add(graph, 'Slice', [value], { axes: [axis], starts: [start], ends: [end] }, options);
  }
  const inputs = [value];
  for (const [name, number] of Object.entries({ starts: start, ends: end, axes: axis, steps: step })) {
    inputs.push(addIntegers(graph, `maskforge/${name}`, [number]));
  }
  return add(graph, 'Slice', inputs, {}, options);
}

export function addUnsqueeze(graph: Graph, value: string, axes: readonly number[], options?: BuildOptions): string {
  return addWithAxes(graph, 'Unsqueeze', value, axes, { from: 13 }, options);
}

export function addSqueeze(graph: Graph, value: string, axes: readonly number[], options?: BuildOptions): string {
  return addWithAxes(graph, 'Squeeze', value, axes, { from: 13 }, options);
}

export function addReduce(
  graph: Graph,
  opType: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin',
  value: string,
  axes: readonly number[],
  keepDims: boolean,
  options?: BuildOptions,
): string {
  const from = opType === 'ReduceSum' ? 13 : 18;
  return addWithAxes(graph, opType, value, axes, { from, attributes: { keepdims: keepDims ? 1 : 0 } }, options);
}

/**
 * Bilinear resize of [N, C, h, w] to the last two elements of `sizes` (int64 [4]), pixel centres as PyTorch's
 * `interpolate(align_corners=False)`. Needs operator set 11.
 */
export function addBilinearResize(graph: Graph, value: string, sizes: string, options?: BuildOptions): string {
  const attributes = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  // Before operator set 13 the region and the scales cannot be left out, only be empty.
  const unused = opsetOf(graph) < 13 ? graph.addInitializer('maskforge/unused', DataType.FLOAT, [0], []) : '';
  return add(graph, 'Resize', [value, unused, unused, sizes], attributes, options);
}

function addWithAxes(
  graph: Graph,
  opType: string,
  value: string,
  axes: readonly number[],
  form: { readonly from: number; readonly attributes?: Readonly<Record<string, AttributeValue>> },
  options?: BuildOptions,
): string {
  if (opsetOf(graph) < form.from) return add(graph, opType, [value], { axes, ...form.attributes }, options);
  return add(graph, opType, [value, addIntegers(graph, 'maskforge/axes', axes)], form.attributes, options);
}

function opsetOf(graph: Graph): number {
  return graph.opset() ?? 0;
}
