import { maskIds, type Mask } from '../../../shared/domain/mask';
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
      sum.fill(0);
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
      sum.fill(0);
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

function putOver(pixels: Uint8ClampedArray, at: number, sum: Sum, points: number): void {
  const [red = 0, green = 0, blue = 0, alpha = 0] = sum;
  if (alpha === 0) return;
  const rest = 1 - alpha / points;
  pixels[at] = (pixels[at] ?? 0) * rest + red / points;
  pixels[at + 1] = (pixels[at + 1] ?? 0) * rest + green / points;
  pixels[at + 2] = (pixels[at + 2] ?? 0) * rest + blue / points;
}

/** The classes and colours of one mask at the points of a drawing. Columns and rows count points, not pixels. */
class MaskPoints {
  readonly palette: Uint8Array;
  readonly #ids: Uint8Array | Uint16Array;
  /** For each distance, none first, then to either side: the mask's column, or the place at which its row begins. */
  readonly #columns: readonly Int32Array[];
  readonly #rows: readonly Int32Array[];
  readonly #rings: number;
  readonly #look: MaskLook;
  readonly #diagonals: boolean;

  constructor({ mask, palette }: Layer, sampling: Sampling, look: MaskLook, diagonals: boolean) {
    this.palette = palette;
    this.#ids = maskIds(mask);
    this.#look = look;
    this.#rings = ringDistances(look).length;
    this.#diagonals = diagonals;
    const shifts = [0, ...sampling.distances.flatMap((distance) => [-distance, distance])];
    this.#columns = shifts.map((shift) => cells(sampling, mask, 'x', shift));
    this.#rows = shifts.map((shift) => cells(sampling, mask, 'y', shift).map((row) => row * mask.width));
  }

  idAt(column: number, row: number): number {
    return this.#at(0, 0, column, row);
  }

  /** Adds a point's colour, `weight` times. */
  add(sum: Sum, column: number, row: number, weight: number): void {
    const { opacity, highlight, mode } = this.#look;
    const id = this.idAt(column, row);
    if (highlight !== null && id === highlight) {
      if (this.#isEdge(this.#rings, id, column, row)) return addWhite(sum, weight);
      return addColor(sum, this.palette, id, weight * (mode === 'outline' ? opacity * 0.6 : Math.max(opacity, 0.7)));
    }
    const strength = ((this.palette[id * 4 + 3] ?? 0) / 255) * opacity * (highlight === null ? 1 : 0.3);
    if (strength === 0 || (mode === 'outline' && !this.#isOutlined(id, column, row))) return;
    addColor(sum, this.palette, id, weight * strength);
  }

  #at(acrossShift: number, downShift: number, column: number, row: number): number {
    return this.#ids[(this.#rows[downShift]?.[row] ?? 0) + (this.#columns[acrossShift]?.[column] ?? 0)] ?? 0;
  }

  #isOutlined(id: number, column: number, row: number): boolean {
    for (let ring = 0; ring < this.#rings; ring++) if (this.#isEdge(ring, id, column, row)) return true;
    return false;
  }

  /** True when another class lies at a distance, given by its place among them. */
  #isEdge(distance: number, id: number, column: number, row: number): boolean {
    const less = 2 * distance + 1;
    const more = less + 1;
    const isOther = (across: number, down: number): boolean => this.#at(across, down, column, row) !== id;
    if (isOther(less, 0) || isOther(more, 0) || isOther(0, less) || isOther(0, more)) return true;
    if (!this.#diagonals) return false;
    return isOther(less, less) || isOther(more, less) || isOther(less, more) || isOther(more, more);
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
