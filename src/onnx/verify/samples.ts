import { AppError } from '../../shared/app-error';
import type { ModelInput } from '../../shared/domain/model';
import { DataType, dataTypeLabel, isFloatType } from '../data-type';
import { describeIo } from '../describe-io';
import { numberToFloat16 } from '../half-float';
import type { OnnxModel } from '../model';
import { loadOrt } from '../load-ort';
import type { OrtTensor } from '../ort';
import { readDeclaredType } from '../value-type';

/** One picture for both models: 8 bit, RGB, interleaved, row-major. Each model gets it in the form it wants. */
export interface Sample {
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** width * height * 3 bytes. */
  readonly pixels: Uint8Array;
}

/** What happens to pixels on the way into a network of floats: `(pixel * scale - mean[c]) / std[c]`. */
export interface PixelForm {
  readonly channelOrder: 'rgb' | 'bgr';
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The mean and deviation of ImageNet, with which SegFormers are trained. */
export const IMAGENET_FORM: PixelForm = {
  channelOrder: 'rgb',
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

export interface SampleSize {
  readonly width: number;
  readonly height: number;
  readonly batch: number;
}

/** The size that the model's input asks for; `wanted` where it leaves one open. Models without an image get `wanted`. */
export function sampleSize(model: OnnxModel, wanted: Partial<SampleSize> = {}): SampleSize {
  const input = imageInputOf(model);
  return {
    width: input?.width ?? wanted.width ?? 512,
    height: input?.height ?? wanted.height ?? 512,
    batch: input?.batch ?? wanted.batch ?? 1,
  };
}

/**
 * Made-up pictures: shapes of several sizes with soft edges, and noise, so that a network sees both flat areas and detail.
 * The same seed gives the same pictures on every machine.
 */
export function* randomSamples(count: number, size: SampleSize, seed = 1): Generator<Sample> {
  for (let index = 0; index < count; index += 1) {
    yield {
      label: `random ${index + 1}`,
      width: size.width,
      height: size.height,
      pixels: randomPixels(size, seed + index),
    };
  }
}

/** What to feed for a sample. Inputs beside the picture (a mask size) are filled too. @throws ONNX_INPUT_UNSUPPORTED */
export async function feedsFor(
  model: OnnxModel,
  sample: Sample,
  form: PixelForm,
  batch: number,
): Promise<Record<string, OrtTensor>> {
  const ort = await loadOrt();
  const image = imageInputOf(model);
  if (image === undefined) return randomFeeds(model, sample);
  const feeds: Record<string, OrtTensor> = {};
  const dims =
    image.layout === 'NCHW'
      ? [batch, image.channels, sample.height, sample.width]
      : [batch, sample.height, sample.width, image.channels];
  if (image.type === 'uint8')
    feeds[image.name] = new ort.Tensor('uint8', arrange(sample, image, batch, new Uint8Array()), dims);
  else {
    const floats = arrange(sample, image, batch, new Float32Array(), form);
    feeds[image.name] =
      image.type === 'float32'
        ? new ort.Tensor('float32', floats, dims)
        : new ort.Tensor('float16', Uint16Array.from(floats, numberToFloat16), dims);
  }
  const { sizeInput } = describeIo(model);
  if (sizeInput !== undefined) {
    feeds[sizeInput] = new ort.Tensor('int64', BigInt64Array.of(BigInt(sample.height), BigInt(sample.width)), [2]);
  }
  return feeds;
}

/** The image input, or undefined for a model that takes no picture. */
export function imageInputOf(model: OnnxModel): ModelInput | undefined {
  try {
    return describeIo(model).input;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function arrange<T extends Uint8Array | Float32Array>(
  sample: Sample,
  image: ModelInput,
  batch: number,
  kind: T,
  form?: PixelForm,
): T {
  const { channels, layout } = image;
  const plane = sample.width * sample.height;
  const one = plane * channels;
  const result = kind instanceof Uint8Array ? new Uint8Array(one * batch) : new Float32Array(one * batch);
  for (let pixel = 0; pixel < plane; pixel += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const from = form?.channelOrder === 'bgr' ? 2 - channel : channel;
      const value = sample.pixels[pixel * 3 + from] ?? 0;
      const at = layout === 'NCHW' ? channel * plane + pixel : pixel * channels + channel;
      result[at] =
        form === undefined ? value : (value * form.scale - (form.mean[channel] ?? 0)) / (form.std[channel] ?? 1);
    }
  }
  for (let copy = 1; copy < batch; copy += 1) result.copyWithin(copy * one, 0, one);
  return result as T;
}

/** For a part of a model, or one that is no image network: numbers in every input, sizes that vary taken from the sample. */
async function randomFeeds(model: OnnxModel, sample: Sample): Promise<Record<string, OrtTensor>> {
  const ort = await loadOrt();
  const feeds: Record<string, OrtTensor> = {};
  const next = generator(sample.pixels[0] ?? 1);
  for (const input of model.graph.inputs) {
    const declared = readDeclaredType(input.type);
    const rank = declared?.dims?.length ?? 0;
    const dims = declared?.dims?.map((dim, axis) => {
      if (typeof dim === 'number') return dim;
      if (axis === rank - 1 && rank > 2) return sample.width;
      return axis === rank - 2 && rank > 2 ? sample.height : 1;
    });
    if (declared === undefined || dims === undefined) throw unsupported(model, input.name, 'no declared shape');
    const count = dims.reduce((product, dim) => product * dim, 1);
    const floats = Float32Array.from({ length: count }, () => next() * 2 - 1);
    if (declared.type === DataType.FLOAT) feeds[input.name] = new ort.Tensor('float32', floats, dims);
    else if (declared.type === DataType.FLOAT16) {
      feeds[input.name] = new ort.Tensor('float16', Uint16Array.from(floats, numberToFloat16), dims);
    } else if (declared.type === DataType.UINT8) {
      feeds[input.name] = new ort.Tensor(
        'uint8',
        Uint8Array.from(floats, (value) => (value + 1) * 127),
        dims,
      );
    } else throw unsupported(model, input.name, `the type ${dataTypeLabel(declared.type)}`);
  }
  return feeds;
}

function unsupported(model: OnnxModel, name: string, what: string): AppError {
  return new AppError(
    'ONNX_INPUT_UNSUPPORTED',
    `${model.fileName}: no sample can be made for the input ${name}, which has ${what}.`,
    {
      hint: 'Models are compared on pictures, or on floats of a declared shape.',
      details: { input: name },
    },
  );
}

function randomPixels({ width, height }: SampleSize, seed: number): Uint8Array {
  const next = generator(seed);
  const pixels = new Uint8Array(width * height * 3);
  const waves = Array.from({ length: 12 }, () => ({
    across: (next() - 0.5) * 24,
    down: (next() - 0.5) * 24,
    phase: next() * 6.283,
    channel: Math.floor(next() * 3),
  }));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const color = [0, 0, 0];
      for (const { across, down, phase, channel } of waves) {
        color[channel] = (color[channel] ?? 0) + Math.sin((across * x) / width + (down * y) / height + phase);
      }
      for (let channel = 0; channel < 3; channel += 1) {
        const value = 128 + 45 * (color[channel] ?? 0) + 40 * (next() - 0.5);
        pixels[(y * width + x) * 3 + channel] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
  return pixels;
}

/** A linear congruential generator modulo 2^32, 0 ≤ x < 1: small, and equal everywhere. */
function generator(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** True for an output that can be compared as numbers. */
export function isComparable(type: number): boolean {
  return isFloatType(type) || type === DataType.INT64 || type === DataType.INT32 || type === DataType.UINT8;
}
