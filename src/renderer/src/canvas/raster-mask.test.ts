import { describe, expect, it } from 'vitest';
import type { Mask } from '../../../shared/domain/mask';
import { paletteBytes } from './palette-texture';
import { rasterMask } from './raster-mask';
import { referenceMaskColor } from './reference-raster';
import { splitPanes, type MaskLook, type Scene, type SecondMask } from './scene';

const view = { width: 60, height: 44 };
const size = { width: 33, height: 25 };
const fill: MaskLook = { opacity: 0.6, mode: 'fill', outlineWidth: 2, highlight: null };
const outline: MaskLook = { ...fill, mode: 'outline', outlineWidth: 3 };

/** A disc, a pole of one pixel and a chequered corner. */
function maskOf(bytesPerId: 1 | 2, shift: number): Mask {
  const ids = bytesPerId === 1 ? new Uint8Array(size.width * size.height) : new Uint16Array(size.width * size.height);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const at = x - shift;
      const corner = at < 6 && y < 6 ? (at + y) & 1 : null;
      const disc = Math.hypot(at - 20, y - 12) < 7 ? (bytesPerId === 1 ? 250 : 40_000) : null;
      ids[y * size.width + x] = corner ?? (at === 10 ? 2 : (disc ?? (y < 9 ? 3 : 4)));
    }
  }
  return { ...size, bytesPerId, data: new Uint8Array(ids.buffer) };
}

interface Case {
  readonly look: MaskLook;
  readonly bytesPerId?: 1 | 2;
  readonly quality?: Scene['quality'];
  readonly hidden?: readonly number[];
  readonly with?: SecondMask;
}

/** Pixels on which something is painted, and such as differ from the reference by more than rounding. */
function compare(one: Case, scale: number): { painted: number; differing: number } {
  const { look, bytesPerId = 1, quality = 'full', hidden = [] } = one;
  const viewport = { scale, center: { x: 15, y: 13 }, fitted: false };
  const [bare] = splitPanes(view, null, 'mask', look);
  if (bare === undefined) throw new Error('a view has a pane');
  const pane = one.with === undefined ? bare : { ...bare, second: one.with };
  const backdrop: Scene['backdrop'] = { kind: 'plain', color: [0, 0, 0] };
  const scene: Scene = { picture: size, viewport, panes: [pane], backdrop, pixelGrid: false, quality };
  const visibility = { hidden: new Set(hidden), solo: new Set<number>() };
  const palette = paletteBytes(
    bytesPerId,
    (id) => [(id * 53) % 256, (id * 101 + 60) % 256, 255 - (id & 255)],
    visibility,
  );
  const first = { mask: maskOf(bytesPerId, 0), palette };
  const second = { mask: maskOf(bytesPerId, 2), palette };
  // A part that begins beside the corner: its place has to count.
  const rect = { x: 7, y: 5, width: 41, height: 33 };
  const pixels = new Uint8ClampedArray(rect.width * rect.height * 4).fill(100);
  rasterMask({ pixels, rect }, scene, pane, first, one.with === undefined ? undefined : second);
  let painted = 0;
  let differing = 0;
  for (let y = 0; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++) {
      const over = referenceMaskColor(scene, pane, first, { x: x + rect.x, y: y + rect.y }, second);
      const at = (y * rect.width + x) * 4;
      const expected = [0, 1, 2].map((c) => 100 * (1 - over[3]) + (over[c] ?? 0) * 255);
      if (expected.some((value, c) => Math.abs(value - (pixels[at + c] ?? 0)) > 0.51)) differing++;
      if (over[3] > 0) painted++;
      if (pixels[at + 3] !== 100) differing++;
    }
  }
  return { painted, differing };
}

// Stripes between whose borders and the points no rounding has to choose.
const differs = {
  kind: 'difference',
  mask: 's',
  paint: 'to',
  pair: null,
  ignored: null,
  veil: 0.5,
  stripe: 4.71,
} as const;
const cases: readonly (readonly [string, Case])[] = [
  ['fill', { look: fill }],
  ['outline', { look: outline }],
  ['two classes hidden', { look: fill, hidden: [3, 250] }],
  ['outline with a class hidden', { look: outline, hidden: [4] }],
  ['one class lifted out', { look: { ...fill, highlight: 250 } }],
  ['one class lifted out of outlines', { look: { ...outline, highlight: 4 } }],
  ['two-byte ids', { look: fill, bytesPerId: 2 }],
  ['a draft', { look: fill, quality: 'draft' }],
  ['a third of a second mask', { look: fill, with: { kind: 'mix', mask: 's', share: 1 / 3 } }],
  ['outlines of both', { look: outline, with: { kind: 'mix', mask: 's', share: 0.5 } }],
  ['what differs', { look: fill, with: differs }],
  ['what differs, striped', { look: fill, with: { ...differs, paint: 'both' } }],
  ['one change alone', { look: fill, with: { ...differs, pair: { from: 4, to: 250 } } }],
  ['what differs, but for one class', { look: fill, hidden: [2], with: { ...differs, ignored: 4 } }],
];

describe('rasterMask', () => {
  for (const [name, one] of cases) {
    it.each([0.4, 2, 2.37])(`draws ${name} at %f:1 as the shaders do`, (scale) => {
      const { painted, differing } = compare(one, scale);
      expect(painted).toBeGreaterThan(0);
      expect(differing).toBe(0);
    });
  }

  it('leaves alone what no class covers', () => {
    const { painted, differing } = compare({ look: { ...fill, opacity: 0 } }, 1);
    expect({ painted, differing }).toEqual({ painted: 0, differing: 0 });
  });
});
