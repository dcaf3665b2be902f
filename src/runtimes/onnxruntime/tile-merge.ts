import type { Mask } from '../../shared/domain/mask';
import type { WasmKernel } from '../../shared/wasm-kernel';
import type { Placement, Tile } from '../placement';
import type { Logits } from './logits';
import { LogitsLoader, classCount } from './logits';
import type { MaskKernel } from './mask-painter';
import { MaskPainter, planeStride } from './mask-painter';

/**
 * Averages the logits of overlapping tiles and paints the mask, one row of tiles after another: only as many rows of
 * logits as a tile has are held, however large the picture is. Tiles must come in the placement's order.
 */
export class TileMerger {
  readonly #kernel: WasmKernel<MaskKernel>;
  readonly #placement: Placement;
  readonly #stride: number;
  readonly #painter: MaskPainter;
  readonly #grid: { readonly width: number; readonly height: number };
  readonly #tile: { readonly width: number; readonly height: number };
  readonly #classes: number;
  readonly #plane: number;
  readonly #sums: number;
  readonly #weights: number;
  readonly #loader: { readonly base: number; readonly plane: number };
  /** Grid row of the first row held. */
  #first = 0;
  #done = 0;

  /** @param sample the logits of the first tile; all others have their shape */
  constructor(
    kernel: WasmKernel<MaskKernel>,
    placement: Placement,
    picture: { readonly width: number; readonly height: number },
    sample: Logits,
  ) {
    this.#kernel = kernel;
    this.#placement = placement;
    this.#stride = placement.input.width / sample.width;
    this.#tile = { width: sample.width, height: sample.height };
    this.#classes = classCount(sample);
    const last = placement.tiles[placement.tiles.length - 1] ?? { x: 0, y: 0 };
    this.#grid = {
      width: last.x / this.#stride + sample.width,
      height: last.y / this.#stride + sample.height,
    };
    const rows = sample.height + 1;
    const scale = 1 / this.#stride;
    const geometry = { classes: this.#classes, gridWidth: this.#grid.width, gridHeight: this.#grid.height, ...picture };
    this.#painter = new MaskPainter(kernel, { ...geometry, scaleX: scale, scaleY: scale }, rows);
    this.#plane = planeStride(this.#grid.width, rows);
    this.#weights = this.#painter.end;
    this.#sums = this.#weights + Math.ceil(this.#grid.width / 4) * 16;
    const base = this.#sums + this.#plane * this.#classes + 16;
    this.#loader = { base, plane: planeStride(sample.width, sample.height) };
    kernel.reserve(base);
    kernel.float32(this.#weights, this.#grid.width).set(this.#columnWeights());
    kernel.bytes(this.#sums, this.#plane * this.#classes).fill(0);
  }

  add(logits: Logits): void {
    const tile = this.#placement.tiles[this.#done];
    if (tile === undefined) throw new Error('There are more tiles than were planned.');
    const loader = new LogitsLoader(this.#kernel, logits, this.#loader.base, this.#loader.plane, logits.height);
    loader.load(0, logits.height);
    const column = tile.x / this.#stride;
    const row = tile.y / this.#stride - this.#first;
    for (let y = 0; y < logits.height; y++) {
      const factor = 1 / this.#coverage(tile.y / this.#stride + y, 'y');
      for (let channel = 0; channel < this.#classes; channel++) {
        const source = loader.planes + channel * this.#loader.plane + y * logits.width * 4;
        const target = this.#sums + channel * this.#plane + ((row + y) * this.#grid.width + column) * 4;
        this.#kernel.exports.accumulate(target, source, logits.width, this.#weights + column * 4, factor);
      }
    }
    this.#done += 1;
    const next = this.#placement.tiles[this.#done];
    if (next === undefined || next.y !== tile.y) this.#finishRow(tile, next);
  }

  /** The mask, once all tiles are in. */
  finish(): Mask {
    return this.#painter.mask;
  }

  /** Paints what no later tile touches, and moves the rest up. */
  #finishRow(tile: Tile, next: Tile | undefined): void {
    const filled = tile.y / this.#stride + this.#tile.height;
    const final = next === undefined ? filled : Math.min(filled, next.y / this.#stride);
    this.#painter.paint(this.#sums, this.#plane, this.#first, final - this.#first);
    if (next === undefined) return;
    // The last finished row stays: pixels between it and the next row need both.
    const first = final - 1;
    const rowBytes = this.#grid.width * 4;
    for (let channel = 0; channel < this.#classes; channel++) {
      const plane = this.#kernel.bytes(this.#sums + channel * this.#plane, this.#plane);
      const kept = (filled - first) * rowBytes;
      plane.copyWithin(0, (first - this.#first) * rowBytes, (first - this.#first) * rowBytes + kept);
      plane.fill(0, kept);
    }
    this.#first = first;
  }

  #columnWeights(): Float32Array {
    return Float32Array.from({ length: this.#grid.width }, (_, column) => 1 / this.#coverage(column, 'x'));
  }

  /** How many tiles lie over a row or column of the grid. */
  #coverage(position: number, axis: 'x' | 'y'): number {
    const extent = axis === 'x' ? this.#tile.width : this.#tile.height;
    const starts = new Set(this.#placement.tiles.map((tile) => tile[axis] / this.#stride));
    let count = 0;
    for (const start of starts) if (position >= start && position < start + extent) count += 1;
    return Math.max(1, count);
  }
}
