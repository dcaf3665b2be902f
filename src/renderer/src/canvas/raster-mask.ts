import type { Mask } from '../../../shared/domain/mask';
import { maskIds } from '../../../shared/mask-ids';
import type { Layer } from './painter';
import {
  HIGHLIGHT_RIM,
  ringDistances,
  samplesPerSide,
  type Difference,
  type MaskLook,
  type Pane,
  type Scene,
} from './scene';
import { originOf } from './screen-rect';
import type { Point, Rect } from './viewport';

/** Pixels of a part of the canvas: RGBA, opaque, row-major. */
export interface RasterTarget {
  readonly pixels: Uint8ClampedArray;
  /** Where they lie on the canvas, whole pixels. */
  readonly rect: Rect;
}

/** Points that one drawing takes colours at: `samples` squared for each pixel of the target. */
interface Sampling {
  readonly scene: Scene;
  readonly origin: Point;
  readonly rect: Rect;
  readonly samples: number;
  /** Screen pixels to the neighbours that may have to be looked at. */
  readonly distances: readonly number[];
}

/** Red, green and blue times their opacity, 0–255, and the opacity, 0–1, of what lies over one pixel. */
type Sum = Float64Array;

/**
 * Lays a pane's mask over pixels of the picture: what the mask shader does, by the processor. With `second` the two are
 * drawn together as the pane says.
 */
export function rasterMask(target: RasterTarget, scene: Scene, pane: Pane, first: Layer, second?: Layer): void {
  const samples = samplesPerSide(scene.viewport.scale, scene.quality);
  const distances = [...ringDistances(pane.look), ...(pane.look.highlight === null ? [] : [HIGHLIGHT_RIM])];
  const sampling = { scene, origin: originOf(scene, pane), rect: target.rect, samples, distances };
  const diagonals = scene.quality === 'full';
  const before = new MaskPoints(first, sampling, pane.look, diagonals);
  const with2 = second === undefined ? undefined : pane.second;
  if (second === undefined || with2 === undefined) {
    return blend(target, samples, (sum, column, row) => before.add(sum, column, row, 1));
  }
  const after = new MaskPoints(second, sampling, pane.look, diagonals);
  if (with2.kind === 'difference') {
    return blendDifference(target, sampling, new DifferingPoints(before, after, with2, pane.look.opacity));
  }
  blend(target, samples, (sum, column, row) => {
    before.add(sum, column, row, 1 - with2.share);
    after.add(sum, column, row, with2.share);
  });
}

/** Puts on each pixel the mean of what `add` gives at its points. */
function blend(target: RasterTarget, samples: number, add: (sum: Sum, column: number, row: number) => void): void {
  const { pixels, rect } = target;
  const sum = new Float64Array(4);
  const points = samples * samples;
  for (let y = 0; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++) {
      empty(sum);
      for (let row = y * samples; row < (y + 1) * samples; row++) {
        for (let column = x * samples; column < (x + 1) * samples; column++) add(sum, column, row);
      }
      putOver(pixels, (y * rect.width + x) * 4, sum, points);
    }
  }
}

/** One point that differs is enough; averaged with the others it would be lost. */
function blendDifference(target: RasterTarget, sampling: Sampling, points: DifferingPoints): void {
  const { pixels } = target;
  const { rect, samples, origin } = sampling;
  const sum = new Float64Array(4);
  for (let y = 0; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++) {
      empty(sum);
      let count = 0;
      for (let row = y * samples; row < (y + 1) * samples; row++) {
        for (let column = x * samples; column < (x + 1) * samples; column++) {
          const along = rect.x + rect.y - origin.x - origin.y + (column + row + 1) / samples;
          if (points.add(sum, column, row, along)) count++;
        }
      }
      if (count === 0) sum[3] = points.veil;
      putOver(pixels, (y * rect.width + x) * 4, sum, Math.max(1, count));
    }
  }
}

/** Much faster than its fill. */
function empty(sum: Sum): void {
  sum[0] = 0;
  sum[1] = 0;
  sum[2] = 0;
  sum[3] = 0;
}

function putOver(pixels: Uint8ClampedArray, at: number, sum: Sum, points: number): void {
  const alpha = sum[3] ?? 0;
  if (alpha === 0) return;
  const rest = 1 - alpha / points;
  pixels[at] = (pixels[at] ?? 0) * rest + (sum[0] ?? 0) / points;
  pixels[at + 1] = (pixels[at + 1] ?? 0) * rest + (sum[1] ?? 0) / points;
  pixels[at + 2] = (pixels[at + 2] ?? 0) * rest + (sum[2] ?? 0) / points;
}

/** Of each point, where in the mask its neighbours at one distance lie: columns, and places at which rows begin. */
type Neighbours = Readonly<Record<'left' | 'right' | 'above' | 'below', Int32Array>>;

/** The classes and colours of one mask at the points of a drawing. Columns and rows count points, not pixels. */
class MaskPoints {
  readonly palette: Uint8Array;
  readonly #ids: Uint8Array | Uint16Array;
  /** Under each point: the mask's column, or the place at which its row begins. */
  readonly #column: Int32Array;
  readonly #row: Int32Array;
  /** The same for neighbours, by distance. */
  readonly #around: readonly Neighbours[];
  /** Distances at which an outline is looked for; that of a lifted class comes after them. */
  readonly #rings: number;
  /** How strongly each class is drawn. */
  readonly #strengths: Float64Array;
  /** Class that is lifted out, or -1. */
  readonly #lifted: number;
  readonly #liftedStrength: number;
  readonly #diagonals: boolean;

  constructor({ mask, palette }: Layer, sampling: Sampling, look: MaskLook, diagonals: boolean) {
    const { opacity, highlight, mode } = look;
    const columns = (shift: number): Int32Array => cells(sampling, mask, 'x', shift);
    const rows = (shift: number): Int32Array => cells(sampling, mask, 'y', shift).map((row) => row * mask.width);
    this.palette = palette;
    this.#ids = maskIds(mask);
    this.#column = columns(0);
    this.#row = rows(0);
    this.#around = sampling.distances.map((distance) => ({
      left: columns(-distance),
      right: columns(distance),
      above: rows(-distance),
      below: rows(distance),
    }));
    this.#rings = ringDistances(look).length;
    const others = opacity * (highlight === null ? 1 : 0.3);
    this.#strengths = Float64Array.from({ length: palette.length / 4 }, (_, id) =>
      (palette[id * 4 + 3] ?? 0) > 0 ? others : 0,
    );
    this.#lifted = highlight ?? -1;
    this.#liftedStrength = mode === 'outline' ? opacity * 0.6 : Math.max(opacity, 0.7);
    this.#diagonals = diagonals;
  }

  idAt(column: number, row: number): number {
    return this.#ids[(this.#row[row] ?? 0) + (this.#column[column] ?? 0)] ?? 0;
  }

  /** Adds a point's colour, `weight` times. */
  add(sum: Sum, column: number, row: number, weight: number): void {
    const id = this.idAt(column, row);
    if (id === this.#lifted) {
      if (this.#isEdge(this.#rings, id, column, row)) return addWhite(sum, weight);
      return addColor(sum, this.palette, id, weight * this.#liftedStrength);
    }
    const strength = this.#strengths[id] ?? 0;
    if (strength === 0 || (this.#rings > 0 && !this.#isOutlined(id, column, row))) return;
    addColor(sum, this.palette, id, weight * strength);
  }

  #isOutlined(id: number, column: number, row: number): boolean {
    for (let ring = 0; ring < this.#rings; ring++) if (this.#isEdge(ring, id, column, row)) return true;
    return false;
  }

  /** True when another class lies at a distance, given by its place among them. */
  #isEdge(distance: number, id: number, column: number, row: number): boolean {
    const around = this.#around[distance];
    if (around === undefined) return false;
    const ids = this.#ids;
    const here = this.#column[column] ?? 0;
    const level = this.#row[row] ?? 0;
    const left = around.left[column] ?? 0;
    const right = around.right[column] ?? 0;
    const above = around.above[row] ?? 0;
    const below = around.below[row] ?? 0;
    if (ids[level + left] !== id || ids[level + right] !== id) return true;
    if (ids[above + here] !== id || ids[below + here] !== id) return true;
    if (!this.#diagonals) return false;
    if (ids[above + left] !== id || ids[above + right] !== id) return true;
    return ids[below + left] !== id || ids[below + right] !== id;
  }
}

/** Where two masks give different classes, in the colours of a {@link Difference}. */
class DifferingPoints {
  readonly #before: MaskPoints;
  readonly #after: MaskPoints;
  readonly #difference: Difference;
  readonly #opacity: number;

  constructor(before: MaskPoints, after: MaskPoints, difference: Difference, opacity: number) {
    this.#before = before;
    this.#after = after;
    this.#difference = difference;
    this.#opacity = opacity;
  }

  get veil(): number {
    return this.#difference.veil;
  }

  /** Adds the colour of a point that differs, and says whether it does. `along` is its place across the stripes. */
  add(sum: Sum, column: number, row: number, along: number): boolean {
    const { pair, ignored, paint, stripe, veil } = this.#difference;
    const from = this.#before.idAt(column, row);
    const to = this.#after.idAt(column, row);
    if (from === to || from === ignored || to === ignored) return false;
    if (pair !== null && (pair.from !== from || pair.to !== to)) return false;
    const isShown = (palette: Uint8Array, id: number): boolean => (palette[id * 4 + 3] ?? 0) > 0;
    if (!isShown(this.#before.palette, from) && !isShown(this.#after.palette, to)) return false;
    // As the shader's mod: the first stripe goes on to the left of the picture, too.
    const isFirst = paint === 'both' && Math.floor(along / stripe) % 2 === 0;
    addColor(sum, (isFirst ? this.#before : this.#after).palette, isFirst ? from : to, this.#opacity);
    sum[3] = (sum[3] ?? 0) + (1 - this.#opacity) * veil;
    return true;
  }
}

/** The mask's columns (or rows) under a drawing's points; past the picture's border the nearest counts. */
function cells({ scene, origin, rect, samples }: Sampling, mask: Mask, axis: 'x' | 'y', shift: number): Int32Array {
  const side = axis === 'x' ? 'width' : 'height';
  // A mask of another size than the picture is stretched over it.
  const scale = (scene.viewport.scale * scene.picture.width) / mask.width;
  const from = rect[axis] + shift - origin[axis];
  const last = mask[side] - 1;
  return Int32Array.from({ length: rect[side] * samples }, (_, i) =>
    Math.min(last, Math.max(0, Math.floor((from + (i + 0.5) / samples) / scale))),
  );
}

function addColor(sum: Sum, palette: Uint8Array, id: number, strength: number): void {
  sum[0] = (sum[0] ?? 0) + (palette[id * 4] ?? 0) * strength;
  sum[1] = (sum[1] ?? 0) + (palette[id * 4 + 1] ?? 0) * strength;
  sum[2] = (sum[2] ?? 0) + (palette[id * 4 + 2] ?? 0) * strength;
  sum[3] = (sum[3] ?? 0) + strength;
}

function addWhite(sum: Sum, weight: number): void {
  for (let i = 0; i < 3; i++) sum[i] = (sum[i] ?? 0) + 255 * weight;
  sum[3] = (sum[3] ?? 0) + weight;
}
