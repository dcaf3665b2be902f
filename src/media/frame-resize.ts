import type { Frame, FrameSize, FrameSource, Resample } from '../shared/domain/frame';
import { AddressPlan, WasmKernel } from '../shared/wasm-kernel';
import { wasmBase64 } from './generated/resample-wasm';

interface ResampleKernel {
  resampleRows(
    source: number,
    sourceWidth: number,
    channels: number,
    rows: number,
    target: number,
    width: number,
    bounds: number,
    weights: number,
    taps: number,
  ): void;
  resampleColumn(source: number, stride: number, count: number, weights: number, target: number, bytes: number): void;
}

type Filter = Exclude<Resample, 'nearest'>;

/** Weights of one axis: for each output position where its inputs begin and how many they are, and their weights. */
export interface AxisWeights {
  readonly taps: number;
  /** [first, count] for each output position. */
  readonly bounds: Int32Array;
  /** `taps` numbers for each output position, 22-bit fixed point, summing to 1. */
  readonly weights: Int32Array;
}

/** Rows are taken into the kernel's memory in portions of about this many bytes. */
const PORTION_BYTES = 4 * 1024 * 1024;
/** A kernel that had to grow beyond this is given up after use, since its memory can never shrink. */
const KEEP_BYTES = 96 * 1024 * 1024;
const FRACTION = 2 ** 22;

let kept: WasmKernel<ResampleKernel> | null = null;

/**
 * Resizes as Pillow does: separable, antialiased (the filter widens with the reduction), half-pixel centres, rounded
 * to 8 bits between the two passes. Same numbers as Pillow's `resize` for RGB, but for pictures read with a pre-shrink.
 */
export function resizeFrame(frame: Frame, size: FrameSize): Frame {
  if (frame.width === size.width && frame.height === size.height) return frame;
  if (size.resample === 'nearest') return resizeNearest(frame, size.width, size.height);
  const kernel = kept ?? new WasmKernel<ResampleKernel>(wasmBase64);
  kept = kernel;
  const pixels = runPasses(kernel, frame, size.width, size.height, size.resample);
  if (kernel.reservedBytes > KEEP_BYTES) kept = null;
  return { width: size.width, height: size.height, channels: frame.channels, pixels };
}

/** A decoded frame as a source, for pixels that come from elsewhere than a picture file. */
export function frameSource(frame: Frame): FrameSource {
  return {
    width: frame.width,
    height: frame.height,
    read: async (size) => (size === undefined ? frame : resizeFrame(frame, size)),
  };
}

function runPasses(
  kernel: WasmKernel<ResampleKernel>,
  frame: Frame,
  width: number,
  height: number,
  filter: Filter,
): Uint8Array {
  const { channels } = frame;
  const across = axisWeights(frame.width, width, filter);
  const down = axisWeights(frame.height, height, filter);
  const sourceStride = frame.width * channels;
  const stride = width * channels;
  const keepsWidth = frame.width === width;
  const portionRows = Math.max(1, Math.min(frame.height, Math.floor(PORTION_BYTES / sourceStride)));

  const plan = new AddressPlan(kernel.base);
  const boundsAt = plan.take(across.bounds.byteLength);
  const acrossAt = plan.take(across.weights.byteLength);
  const downAt = plan.take(down.weights.byteLength);
  const portionAt = plan.take(portionRows * sourceStride + 16);
  const middleAt = plan.take(frame.height * stride + 16);
  const resultAt = plan.take(height * stride + 16);
  kernel.reserve(plan.end);
  kernel.int32(boundsAt, across.bounds.length).set(across.bounds);
  kernel.int32(acrossAt, across.weights.length).set(across.weights);
  kernel.int32(downAt, down.weights.length).set(down.weights);

  if (keepsWidth) kernel.bytes(middleAt, frame.pixels.byteLength).set(frame.pixels);
  for (let row = 0; row < frame.height && !keepsWidth; row += portionRows) {
    const rows = Math.min(portionRows, frame.height - row);
    const portion = frame.pixels.subarray(row * sourceStride, (row + rows) * sourceStride);
    kernel.bytes(portionAt, portion.byteLength).set(portion);
    const target = middleAt + row * stride;
    const { resampleRows } = kernel.exports;
    resampleRows(portionAt, frame.width, channels, rows, target, width, boundsAt, acrossAt, across.taps);
  }
  if (frame.height === height) return kernel.bytes(middleAt, height * stride).slice();
  for (let row = 0; row < height; row++) {
    const first = down.bounds[row * 2] ?? 0;
    const count = down.bounds[row * 2 + 1] ?? 0;
    const weights = downAt + row * down.taps * 4;
    kernel.exports.resampleColumn(middleAt + first * stride, stride, count, weights, resultAt + row * stride, stride);
  }
  return kernel.bytes(resultAt, height * stride).slice();
}

/** The weights that Pillow uses for one axis. */
export function axisWeights(from: number, to: number, filter: Filter): AxisWeights {
  const shape = filter === 'bilinear' ? triangle : catmullRom;
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const support = (filter === 'bilinear' ? 1 : 2) * widening;
  const taps = Math.ceil(support) * 2 + 1;
  const bounds = new Int32Array(to * 2);
  const weights = new Int32Array(to * taps);
  const exact = new Float64Array(taps);
  for (let position = 0; position < to; position++) {
    const center = (position + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = shape((k + first - center + 0.5) / widening);
      exact[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) {
      const weight = ((exact[k] ?? 0) / sum) * FRACTION;
      weights[position * taps + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    bounds[position * 2] = first;
    bounds[position * 2 + 1] = count;
  }
  return { taps, bounds, weights };
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys' cubic with a = -0.5. */
function catmullRom(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
  return 0;
}

function resizeNearest(frame: Frame, width: number, height: number): Frame {
  const { channels } = frame;
  const pixels = new Uint8Array(width * height * channels);
  const columns = Int32Array.from(
    { length: width },
    (_, x) => Math.min(frame.width - 1, Math.floor(((x + 0.5) * frame.width) / width)) * channels,
  );
  let out = 0;
  for (let y = 0; y < height; y++) {
    const line = Math.min(frame.height - 1, Math.floor(((y + 0.5) * frame.height) / height)) * frame.width * channels;
    for (let x = 0; x < width; x++) {
      const at = line + (columns[x] ?? 0);
      for (let c = 0; c < channels; c++) pixels[out++] = frame.pixels[at + c] ?? 0;
    }
  }
  return { width, height, channels, pixels };
}
