import { isAbort } from '../shared/app-error';
import { describeIo } from './describe-io';
import type { ModelIo } from './describe-io';
import { dataTypeFacts } from './data-type';
import type { OnnxModel } from './model';
import type { Tolerance } from './pass';
import { findDivergence } from './verify/divergence';
import type { Divergence } from './verify/divergence';
import { agreement, DifferenceSum, resizeBilinear, winners } from './verify/metrics';
import type { Difference, Logits } from './verify/metrics';
import { ModelRunner } from './verify/runner';
import type { Result } from './verify/runner';
import { feedsFor, IMAGENET_FORM, sampleSize } from './verify/samples';
import type { PixelForm, Sample } from './verify/samples';
import { readDeclaredType } from './value-type';

export interface VerifyOptions {
  readonly samples: Iterable<Sample> | AsyncIterable<Sample>;
  /** How pixels become a network's floats; ImageNet's when left out. The same for both models. */
  readonly form?: PixelForm;
  /** Largest difference that still counts as equal, relative to the largest magnitude of the reference. */
  readonly tolerance?: Tolerance;
  /** Also looks for the first layer whose results differ by more than the tolerance, if the outputs do. */
  readonly findDivergence?: boolean;
  readonly signal?: AbortSignal;
  readonly onSample?: (label: string, index: number) => void;
}

export interface OutputVerdict {
  /** Name in the reference, and in the other model where it is another. */
  readonly output: string;
  readonly counterpart: string;
  /** Absent when the two are of different kinds (logits and mask): then agreement is all there is to compare. */
  readonly difference?: Difference;
  /** The two shapes, where they are not the same; nothing was compared then. */
  readonly mismatch?: string;
}

export interface Verdict {
  readonly isEqual: boolean;
  readonly tolerance: Tolerance;
  readonly samples: readonly string[];
  readonly outputs: readonly OutputVerdict[];
  /** Share of pixels with the same class, where both models segment. */
  readonly pixelAgreement: number | undefined;
  readonly divergence: Divergence | undefined;
  readonly milliseconds: { readonly reference: number; readonly other: number };
}

export const DEFAULT_TOLERANCE: Tolerance = { relative: 1e-4 };

/**
 * Runs both models on ONNX Runtime, without its optimiser, on the same pictures, and says how far apart they are. Masks
 * and logits can be compared with each other: by the class of each pixel.
 */
export async function verifyModels(reference: OnnxModel, other: OnnxModel, options: VerifyOptions): Promise<Verdict> {
  const tolerance = options.tolerance ?? DEFAULT_TOLERANCE;
  const form = options.form ?? IMAGENET_FORM;
  const pairs = pairOutputs(reference, other);
  const sums = new Map(pairs.map((pair) => [pair, new DifferenceSum()]));
  const pixels = new PixelAgreement(reference, other);
  const mismatches = new Map<OutputPair, string>();
  const { batch } = sampleSize(reference, sampleSize(other));
  const labels: string[] = [];
  const milliseconds = { reference: 0, other: 0 };
  let first: Sample | undefined;
  for await (const portion of portionsOf(options.samples)) {
    first ??= portion[0];
    // One after the other: two open sessions of a large network are more than some machines have memory for.
    const left = await runPortion(reference, portion, { form, batch, signal: options.signal });
    const right = await runPortion(other, portion, { form, batch, signal: options.signal });
    milliseconds.reference += left.milliseconds;
    milliseconds.other += right.milliseconds;
    portion.forEach(({ label }, index) => {
      const [one, two] = [left.results[index], right.results[index]];
      if (one === undefined || two === undefined) return;
      for (const [pair, sum] of sums) {
        const mismatch = addPair(sum, one.get(pair.output), two.get(pair.counterpart));
        if (mismatch !== undefined && pair.isNumeric) mismatches.set(pair, mismatch);
      }
      pixels.add(one, two);
      labels.push(label);
      options.onSample?.(label, labels.length);
    });
  }
  const outputs = pairs.map((pair): OutputVerdict => {
    const sum = pair.isNumeric ? sums.get(pair) : undefined;
    const { output, counterpart } = pair;
    const mismatch = mismatches.get(pair);
    if (mismatch !== undefined) return { output, counterpart, mismatch };
    return sum === undefined ? { output, counterpart } : { output, counterpart, difference: sum.result() };
  });
  const isEqual =
    labels.length > 0 && outputs.every((output) => isWithin(output, tolerance)) && pixels.isAcceptable(outputs);
  const looksFurther = options.findDivergence === true && !isEqual && first !== undefined;
  return {
    isEqual,
    tolerance,
    samples: labels,
    outputs,
    pixelAgreement: pixels.result(),
    divergence:
      looksFurther && first !== undefined ? await findDivergence(reference, other, first, form, tolerance) : undefined,
    milliseconds,
  };
}

/** So many results are kept until the other model has run. */
const PORTION = 16;

async function* portionsOf(samples: Iterable<Sample> | AsyncIterable<Sample>): AsyncGenerator<readonly Sample[]> {
  let portion: Sample[] = [];
  for await (const sample of samples) {
    portion.push(sample);
    if (portion.length < PORTION) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}

async function runPortion(
  model: OnnxModel,
  samples: readonly Sample[],
  how: { readonly form: PixelForm; readonly batch: number; readonly signal: AbortSignal | undefined },
): Promise<{ results: ReadonlyMap<string, Result>[]; milliseconds: number }> {
  const runner = await ModelRunner.open(model);
  const results: ReadonlyMap<string, Result>[] = [];
  let milliseconds = 0;
  try {
    for (const sample of samples) {
      throwIfAborted(how.signal);
      const feeds = await feedsFor(runner.model, sample, how.form, how.batch);
      const start = performance.now();
      results.push(await runner.run(feeds));
      milliseconds += performance.now() - start;
    }
  } finally {
    await runner.close();
  }
  return { results, milliseconds };
}

interface OutputPair {
  readonly output: string;
  readonly counterpart: string;
  /** Both hold floats, or both hold class ids. */
  readonly isNumeric: boolean;
}

/** By name; what is left over, by the segmentation output of each; else nothing. */
function pairOutputs(reference: OnnxModel, other: OnnxModel): OutputPair[] {
  const kinds = (model: OnnxModel): Map<string, string | undefined> =>
    new Map(
      model.graph.outputs.map(({ name, type }) => [name, dataTypeFacts(readDeclaredType(type)?.type ?? 0)?.kind]),
    );
  const [left, right] = [kinds(reference), kinds(other)];
  const pairs: OutputPair[] = [];
  for (const [output, kind] of left) {
    if (right.has(output)) pairs.push({ output, counterpart: output, isNumeric: right.get(output) === kind });
  }
  if (pairs.length > 0) return pairs;
  const [from, to] = [segmentationOf(reference), segmentationOf(other)];
  const [output, counterpart] = [from?.output.name ?? [...left.keys()][0], to?.output.name ?? [...right.keys()][0]];
  if (output === undefined || counterpart === undefined) return [];
  return [{ output, counterpart, isNumeric: left.get(output) === right.get(counterpart) }];
}

/** @returns the two shapes if they differ. */
function addPair(sum: DifferenceSum, left: Result | undefined, right: Result | undefined): string | undefined {
  const [one, two] = [left, right].map((result) => `[${result?.dims.join(', ') ?? 'nothing'}]`);
  if (left === undefined || right === undefined || one !== two) return `${one ?? ''} against ${two ?? ''}`;
  sum.add(left.data, right.data);
  return undefined;
}

function isWithin({ difference, mismatch }: OutputVerdict, tolerance: Tolerance): boolean {
  if (mismatch !== undefined) return false;
  if (difference === undefined) return true;
  return difference.notFinite === 0 && difference.maxRelative <= tolerance.relative;
}

function segmentationOf(model: OnnxModel): ModelIo | undefined {
  try {
    return describeIo(model);
  } catch (error) {
    if (isAbort(error)) throw error;
    return undefined;
  }
}

/** Compares classes: masks as they are, logits by their winner, at the larger of the two sizes. */
class PixelAgreement {
  readonly #reference: ModelIo | undefined;
  readonly #other: ModelIo | undefined;
  #same = 0;
  #count = 0;

  constructor(reference: OnnxModel, other: OnnxModel) {
    this.#reference = segmentationOf(reference);
    this.#other = segmentationOf(other);
  }

  add(left: ReadonlyMap<string, Result>, right: ReadonlyMap<string, Result>): void {
    const one = this.#reference === undefined ? undefined : left.get(this.#reference.output.name);
    const two = this.#other === undefined ? undefined : right.get(this.#other.output.name);
    if (one === undefined || two === undefined || this.#reference === undefined || this.#other === undefined) return;
    const size = largerSize(spatialSize(one, this.#reference), spatialSize(two, this.#other));
    const [ids, others] = [classIds(one, this.#reference, size), classIds(two, this.#other, size)];
    if (ids.length !== others.length) return;
    this.#same += agreement(ids, others) * ids.length;
    this.#count += ids.length;
  }

  result(): number | undefined {
    return this.#count === 0 ? undefined : this.#same / this.#count;
  }

  /** Where nothing but classes can be compared, nearly all must agree: float noise flips ties only. */
  isAcceptable(outputs: readonly OutputVerdict[]): boolean {
    const agreed = this.result();
    if (outputs.some(({ difference }) => difference !== undefined)) return true;
    return agreed !== undefined && agreed >= 0.999;
  }
}

interface Size {
  readonly height: number;
  readonly width: number;
}

function spatialSize({ dims }: Result, { output }: ModelIo): Size {
  const isLast = output.kind === 'logits' && output.layout === 'NHWC';
  const [height = 1, width = 1] = isLast ? dims.slice(1, 3) : dims.slice(-2);
  return { height, width };
}

function largerSize(one: Size, other: Size): Size {
  return one.height * one.width >= other.height * other.width ? one : other;
}

function classIds(result: Result, { output }: ModelIo, size: Size): ArrayLike<number> {
  if (output.kind === 'class-ids') return result.data;
  return winners(resizeBilinear(toLogits(result, output.layout ?? 'NCHW'), size.height, size.width));
}

function toLogits({ data, dims }: Result, layout: 'NCHW' | 'NHWC'): Logits {
  const [batch = 1, second = 1, third = 1, fourth = 1] = dims;
  if (layout === 'NCHW') return { data, dims: [batch, second, third, fourth] };
  const planes = new Float32Array(data.length);
  const plane = second * third;
  for (let index = 0; index < data.length; index += 1) {
    const id = index % fourth;
    const pixel = Math.floor(index / fourth);
    const image = Math.floor(pixel / plane);
    planes[(image * fourth + id) * plane + (pixel % plane)] = data[index] ?? 0;
  }
  return { data: planes, dims: [batch, fourth, second, third] };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const error = new Error('The comparison was cancelled.');
  error.name = 'AbortError';
  throw error;
}
