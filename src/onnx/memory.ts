import { isFloatType } from './data-type';
import type { Graph } from './graph';
import { inferShapes } from './infer-shapes';
import type { ShapeTable } from './infer-shapes';
import type { OnnxModel } from './model';
import { isOp } from './node';
import { elementCount, tensorDims } from './tensor';
import { imageInputOf } from './verify/samples';

export interface MemoryNeed {
  /** Bytes of the constants. */
  readonly weights: number;
  /** Bytes of the values that are alive at the fullest moment, where each is given up after its last reader. */
  readonly activations: number;
  /** Bytes of the picture as the graph takes it. */
  readonly input: number;
  /** Nodes with an output whose size could not be told; it was left out. */
  readonly unknown: number;
}

export interface MemoryOptions {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** Bytes that a float takes, among weights and among activations: less than 4 in narrow precisions. */
  readonly weightFloat: number;
  readonly activationFloat: number;
}

/** Moves nothing: its output is its input under another name. */
const VIEWS = ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout'];

const OTHER_BYTES = 4;

/** An estimate from shapes alone; undefined for a model that takes no picture. Fixed sizes of the model's hold. */
export function memoryNeed(model: OnnxModel, options: MemoryOptions): MemoryNeed | undefined {
  const { graph } = model;
  const image = imageInputOf(model);
  if (image === undefined) return undefined;
  const [batch, height, width] = [
    image.batch ?? options.batch,
    image.height ?? options.height,
    image.width ?? options.width,
  ];
  const dims =
    image.layout === 'NCHW' ? [batch, image.channels, height, width] : [batch, height, width, image.channels];
  const table = inferShapes(graph, { inputs: new Map([[image.name, dims]]) });
  const bytes = (value: string): number | undefined => bytesOf(table, value, options.activationFloat);
  const weights = [...graph.initializers.values()].reduce((sum, tensor) => {
    const each = isFloatType(tensor.dataType) ? options.weightFloat : OTHER_BYTES;
    return sum + elementCount(tensorDims(tensor)) * each;
  }, 0);
  return { weights, input: bytes(image.name) ?? 0, ...fullest(graph, bytes) };
}

/** Walks the graph in order, with each value alive from its maker to its last reader. */
function fullest(
  graph: Graph,
  bytes: (value: string) => number | undefined,
): Pick<MemoryNeed, 'activations' | 'unknown'> {
  graph.sort();
  const sourceOf = new Map<string, string>();
  const source = (value: string): string => sourceOf.get(value) ?? value;
  const lastUse = new Map<string, number>();
  for (const [index, node] of graph.nodes.entries()) {
    const [from = ''] = node.input;
    if (isOp(node, ...VIEWS) && !graph.isConstant(from)) sourceOf.set(node.output[0] ?? '', source(from));
    for (const value of node.input) lastUse.set(source(value), index);
  }
  for (const { name } of graph.outputs) lastUse.set(source(name), graph.nodes.length);
  const alive = new Map<string, number>(graph.inputs.map(({ name }) => [name, bytes(name) ?? 0]));
  let [now, most, unknown] = [sum(alive.values()), 0, 0];
  for (const [index, node] of graph.nodes.entries()) {
    if (isOp(node, 'Constant')) continue;
    for (const value of node.output) {
      if (value === '' || sourceOf.has(value)) continue;
      const size = bytes(value);
      if (size === undefined) unknown += 1;
      alive.set(value, size ?? 0);
      now += size ?? 0;
    }
    most = Math.max(most, now);
    for (const value of new Set([...node.input.map(source), ...node.output.map(source)])) {
      if ((lastUse.get(value) ?? index) > index) continue;
      now -= alive.get(value) ?? 0;
      alive.delete(value);
    }
  }
  return { activations: most, unknown };
}

function bytesOf(table: ShapeTable, value: string, floatBytes: number): number | undefined {
  const dims = table.dims(value);
  if (dims === undefined) return undefined;
  const numbers = dims.filter((dim): dim is number => typeof dim === 'number');
  if (numbers.length < dims.length) return undefined;
  return elementCount(numbers) * (isFloatType(table.elementType(value)) ? floatBytes : OTHER_BYTES);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}
