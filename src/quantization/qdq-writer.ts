import { DataType } from '../onnx/data-type';
import { numberToBfloat16, numberToFloat16, bfloat16ToNumber, float16ToNumber } from '../onnx/half-float';
import type { NodeProto } from '../onnx/generated/onnx_pb';
import type { Graph } from '../onnx/graph';
import { shapesOf } from '../onnx/infer-shapes';
import type { ShapeTable } from '../onnx/infer-shapes';
import { addValue } from '../onnx/passes/rewrite';
import { makeTensor, toNumbers } from '../onnx/tensor';
import type { Constant } from '../onnx/tensor';
import { FORMATS } from './number-format';
import type { NumberFormat } from './number-format';
import type { MethodOptions, RangeMethod } from './range-method';
import { rangeSource } from './sites';
import type { Site, SiteWeight } from './sites';
import type { StatisticsByValue } from './value-statistics';

export interface QdqSettings {
  readonly statistics: StatisticsByValue;
  readonly format: NumberFormat;
  readonly method: RangeMethod;
  readonly methodOptions: MethodOptions;
}

/** Puts Q/DQ before the inputs of sites. One pair serves all who read a value with the same range. */
export class QdqWriter {
  readonly #graph: Graph;
  readonly #settings: QdqSettings;
  /** Types before anything was written: what is added has its inputs' types. */
  readonly #types: ShapeTable;
  readonly #pairs = new Map<string, string>();
  readonly #weights = new Map<string, string>();
  readonly #ranges = new Map<string, number>();

  constructor(graph: Graph, settings: QdqSettings) {
    this.#graph = graph;
    this.#settings = settings;
    this.#types = shapesOf(graph);
  }

  get activationPairs(): number {
    return this.#pairs.size;
  }

  get weights(): number {
    return this.#weights.size;
  }

  /** @returns the ranges of the site's activations */
  write(site: Site): number[] {
    const { node, weight } = site;
    const values = site.activations.map((index) => node.input[index] ?? '');
    const own = values.map((value) => this.#rangeOf(value));
    // What is added up must be in the same steps.
    const ranges = site.kind === 'residual' ? own.map(() => Math.max(...own)) : own;
    const type = this.#types.elementType(values[0]);
    for (const [at, index] of site.activations.entries()) {
      this.#graph.setInput(node, index, this.#quantized(values[at] ?? '', ranges[at] ?? 0, type));
    }
    if (weight !== undefined) {
      const name = node.input[weight.index] ?? '';
      this.#graph.setInput(node, weight.index, this.#quantizedWeight(node, name, weight, type));
    }
    return ranges;
  }

  #rangeOf(value: string): number {
    const source = rangeSource(this.#graph, value);
    let range = this.#ranges.get(source);
    if (range === undefined) {
      const { statistics, method, methodOptions } = this.#settings;
      range = statistics.get(source)?.range(method, methodOptions) ?? 0;
      this.#ranges.set(source, range);
    }
    return range;
  }

  #quantized(value: string, range: number, type: DataType): string {
    const key = `${value} ${range}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const format = FORMATS[this.#settings.format];
    const scale = roundTo(type, scaleOf(range, format.largest));
    const scaleName = graph.addInitializer(`${value}_scale`, type, [], [scale]);
    const zero = graph.addInitializer(`${value}_zero_point`, format.type, [], Uint8Array.of(0));
    const narrow = addValue(graph, 'QuantizeLinear', [value, scaleName, zero], { name: `${value}_quantize` });
    const wide = addValue(graph, 'DequantizeLinear', [narrow, scaleName, zero], { name: `${value}_dequantize` });
    this.#pairs.set(key, wide);
    return wide;
  }

  #quantizedWeight(node: NodeProto, name: string, { axis }: SiteWeight, type: DataType): string {
    const { format } = this.#settings;
    const byGraph = format === 'int8' && isQuantizedByGraph(node, type);
    const key = `${name} ${axis} ${byGraph}`;
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const graph = this.#graph;
    const constant = graph.constant(name);
    if (constant === undefined) throw new Error(`${name} is no constant`);
    const facts = FORMATS[format];
    // TensorRT takes 8-bit floats with one scale for the whole weight only.
    const channels = channelsOf(constant, format === 'fp8' ? undefined : axis);
    const scales = channelScales(channels, facts.largest, type);
    const perChannel = scales.length > 1 || format !== 'fp8';
    const dims = perChannel ? [scales.length] : [];
    const scale = graph.addInitializer(`${name}_scale`, type, dims, scales);
    const zeros = new Uint8Array(scales.length);
    const zero = graph.addInitializer(`${name}_zero_point`, facts.type, dims, zeros);
    const attributes = perChannel ? { axis } : {};
    let narrow: string;
    if (byGraph) {
      narrow = addValue(graph, 'QuantizeLinear', [name, scale, zero], { name: `${name}_quantize`, attributes });
    } else {
      narrow = graph.uniqueName(`${name}_${format}`);
      graph.setInitializer(makeTensor(narrow, facts.type, constant.dims, encoded(channels, scales, facts.encode)));
    }
    const wide = addValue(graph, 'DequantizeLinear', [narrow, scale, zero], { name: `${name}_dequantize`, attributes });
    this.#weights.set(key, wide);
    return wide;
  }
}

/**
 * TensorRT 10.6 computed a SegFormer's INT8 convolutions wrongly, on an H200, when their FP16 scales stood beside weights that
 * were stored in 8 bits and there were many of them; one scale for a whole weight, FP32, any few of them, or weights that the
 * graph quantises itself (which the builder does once) gave the right masks. Linear layers were right either way.
 */
function isQuantizedByGraph({ opType }: NodeProto, type: DataType): boolean {
  return opType === 'Conv' && type === DataType.FLOAT16;
}

/** A weight's numbers, and how they fall into channels. */
interface Channels {
  readonly numbers: ArrayLike<number>;
  readonly count: number;
  /** Numbers that lie together, of one channel each. */
  readonly inner: number;
}

/** @param axis of output channels, each of which gets its own scale; one for all when left out. */
function channelsOf(constant: Constant, axis: number | undefined): Channels {
  const numbers = toNumbers(constant);
  if (axis === undefined) return { numbers, count: 1, inner: numbers.length };
  const { dims } = constant;
  return { numbers, count: dims[axis] ?? 1, inner: dims.slice(axis + 1).reduce((product, dim) => product * dim, 1) };
}

function channelScales({ numbers, count, inner }: Channels, largest: number, type: DataType): Float32Array {
  const magnitudes = new Float64Array(count);
  for (let index = 0; index < numbers.length; index += 1) {
    const channel = Math.floor(index / inner) % count;
    const magnitude = Math.abs(numbers[index] ?? 0);
    if (magnitude > (magnitudes[channel] ?? 0)) magnitudes[channel] = magnitude;
  }
  return Float32Array.from(magnitudes, (magnitude) => roundTo(type, scaleOf(magnitude, largest)));
}

function encoded(
  { numbers, count, inner }: Channels,
  scales: Float32Array,
  encode: (value: number) => number,
): Uint8Array {
  const bytes = new Uint8Array(numbers.length);
  for (let index = 0; index < numbers.length; index += 1) {
    const scale = scales[Math.floor(index / inner) % count] ?? 1;
    bytes[index] = encode((numbers[index] ?? 0) / scale);
  }
  return bytes;
}

/** What is nothing but zeros may have any scale. */
function scaleOf(range: number, largest: number): number {
  return range > 0 ? range / largest : 1;
}

/** The scale as the graph will hold it: weights are quantised with that, so that its rounding costs nothing. */
function roundTo(type: DataType, scale: number): number {
  if (type === DataType.FLOAT16) return Math.max(float16ToNumber(numberToFloat16(scale)), 2 ** -24);
  if (type === DataType.BFLOAT16) return bfloat16ToNumber(numberToBfloat16(scale));
  return Math.max(Math.fround(scale), 2 ** -126);
}
