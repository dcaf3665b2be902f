import type { Mask } from '../../shared/domain/mask';
import { AddressPlan, WasmKernel } from '../../shared/wasm-kernel';
import { wasmBase64 } from './generated/upsample-argmax-wasm';

export interface MaskKernel {
  argmax(logits: number, planeStride: number, classes: number, count: number, ids: number): void;
  upsampleArgmax(
    top: number,
    bottom: number,
    planeStride: number,
    classes: number,
    cells: number,
    topIds: number,
    bottomIds: number,
    starts: number,
    tx: number,
    ty: number,
    rows: number,
    target: number,
    stride: number,
    wide: boolean,
    candidates: number,
  ): void;
  deinterleave(source: number, positions: number, classes: number, target: number, planeStride: number): void;
  widenHalves(source: number, count: number, target: number, table: number): void;
  accumulate(target: number, source: number, count: number, weights: number, factor: number): void;
}

export function createMaskKernel(): WasmKernel<MaskKernel> {
  return new WasmKernel<MaskKernel>(wasmBase64);
}

/** The grid on which logits lie, and how a mask is read from it. */
export interface MaskGeometry {
  readonly classes: number;
  readonly gridWidth: number;
  readonly gridHeight: number;
  readonly width: number;
  readonly height: number;
  /** Grid positions for each pixel of the mask. Centres correspond: grid = (pixel + 0.5) * scale - 0.5, not below 0. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Where one axis of the mask falls on the grid. */
interface Axis {
  /** For each cell the first pixel in it; one more than there are cells. */
  readonly starts: Int32Array;
  /** For each pixel its way from its cell's beginning to the next position, 0–1; three spare numbers at the end. */
  readonly weights: Float32Array;
}

const ROWS_BYTES = 1024 * 1024;
const CANDIDATE_BYTES = 24;

/** Bytes of a plane, so that rows of four floats can be read at its end. */
export function planeStride(gridWidth: number, rows: number): number {
  return Math.ceil((gridWidth * rows * 4) / 16) * 16;
}

/**
 * Upsamples logits and takes the winning class, some rows of the grid at a time, so that memory does not grow with the
 * picture. Logits lie in the kernel's memory as planes, class by class.
 */
export class MaskPainter {
  readonly mask: Mask;
  /** First address behind what the painter uses; logits go there. */
  readonly end: number;
  readonly #kernel: WasmKernel<MaskKernel>;
  readonly #geometry: MaskGeometry;
  readonly #vertical: Axis;
  readonly #wide: boolean;
  readonly #at: { starts: number; weightsX: number; weightsY: number; candidates: number; ids: number; rows: number };
  readonly #stride: number;
  readonly #rowCapacity: number;

  /** @param bandRows the most grid rows that {@link paint} will be given at once */
  constructor(kernel: WasmKernel<MaskKernel>, geometry: MaskGeometry, bandRows: number) {
    const { classes, width, height, gridWidth, gridHeight } = geometry;
    this.#kernel = kernel;
    this.#geometry = geometry;
    this.#wide = classes > 255;
    const bytesPerId = this.#wide ? 2 : 1;
    this.mask = { width, height, bytesPerId, data: new Uint8Array(width * height * bytesPerId) };
    this.#stride = width * bytesPerId;
    const horizontal = placeAxis(width, gridWidth, geometry.scaleX);
    this.#vertical = placeAxis(height, gridHeight, geometry.scaleY);
    this.#rowCapacity = Math.max(1, Math.min(height, Math.floor(ROWS_BYTES / this.#stride)));

    const plan = new AddressPlan(kernel.base);
    this.#at = {
      starts: plan.take(horizontal.starts.byteLength),
      weightsX: plan.take(horizontal.weights.byteLength),
      weightsY: plan.take(this.#vertical.weights.byteLength),
      candidates: plan.take(classes * CANDIDATE_BYTES),
      ids: plan.take(bandRows * gridWidth * 2 + 16),
      rows: plan.take(this.#rowCapacity * this.#stride + 16),
    };
    this.end = plan.end;
    kernel.reserve(this.end);
    kernel.int32(this.#at.starts, horizontal.starts.length).set(horizontal.starts);
    kernel.float32(this.#at.weightsX, horizontal.weights.length).set(horizontal.weights);
    kernel.float32(this.#at.weightsY, this.#vertical.weights.length).set(this.#vertical.weights);
  }

  /**
   * Paints the pixels between grid rows `first` and `first + rows - 1`, and those below the grid's last row if it is
   * among them.
   *
   * @param logits address of the first row's first class
   * @param stride bytes from one class to the next
   */
  paint(logits: number, stride: number, first: number, rows: number): void {
    const { classes, gridWidth, gridHeight } = this.#geometry;
    this.#kernel.exports.argmax(logits, stride, classes, rows * gridWidth, this.#at.ids);
    const cells = first + rows >= gridHeight ? rows : rows - 1;
    if (this.#isOneToOne) {
      this.#copyIds(first, Math.min(cells, this.#geometry.height - first));
      return;
    }
    let pending = { y: this.#startOf(first), rows: 0 };
    for (let cell = 0; cell < cells; cell++) {
      const end = this.#startOf(first + cell + 1);
      for (let y = this.#startOf(first + cell); y < end;) {
        if (pending.rows === this.#rowCapacity) pending = this.#flush(pending);
        const count = Math.min(end - y, this.#rowCapacity - pending.rows);
        this.#paintCell(logits, stride, cell, Math.min(cell + 1, rows - 1), y, count, pending.rows);
        pending.rows += count;
        y += count;
      }
    }
    this.#flush(pending);
  }

  get #isOneToOne(): boolean {
    return this.#geometry.scaleX === 1 && this.#geometry.scaleY === 1;
  }

  /** Logits at the mask's own size need no upsampling. */
  #copyIds(first: number, rows: number): void {
    const { gridWidth, width } = this.#geometry;
    const { data } = this.mask;
    const target = this.#wide ? new Uint16Array(data.buffer) : data;
    for (let row = 0; row < rows; row++) {
      const ids = this.#kernel.uint16(this.#at.ids + row * gridWidth * 2, width);
      target.set(ids, (first + row) * width);
    }
  }

  #paintCell(logits: number, stride: number, top: number, bottom: number, y: number, rows: number, at: number): void {
    const { classes, gridWidth } = this.#geometry;
    const { ids, starts, weightsX, weightsY, candidates } = this.#at;
    this.#kernel.exports.upsampleArgmax(
      logits + top * gridWidth * 4,
      logits + bottom * gridWidth * 4,
      stride,
      classes,
      gridWidth,
      ids + top * gridWidth * 2,
      ids + bottom * gridWidth * 2,
      starts,
      weightsX,
      weightsY + y * 4,
      rows,
      this.#at.rows + at * this.#stride,
      this.#stride,
      this.#wide,
      candidates,
    );
  }

  #flush(pending: { y: number; rows: number }): { y: number; rows: number } {
    const painted = this.#kernel.bytes(this.#at.rows, pending.rows * this.#stride);
    this.mask.data.set(painted, pending.y * this.#stride);
    return { y: pending.y + pending.rows, rows: 0 };
  }

  #startOf(cell: number): number {
    return this.#vertical.starts[Math.min(cell, this.#geometry.gridHeight)] ?? 0;
  }
}

export function placeAxis(pixels: number, grid: number, scale: number): Axis {
  const starts = new Int32Array(grid + 1).fill(pixels);
  const weights = new Float32Array(pixels + 3);
  for (let pixel = pixels - 1; pixel >= 0; pixel--) {
    const position = Math.min(grid - 1, Math.max(0, (pixel + 0.5) * scale - 0.5));
    const cell = Math.floor(position);
    weights[pixel] = position - cell;
    starts[cell] = pixel;
  }
  // Cells without pixels begin where the next one does.
  for (let cell = grid - 1; cell >= 0; cell--)
    starts[cell] = Math.min(starts[cell] ?? pixels, starts[cell + 1] ?? pixels);
  return { starts, weights };
}
