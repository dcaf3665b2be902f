import type { Mask } from '../../shared/domain/mask';
import { float16ToNumber } from '../../onnx/half-float';
import type { WasmKernel } from '../../shared/wasm-kernel';
import type { MaskGeometry, MaskKernel } from './mask-painter';
import { MaskPainter, planeStride } from './mask-painter';

/** What a network gave for one picture, where it lies in memory. */
export interface Logits {
  readonly data: Float32Array | Uint16Array;
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Logits are taken into the kernel's memory in bands of about this many bytes. */
const BAND_BYTES = 8 * 1024 * 1024;

/** A single logit tells "yes" from "no": class 1 where it is positive. It competes with a plane of zeros. */
export function classCount(logits: Logits): number {
  return Math.max(2, logits.channels);
}

/** Upsamples logits to the mask's size and takes the winning class of each pixel; the lowest id on a tie. */
export function maskFromLogits(
  kernel: WasmKernel<MaskKernel>,
  logits: Logits,
  frame: Pick<MaskGeometry, 'width' | 'height' | 'scaleX' | 'scaleY'>,
): Mask {
  const classes = classCount(logits);
  const rowBytes = logits.width * classes * 4;
  const bandRows = Math.min(logits.height, Math.max(2, Math.floor(BAND_BYTES / rowBytes)));
  const geometry = { ...frame, classes, gridWidth: logits.width, gridHeight: logits.height };
  const painter = new MaskPainter(kernel, geometry, bandRows);
  const stride = planeStride(logits.width, bandRows);
  const loader = new LogitsLoader(kernel, logits, painter.end, stride, bandRows);
  // Bands share one row, since pixels between two rows need both.
  for (let first = 0; first === 0 || first < logits.height - 1; first += bandRows - 1) {
    const rows = Math.min(bandRows, logits.height - first);
    loader.load(first, rows);
    painter.paint(loader.planes, stride, first, rows);
    if (bandRows === 1) break;
  }
  return painter.mask;
}

/** Brings rows of logits into the kernel's memory as single-precision planes. */
export class LogitsLoader {
  /** Address of the planes. */
  readonly planes: number;
  readonly end: number;
  readonly #kernel: WasmKernel<MaskKernel>;
  readonly #logits: Logits;
  readonly #stride: number;
  readonly #raw: number;
  readonly #wide: number;
  readonly #table: number;

  constructor(kernel: WasmKernel<MaskKernel>, logits: Logits, base: number, stride: number, rows: number) {
    this.#kernel = kernel;
    this.#logits = logits;
    this.#stride = stride;
    const half = logits.data instanceof Uint16Array;
    const values = rows * logits.width * logits.channels;
    this.planes = base;
    this.#raw = base + stride * classCount(logits) + 16;
    this.#wide = this.#raw + Math.ceil((values * (half ? 2 : 4)) / 16) * 16;
    this.#table = this.#wide + (half ? values * 4 : 0);
    this.end = this.#table + (half ? HALF_TABLE_BYTES : 0);
    kernel.reserve(this.end);
    if (half) kernel.float32(this.#table, 65_536).set(halfTable());
    if (logits.channels === 1) kernel.bytes(base, stride).fill(0);
  }

  load(first: number, rows: number): void {
    const { data, layout, channels, width, height } = this.#logits;
    const count = rows * width;
    const firstPlane = this.planes + (channels === 1 ? this.#stride : 0);
    if (layout === 'NHWC') {
      const part = data.subarray(first * width * channels, (first + rows) * width * channels);
      this.#kernel.exports.deinterleave(this.#single(part), count, channels, firstPlane, this.#stride);
      return;
    }
    for (let channel = 0; channel < channels; channel++) {
      const from = (channel * height + first) * width;
      const plane = firstPlane + channel * this.#stride;
      if (data instanceof Uint16Array) this.#widen(data.subarray(from, from + count), plane);
      else this.#kernel.float32(plane, count).set(data.subarray(from, from + count));
    }
  }

  /** Puts values somewhere in single precision and says where. */
  #single(part: Float32Array | Uint16Array): number {
    if (part instanceof Uint16Array) {
      this.#widen(part, this.#wide);
      return this.#wide;
    }
    this.#kernel.float32(this.#raw, part.length).set(part);
    return this.#raw;
  }

  #widen(part: Uint16Array, target: number): void {
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    this.#kernel.bytes(this.#raw, bytes.byteLength).set(bytes);
    this.#kernel.exports.widenHalves(this.#raw, part.length, target, this.#table);
  }
}

const HALF_TABLE_BYTES = 65_536 * 4;
let halves: Float32Array | null = null;

function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => float16ToNumber(bits));
  return halves;
}
