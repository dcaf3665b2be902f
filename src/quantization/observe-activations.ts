import { create } from '@bufbuild/protobuf';
import { AppError } from '../shared/app-error';
import { addReduce } from '../onnx/build';
import { copyModel } from '../onnx/copy';
import { DataType } from '../onnx/data-type';
import { ValueInfoProtoSchema } from '../onnx/generated/onnx_pb';
import type { Graph } from '../onnx/graph';
import { shapesOf } from '../onnx/infer-shapes';
import type { OnnxModel } from '../onnx/model';
import { isOp } from '../onnx/node';
import { upgradeOpset } from '../onnx/opset-upgrade';
import { addValue } from '../onnx/passes/rewrite';
import { readDeclaredType } from '../onnx/value-type';
import { findSites, rangeSource } from './sites';
import type { Site, SiteKind } from './sites';

/** The added outputs that tell about one value. */
export interface Probe {
  readonly value: string;
  /** Smallest and largest number: of each channel where a LayerNorm made the value, else of all. */
  readonly low: string;
  readonly high: string;
  /** Every n-th element, in one row. */
  readonly sample: string;
}

export interface Observed {
  readonly model: OnnxModel;
  readonly probes: readonly Probe[];
  /** One number for each of the network's own outputs: its sum, which no NaN or infinity escapes. */
  readonly sums: readonly string[];
  /** All that was added, for the runtime to fetch: the network's own outputs are not among it. */
  readonly outputs: readonly string[];
  /** Name of an added int64 [1] input: the element at which samples begin, modulo the step. */
  readonly offset: string;
}

export interface ObserveOptions {
  /** Layers whose inputs are looked at. */
  readonly kinds: readonly SiteKind[];
  /** Which values' extremes are told channel by channel. */
  readonly channels: 'norms' | 'all';
  /** About so many elements of each value are sampled. */
  readonly sampleSize: number;
}

/** Reductions, Slice and Max on integers in the forms that are written here. */
const LEAST_OPSET = 13;

/**
 * A copy of the model with outputs about every activation that the kinds of layers read. A value that was only moved or
 * reshaped is known by the name it had before.
 *
 * @throws CALIBRATION_NOTHING when there is none.
 */
export function observeActivations(original: OnnxModel, what: ObserveOptions): Observed {
  const { kinds, channels, sampleSize } = what;
  const model = copyModel(original);
  const table = shapesOf(model.graph);
  upgradeOpset(model, LEAST_OPSET, (value) => table.rank(value));
  const { graph } = model;
  const seen = observedValues(graph, kinds);
  if (seen.size === 0) {
    throw new AppError('CALIBRATION_NOTHING', `${model.fileName} has no layer that could compute in 8 bits.`, {
      hint: 'Only convolutions and matrix products with float weights are quantised.',
      details: { model: model.fileName },
    });
  }
  const shapes = shapesOf(graph);
  const offset = graph.uniqueName('maskforge/offset');
  const added = [...seen].map(([value, { tensor, axis }]) => ({ value, tensor, axis, rank: shapes.rank(tensor) }));
  const ownOutputs = graph.outputs.filter(({ type }) => readDeclaredType(type)?.type === DataType.FLOAT);
  const sums = ownOutputs.map(({ name }) => addValue(graph, 'ReduceSum', [name], { attributes: { keepdims: 0 } }));
  graph.addInput(offset, DataType.INT64, [1]);
  const sampler = new Sampler(graph, offset, sampleSize);
  const probes = added.map(({ value, tensor, axis, rank }): Probe => {
    // Channel by channel only where outliers may be migrated: over all at once it is up to forty times as fast.
    const isAsked = channels === 'all' || isOp(graph.producer(value), 'LayerNormalization');
    const isPerChannel = rank !== undefined && isAsked;
    const axes = isPerChannel ? [...Array(rank).keys()].filter((each) => each !== axis) : [];
    return { value, ...extremes(graph, tensor, axes), sample: sampler.add(tensor) };
  });
  const outputs = [...sums, ...probes.flatMap(({ low, high, sample }) => [low, high, sample])];
  for (const name of outputs) graph.exposeValue(create(ValueInfoProtoSchema, { name }));
  return { model, probes, sums, outputs, offset };
}

interface Seen {
  /** The tensor that is looked at. */
  readonly tensor: string;
  /** Its axis of channels. */
  readonly axis: number;
}

function observedValues(graph: Graph, kinds: readonly SiteKind[]): Map<string, Seen> {
  const shapes = shapesOf(graph);
  const seen = new Map<string, Seen>();
  for (const site of findSites(graph)) {
    if (!kinds.includes(site.kind)) continue;
    for (const index of site.activations) {
      const tensor = site.node.input[index] ?? '';
      if (shapes.elementType(tensor) !== DataType.FLOAT) continue;
      const value = rangeSource(graph, tensor);
      const known = seen.get(value);
      // Channels are told best where the value is read as it is.
      if (known === undefined || (known.tensor !== value && tensor === value)) {
        seen.set(value, { tensor, axis: channelAxis(site, shapes.rank(tensor) ?? 1) });
      }
    }
  }
  return seen;
}

function channelAxis(site: Site, rank: number): number {
  const isPlanes = isOp(site.node, 'Conv') || (site.kind === 'residual' && rank === 4);
  return isPlanes ? 1 : rank - 1;
}

function extremes(graph: Graph, tensor: string, axes: readonly number[]): { low: string; high: string } {
  const reduce = (opType: 'ReduceMin' | 'ReduceMax'): string =>
    axes.length === 0
      ? addValue(graph, opType, [tensor], { attributes: { keepdims: 0 } })
      : addReduce(graph, opType, tensor, axes, false);
  return { low: reduce('ReduceMin'), high: reduce('ReduceMax') };
}

/** Adds `flat[offset mod step :: step]`, the step being odd, so that it does not beat with the channels. */
class Sampler {
  readonly #graph: Graph;
  readonly #offset: string;
  readonly #names: Readonly<Record<'flat' | 'twice' | 'two' | 'one' | 'zero' | 'end', string>>;

  constructor(graph: Graph, offset: string, size: number) {
    this.#graph = graph;
    this.#offset = offset;
    const number = (name: string, value: bigint): string =>
      graph.addInitializer(`maskforge/${name}`, DataType.INT64, [1], BigInt64Array.of(value));
    this.#names = {
      flat: number('flat', -1n),
      twice: number('sample_size', BigInt(2 * size)),
      two: number('two', 2n),
      one: number('one', 1n),
      zero: number('zero', 0n),
      end: number('end', 2n ** 62n),
    };
  }

  add(tensor: string): string {
    const graph = this.#graph;
    const { flat, twice, two, one, zero, end } = this.#names;
    const row = addValue(graph, 'Reshape', [tensor, flat]);
    const count = addValue(graph, 'Shape', [row]);
    const half = addValue(graph, 'Div', [count, twice]);
    const step = addValue(graph, 'Add', [addValue(graph, 'Mul', [half, two]), one]);
    const start = addValue(graph, 'Mod', [this.#offset, step]);
    return addValue(graph, 'Slice', [row, start, end, zero, step]);
  }
}
