import type { Mask } from '../../../shared/domain/mask';
import { maskIds } from '../../../shared/mask-ids';
import { HIGHLIGHT_RIM, ringDistances, samplesPerSide, type Pane, type Scene } from './scene';
import { originOf } from './screen-rect';
import type { Point } from './viewport';

/** Premultiplied, each 0–1. */
type Color = readonly [red: number, green: number, blue: number, alpha: number];

const CLEAR: Color = [0, 0, 0, 0];
const WHITE: Color = [1, 1, 1, 1];

export interface ReferenceMask {
  readonly mask: Mask;
  /** See paletteBytes. */
  readonly palette: Uint8Array;
}

/**
 * What the mask shader does, for tests: the premultiplied colour that a pane's mask contributes to the screen pixel in
 * column x and row y, with a second mask where the pane has one. Slow by design, so that it can be read beside the
 * shader.
 */
export function referenceMaskColor(
  scene: Scene,
  pane: Pane,
  first: ReferenceMask,
  at: Point,
  second: ReferenceMask = first,
): Color {
  const samples = samplesPerSide(scene.viewport.scale, scene.quality);
  const found: Color[] = [];
  const colorAt = pointColor(scene, pane, first, second);
  for (let row = 0; row < samples; row++) {
    for (let column = 0; column < samples; column++) {
      found.push(colorAt({ x: at.x + (column + 0.5) / samples, y: at.y + (row + 0.5) / samples }));
    }
  }
  // One that differs is enough; the veil alone is what the others have.
  const veil = pane.second?.kind === 'difference' ? pane.second.veil : null;
  const differing = found.filter((color) => color[3] !== veil);
  const counted = differing.length > 0 ? differing : found;
  const mean = (i: 0 | 1 | 2 | 3): number => counted.reduce((sum, color) => sum + color[i], 0) / counted.length;
  return [mean(0), mean(1), mean(2), mean(3)];
}

function pointColor(scene: Scene, pane: Pane, first: ReferenceMask, second: ReferenceMask): (point: Point) => Color {
  const before = maskLookup(scene, pane, first.mask);
  const after = maskLookup(scene, pane, second.mask);
  const kind = pane.second?.kind;
  if (kind === undefined) return (point) => colorAt(point, before, pane, first.palette);
  if (kind === 'difference') {
    const origin = originOf(scene, pane);
    return (point) => differenceAt(point, { before, after, origin }, pane, [first.palette, second.palette]);
  }
  const share = pane.second?.kind === 'mix' ? pane.second.share : 0;
  return (point) => {
    const other = colorAt(point, after, pane, second.palette);
    const mixed = colorAt(point, before, pane, first.palette).map((v, i) => v * (1 - share) + (other[i] ?? 0) * share);
    const [red = 0, green = 0, blue = 0, alpha = 0] = mixed;
    return [red, green, blue, alpha];
  };
}

interface Lookups {
  readonly before: (point: Point) => number;
  readonly after: (point: Point) => number;
  readonly origin: Point;
}

function differenceAt(
  point: Point,
  { before, after, origin }: Lookups,
  { second, look }: Pane,
  palettes: readonly [Uint8Array, Uint8Array],
): Color {
  if (second?.kind !== 'difference') return CLEAR;
  const [from, to] = [before(point), after(point)];
  const [old, now] = [palettes[0].subarray(from * 4, from * 4 + 4), palettes[1].subarray(to * 4, to * 4 + 4)];
  const { pair, veil } = second;
  const asked = pair === null || (pair.from === from && pair.to === to);
  const drawn = ![from, to].includes(second.ignored ?? -1) && Math.max(old[3] ?? 0, now[3] ?? 0) > 0;
  if (from === to || !drawn || !asked) return [0, 0, 0, veil];
  const stripe = Math.floor((point.x - origin.x + point.y - origin.y) / second.stripe);
  const shown = second.paint === 'both' && stripe % 2 === 0 ? old : now;
  const [red = 0, green = 0, blue = 0] = [...shown].map((value) => (value / 255) * look.opacity);
  return [red, green, blue, look.opacity + (1 - look.opacity) * veil];
}

/** True when another class lies at one of these distances (screen pixels) in one of eight directions. */
export function isEdge(classAt: (point: Point) => number, point: Point, distances: readonly number[]): boolean {
  const id = classAt(point);
  return distances.some((d) =>
    [-d, 0, d].some((dy) => [-d, 0, d].some((dx) => classAt({ x: point.x + dx, y: point.y + dy }) !== id)),
  );
}

/** Class id at a screen point; past the picture's border the nearest pixel counts. */
function maskLookup(scene: Scene, pane: Pane, mask: Mask): (point: Point) => number {
  const ids = maskIds(mask);
  const origin = originOf(scene, pane);
  const scale = (scene.viewport.scale * scene.picture.width) / mask.width;
  const cell = (value: number, from: number, length: number): number =>
    Math.min(length - 1, Math.max(0, Math.floor((value - from) / scale)));
  return ({ x, y }) => ids[cell(y, origin.y, mask.height) * mask.width + cell(x, origin.x, mask.width)] ?? 0;
}

function colorAt(point: Point, classAt: (point: Point) => number, { look }: Pane, palette: Uint8Array): Color {
  const id = classAt(point);
  const [red = 0, green = 0, blue = 0, visible = 0] = palette.subarray(id * 4, id * 4 + 4);
  const shaded = (alpha: number): Color => [(red / 255) * alpha, (green / 255) * alpha, (blue / 255) * alpha, alpha];
  const outlined = look.mode === 'outline';
  let strength = visible / 255;
  if (look.highlight !== null) {
    if (id === look.highlight) {
      if (isEdge(classAt, point, [HIGHLIGHT_RIM])) return WHITE;
      return shaded(outlined ? look.opacity * 0.6 : Math.max(look.opacity, 0.7));
    }
    strength *= 0.3;
  }
  if (strength === 0 || look.opacity === 0) return CLEAR;
  if (outlined && !isEdge(classAt, point, ringDistances(look))) return CLEAR;
  return shaded(strength * look.opacity);
}
