/**
 * Writes 8-bit precision into a graph, as pairs of QuantizeLinear and DequantizeLinear that TensorRT, TensorRT for RTX and
 * ONNX Runtime understand alike: symmetric, zero point 0, one scale for each activation, one for each output channel of a
 * weight. Weights are stored in 8 bits, but for INT8 convolutions with FP16 around them, whose weights the graph quantises;
 * biases are left alone.
 *
 * How to use it:
 * ```ts
 * const statistics = await collectStatistics(model, { inputs });   // the float32 model, after the passes
 * const { model: quantized, report } = quantizeModel(model, statistics, { method: 'entropy' });
 * ```
 * For the rest in FP16, run the pass `to-float16` on a copy of the float32 model first and quantise that copy with the same
 * statistics: values keep their names, and Q/DQ then carry FP16 scales (the operator set is raised to 19). Migrate outliers
 * before both (`migrateOutliers`), and collect statistics after it, or let it scale them.
 *
 * What is quantised by default: linear layers and dense convolutions. Left alone: attention's products and softmax,
 * LayerNorms, GELU, depthwise convolutions, additions, the classifier. Each is a switch, each decision is in the report.
 */
import { AppError } from '../shared/app-error';
import { copyModel } from '../onnx/copy';
import { DataType, isFloatType } from '../onnx/data-type';
import type { Graph } from '../onnx/graph';
import { shapesOf } from '../onnx/infer-shapes';
import type { OnnxModel } from '../onnx/model';
import { nodeLabel } from '../onnx/node';
import { upgradeOpset } from '../onnx/opset-upgrade';
import type { Reason } from '../onnx/pass';
import { because } from '../onnx/pass';
import { refuseQuantized } from './already-quantized';
import { FORMATS } from './number-format';
import type { NumberFormat } from './number-format';
import { QdqWriter } from './qdq-writer';
import type { MethodOptions, RangeMethod } from './range-method';
import { findSites, rangeSource } from './sites';
import type { Site, SiteKind } from './sites';
import type { StatisticsByValue } from './value-statistics';

export interface QuantizeOptions extends MethodOptions {
  /** How ranges follow from the statistics; `mse` when left out. */
  readonly method?: RangeMethod;
  /** `int8` when left out; `fp8` (E4M3) for devices that compute in it. */
  readonly format?: NumberFormat;
  /** What is quantised beside or instead of the default. */
  readonly kinds?: Partial<Readonly<Record<SiteKind, boolean>>>;
  /** Blocks or names of nodes that are left alone. */
  readonly keep?: readonly string[];
  /** Only these blocks or nodes, where given. */
  readonly only?: readonly string[];
}

export const DEFAULT_KINDS: Readonly<Record<SiteKind, boolean>> = {
  linear: true,
  convolution: true,
  depthwise: false,
  attention: false,
  classifier: false,
  residual: false,
};

/** One place that could be quantised, and why it was or was not. */
export interface SiteReport extends Reason {
  readonly node: string;
  readonly kind: SiteKind;
  readonly block: string;
  readonly isQuantized: boolean;
  /** Ranges of the activations, where it is quantised: the magnitude that becomes the largest 8-bit number. */
  readonly ranges?: readonly number[];
}

export interface QuantizeReport {
  readonly format: NumberFormat;
  readonly method: RangeMethod;
  readonly sites: readonly SiteReport[];
  /** Nodes that compute in 8 bits. */
  readonly quantized: number;
  readonly kept: number;
  /** Pairs of QuantizeLinear and DequantizeLinear on activations; DequantizeLinear on weights, quantised before or by the graph. */
  readonly activationPairs: number;
  readonly weights: number;
}

export interface QuantizeResult {
  readonly model: OnnxModel;
  readonly report: QuantizeReport;
}

/**
 * A copy of the model with Q/DQ in it; the original stays as it is.
 *
 * @throws MODEL_ALREADY_QUANTIZED; CALIBRATION_CACHE_FOREIGN when the statistics know none of the model's values;
 *   QUANTIZATION_NOTHING when the options leave nothing to quantise; ONNX_OPSET_CONVERSION.
 */
export function quantizeModel(
  original: OnnxModel,
  statistics: StatisticsByValue,
  options: QuantizeOptions = {},
): QuantizeResult {
  refuseQuantized(original);
  const format = options.format ?? 'int8';
  const method = options.method ?? 'mse';
  const model = copyModel(original);
  const decisions = findSites(model.graph).map((site) => decide(model.graph, site, statistics, options));
  const chosen = decisions.filter(({ isQuantized }) => isQuantized);
  if (chosen.length === 0) throw nothing(model, decisions);
  const table = shapesOf(model.graph);
  const opset = chosen.some(({ site }) => isNarrow(model.graph, site)) ? 19 : FORMATS[format].opset;
  upgradeOpset(model, opset, (value) => table.rank(value));
  const writer = new QdqWriter(model.graph, { statistics, format, method, methodOptions: options });
  const sites = decisions.map(({ site, isQuantized, why }): SiteReport => {
    const base = { node: nodeLabel(site.node), kind: site.kind, block: site.block, isQuantized, ...why };
    return isQuantized ? { ...base, ranges: writer.write(site) } : base;
  });
  model.graph.dropValueInfo();
  model.graph.removeDeadNodes();
  model.graph.sort();
  const { activationPairs, weights } = writer;
  const quantized = chosen.length;
  return {
    model,
    report: { format, method, sites, quantized, kept: sites.length - quantized, activationPairs, weights },
  };
}

interface Decision {
  readonly site: Site;
  readonly isQuantized: boolean;
  readonly why: Reason;
  readonly isUnknown?: boolean;
}

function decide(graph: Graph, site: Site, statistics: StatisticsByValue, options: QuantizeOptions): Decision {
  const names = [site.block, nodeLabel(site.node)];
  const kinds = { ...DEFAULT_KINDS, ...options.kinds };
  if (!kinds[site.kind]) return { site, isQuantized: false, why: KEPT[site.kind] };
  if (options.keep?.some((name) => names.includes(name)) === true) {
    return { site, isQuantized: false, why: ASKED };
  }
  if (options.only?.some((name) => names.includes(name)) === false) {
    return { site, isQuantized: false, why: NOT_ASKED };
  }
  const values = site.activations.map((index) => site.node.input[index] ?? '');
  const unknown = values.find((value) => !statistics.has(rangeSource(graph, value)));
  if (unknown !== undefined) {
    const why = because('kept-unknown', `Kept: the calibration says nothing about ${unknown}.`, { value: unknown });
    return { site, isQuantized: false, isUnknown: true, why };
  }
  return { site, isQuantized: true, why: QUANTIZED[site.kind] };
}

const ASKED = because('kept-as-asked', 'Kept in higher precision because it was asked for.');
const NOT_ASKED = because('kept-not-asked', 'Kept: only other parts were asked for.');

const QUANTIZED: Readonly<Record<SiteKind, Reason>> = {
  linear: because(
    'quantised-linear',
    'A matrix product with constant weights: with its input and its weights in 8 bits it runs on integer tensor cores, its bias and what follows in higher precision.',
  ),
  convolution: because(
    'quantised-convolution',
    'A dense convolution: with its input and its weights in 8 bits it runs on integer tensor cores, and its weights take a quarter of the space.',
  ),
  depthwise: because(
    'quantised-depthwise',
    'A depthwise convolution, quantised because it was asked for: it is bound by memory, which 8 bits halve.',
  ),
  attention: because(
    'quantised-attention',
    "A product of two activations, quantised because it was asked for; it may break up the device's fused attention.",
  ),
  classifier: because(
    'quantised-classifier',
    'The last layer, quantised because it was asked for: its rounding reaches the mask directly.',
  ),
  residual: because(
    'quantised-residual',
    'An addition of two branches, quantised because it was asked for: both inputs share one scale, so that they add up without rescaling.',
  ),
};

const KEPT: Readonly<Record<SiteKind, Reason>> = {
  linear: because('kept-linear', 'Kept: linear layers were left out.'),
  convolution: because('kept-convolution', 'Kept: convolutions were left out.'),
  depthwise: because(
    'kept-depthwise',
    'Kept: a depthwise convolution does so little arithmetic for each byte that integers do not speed it up, and each channel would need a range of its own.',
  ),
  attention: because(
    'kept-attention',
    "Kept: Q/DQ between attention's products can keep the device from fusing them with the softmax.",
  ),
  classifier: because(
    'kept-classifier',
    'Kept: the rounding of the last layer would reach the mask directly, and it is a small part of the work.',
  ),
  residual: because('kept-residual', 'Kept: additions gain nothing unless both of their inputs are 8 bits anyway.'),
};

/** True when the site computes in 16 bits: its scales then are of 16 bits too, which operator set 19 brought. */
function isNarrow(graph: Graph, { node, activations }: Site): boolean {
  const type = shapesOf(graph).elementType(node.input[activations[0] ?? 0]);
  return isFloatType(type) && type !== DataType.FLOAT;
}

function nothing(model: OnnxModel, decisions: readonly Decision[]): AppError {
  const details = { model: model.fileName };
  if (decisions.some(({ isUnknown }) => isUnknown === true)) {
    return new AppError(
      'CALIBRATION_CACHE_FOREIGN',
      `The calibration knows none of the values of ${model.fileName}: it was made for another model, or before other passes.`,
      { hint: 'Calibrate this very model again.', details },
    );
  }
  const kinds = [...new Set(decisions.map(({ site }) => site.kind))].join(', ');
  const has = kinds === '' ? 'It has no layer that could be.' : `Its layers are of these kinds: ${kinds}.`;
  return new AppError(
    'QUANTIZATION_NOTHING',
    `With these settings nothing of ${model.fileName} would be quantised. ${has}`,
    {
      hint: 'Build in another precision, leave more blocks to 8 bits, or name more kinds of layers: --layers.',
      details,
    },
  );
}
