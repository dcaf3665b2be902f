import type { OnnxModel } from '../onnx/model';
import { toNumbers } from '../onnx/tensor';
import type { NumberFormat } from './number-format';
import { relativeError } from './range-method';
import type { RangeMethod } from './range-method';
import { findSites, rangeSource } from './sites';
import type { Site, SiteKind } from './sites';
import type { StatisticsByValue } from './value-statistics';

export interface NoiseOptions {
  readonly format: NumberFormat;
  readonly method: RangeMethod;
  readonly kinds: readonly SiteKind[];
}

/** Three bits of mantissa: an even spread over half a step, relative to the middle of a binade. */
const FLOAT8_ERROR = (2 ** -4 / 1.5) ** 2 / 3;
const LEVELS = 127;

/**
 * What rounding to 8 bits does to each block: the mean square error of a layer's weights and activations relative to their own
 * mean squares, of the layer where that is most. An estimate of the harm to masks that needs no run of the network: errors
 * that cancel out, or that a later layer amplifies, are not seen. Adding up over a block's layers, or their mean, tells less:
 * attention has more layers than the feed-forward part, and the softmax forgives much.
 *
 * @param model in higher precision; @param statistics of the same values
 */
export function roundingNoise(
  model: OnnxModel,
  statistics: StatisticsByValue,
  { format, method, kinds }: NoiseOptions,
): Map<string, number> {
  const noise = new Map<string, number>();
  const ofValue = new Map<string, number>();
  for (const site of findSites(model.graph)) {
    if (!kinds.includes(site.kind)) continue;
    const activations = site.activations.map((index) => {
      const source = rangeSource(model.graph, site.node.input[index] ?? '');
      const known = ofValue.get(source);
      if (known !== undefined) return known;
      const values = statistics.get(source);
      const error = values === undefined ? 0 : activationError(values, { format, method });
      ofValue.set(source, error);
      return error;
    });
    const error = activations.reduce((sum, each) => sum + each, weightError(model, site, format));
    noise.set(site.block, Math.max(error, noise.get(site.block) ?? 0));
  }
  return noise;
}

function activationError(
  values: { readonly histogram: Parameters<typeof relativeError>[0]; range(method: RangeMethod): number },
  { format, method }: Pick<NoiseOptions, 'format' | 'method'>,
): number {
  return format === 'fp8' ? FLOAT8_ERROR : relativeError(values.histogram, values.range(method));
}

/** Each output channel has a scale of its own. */
function weightError({ graph }: OnnxModel, { node, weight }: Site, format: NumberFormat): number {
  if (weight === undefined) return 0;
  if (format === 'fp8') return FLOAT8_ERROR;
  const constant = graph.constant(node.input[weight.index]);
  if (constant === undefined) return 0;
  const values = toNumbers(constant);
  const channels = constant.dims[weight.axis] ?? 1;
  const inner = constant.dims.slice(weight.axis + 1).reduce((product, dim) => product * dim, 1);
  const largest = new Float64Array(channels);
  let power = 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    const channel = Math.floor(at / inner) % channels;
    largest[channel] = Math.max(largest[channel] ?? 0, Math.abs(value));
    power += value * value;
  }
  const each = values.length / channels;
  const error = largest.reduce((sum, magnitude) => sum + ((magnitude / LEVELS) ** 2 / 12) * each, 0);
  return power === 0 ? 0 : error / power;
}
