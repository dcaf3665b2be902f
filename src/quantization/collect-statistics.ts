import { AppError } from '../shared/app-error';
import type { OnnxModel } from '../onnx/model';
import { loadOrt } from '../onnx/load-ort';
import type { OrtTensor } from '../onnx/ort';
import { ModelRunner } from '../onnx/verify/runner';
import type { Result } from '../onnx/verify/runner';
import { refuseQuantized } from './already-quantized';
import { observeActivations } from './observe-activations';
import type { Observed } from './observe-activations';
import type { SiteKind } from './sites';
import { ValueStatistics } from './value-statistics';

/** What a network is fed for one picture. */
export interface CalibrationInput {
  /** For messages: the file's name. */
  readonly label: string;
  readonly feeds: Readonly<Record<string, OrtTensor>>;
}

export interface CollectOptions {
  readonly inputs: Iterable<CalibrationInput> | AsyncIterable<CalibrationInput>;
  /** Collected before, over other pictures: goes on from there. Changed in place. */
  readonly statistics?: Map<string, ValueStatistics>;
  /** How many inputs those were made from. */
  readonly inputsBefore?: number;
  /** Layers whose inputs are looked at; all but `attention` and `residual` when left out: their values are the largest. */
  readonly kinds?: readonly SiteKind[];
  /** Which values' extremes are told channel by channel: those that LayerNorms make, unless all are asked for (slow). */
  readonly channels?: 'norms' | 'all';
  /** Elements of each value that enter its histogram for each picture; {@link SAMPLES_PER_PICTURE} when left out. Extremes count all. */
  readonly samplesPerPicture?: number;
  /** Processor threads; the runtime decides when left out. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** After each picture: what it was, and what is known so far. A rejection ends the collection. */
  readonly onInput?: (label: string, statistics: ReadonlyMap<string, ValueStatistics>) => void | Promise<void>;
}

/** Layers whose inputs are looked at unless others are asked for. */
export const DEFAULT_COLLECTED: readonly SiteKind[] = ['linear', 'convolution', 'depthwise', 'classifier'];

export const SAMPLES_PER_PICTURE = 4096;

/**
 * Runs the pictures through the model on ONNX Runtime and keeps, for every activation that could be quantised, its
 * extremes per channel and a histogram of magnitudes. Both are taken inside the graph: what leaves the runtime is a few
 * numbers per channel and a sample, never a feature map, so that memory does not grow with pictures.
 *
 * The histogram's sample is every n-th element, from another one for each picture.
 *
 * @param model in float32, as the passes left it and before precision is written into it.
 * @throws MODEL_ALREADY_QUANTIZED, CALIBRATION_NOTHING (no activation to quantise), CALIBRATION_NOT_FINITE.
 */
export async function collectStatistics(
  model: OnnxModel,
  options: CollectOptions,
): Promise<Map<string, ValueStatistics>> {
  refuseQuantized(model);
  const observed = observeActivations(model, {
    kinds: options.kinds ?? DEFAULT_COLLECTED,
    channels: options.channels ?? 'norms',
    sampleSize: options.samplesPerPicture ?? SAMPLES_PER_PICTURE,
  });
  const statistics = options.statistics ?? new Map<string, ValueStatistics>();
  const { threads } = options;
  // Many runs: memory that is kept from one to the next, and weights in the order of the kernels, save a fifth of them.
  const runner = await ModelRunner.open(observed.model, {
    optimise: true,
    isFrugal: false,
    isPatient: true,
    ...(threads === undefined ? {} : { threads }),
  });
  let index = options.inputsBefore ?? 0;
  try {
    for await (const { label, feeds } of options.inputs) {
      options.signal?.throwIfAborted();
      const results = await runner.run({ ...feeds, ...(await offsetFeed(observed, index)) }, observed.outputs);
      checkFinite(model, label, observed, results);
      for (const probe of observed.probes) {
        const entry = statistics.get(probe.value) ?? new ValueStatistics();
        statistics.set(probe.value, entry);
        const [low, high, sample] = [probe.low, probe.high, probe.sample].map((name) => results.get(name)?.data ?? []);
        entry.add(low ?? [], high ?? [], asFloats(sample ?? []));
      }
      index += 1;
      await options.onInput?.(label, statistics);
    }
  } finally {
    await runner.close();
  }
  return statistics;
}

/** Another element to start from for each picture, so that over many no position is left out. */
async function offsetFeed({ offset }: Observed, index: number): Promise<Record<string, OrtTensor>> {
  const { Tensor } = await loadOrt();
  return { [offset]: new Tensor('int64', BigInt64Array.of(BigInt((index * 7919) % 1_000_003)), [1]) };
}

function checkFinite(model: OnnxModel, label: string, observed: Observed, results: ReadonlyMap<string, Result>): void {
  const names = [...observed.sums, ...observed.probes.flatMap(({ low, high }) => [low, high])];
  for (const name of names) {
    const numbers = results.get(name)?.data ?? [];
    for (let index = 0; index < numbers.length; index += 1) {
      if (Number.isFinite(numbers[index])) continue;
      throw new AppError(
        'CALIBRATION_NOT_FINITE',
        `${model.fileName} computes values that are no finite numbers (NaN or infinity) on ${label}.`,
        {
          hint: 'Nothing can be calibrated on such values. Check the model with ordinary pictures, its preprocessing, or export it again in float32.',
          details: { model: model.fileName, picture: label },
        },
      );
    }
  }
}

function asFloats(data: ArrayLike<number>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}
