import { maskIds, type Mask } from '../../../shared/domain/mask';
import { HIGHLIGHT_RIM, outlineRings, samplesPerSide, type MaskLook, type Pane, type Scene } from './scene';
import { pictureOrigin, type Point } from './viewport';

/** Premultiplied, each 0–1. */
type Color = readonly [red: number, green: number, blue: number, alpha: number];

const CLEAR: Color = [0, 0, 0, 0];
const WHITE: Color = [1, 1, 1, 1];

/**
 * What the mask shader does, for tests: the premultiplied colour that a pane's mask contributes to the screen pixel in
 * column x and row y. Slow by design, so that it can be read beside the shader.
 */
export function referenceMaskColor(scene: Scene, pane: Pane, mask: Mask, palette: Uint8Array, at: Point): Color {
  const samples = samplesPerSide(scene.viewport.scale, scene.quality);
  const sum = [0, 0, 0, 0];
  const look = maskLookup(scene, pane, mask);
  for (let row = 0; row < samples; row++) {
    for (let column = 0; column < samples; column++) {
      const point = { x: at.x + (column + 0.5) / samples, y: at.y + (row + 0.5) / samples };
      colorAt(point, look, pane, palette).forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
    }
  }
  const [red = 0, green = 0, blue = 0, alpha = 0] = sum.map((value) => value / samples ** 2);
  return [red, green, blue, alpha];
}

/** True when another class lies at one of these distances (screen pixels) in one of eight directions. */
export function isEdge(classAt: (point: Point) => number, point: Point, distances: readonly number[]): boolean {
  const id = classAt(point);
  return distances.some((d) =>
    [-d, 0, d].some((dy) => [-d, 0, d].some((dx) => classAt({ x: point.x + dx, y: point.y + dy }) !== id)),
  );
}

/** The rings at which an outline's neighbours are looked at, whole screen pixels. */
export function ringDistances(look: MaskLook): number[] {
  const rings = outlineRings(look);
  return Array.from({ length: rings }, (_, ring) => Math.max(1, Math.round((look.outlineWidth * (ring + 1)) / rings)));
}

/** Class id at a screen point; past the picture's border the nearest pixel counts. */
function maskLookup(scene: Scene, pane: Pane, mask: Mask): (point: Point) => number {
  const ids = maskIds(mask);
  const inArea = pictureOrigin(scene.viewport, pane.area);
  const scale = (scene.viewport.scale * scene.picture.width) / mask.width;
  const cell = (value: number, origin: number, length: number): number =>
    Math.min(length - 1, Math.max(0, Math.floor((value - origin) / scale)));
  return ({ x, y }) =>
    ids[cell(y, inArea.y + pane.area.y, mask.height) * mask.width + cell(x, inArea.x + pane.area.x, mask.width)] ?? 0;
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
