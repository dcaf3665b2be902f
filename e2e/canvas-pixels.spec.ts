import type { Page } from '@playwright/test';
import { build } from 'esbuild';
import { join } from 'node:path';
import { writeFrameColors } from '../src/renderer/src/canvas/frame-colors';
import { arrangedPanes, maskName, tilesOf, type Layout } from '../src/renderer/src/canvas/arrangement';
import { paletteBytes } from '../src/renderer/src/canvas/palette-texture';
import { referenceMaskColor } from '../src/renderer/src/canvas/reference-raster';
import {
  DISC_RIM,
  splitPanes,
  type MaskLook,
  type Pane,
  type Scene,
  type SecondMask,
} from '../src/renderer/src/canvas/scene';
import { pictureOrigin, type Viewport } from '../src/renderer/src/canvas/viewport';
import { rawFrameToRgb } from '../src/media/raw-frame';
import { rawFrameBytes } from '../src/shared/domain/raw-frame';
import { base64Of, bytesOf, differing, noteFarthest, openBlank } from './canvas/blank-page';
import type { DrawCase } from './canvas/harness';
import { expect, test } from './fixtures';

/**
 * Every pixel that the shaders draw against the same computed in TypeScript. The page holds the drawing code alone, so
 * this says nothing about React or about the studio, and everything about the masks a user sees.
 */
const view = { width: 120, height: 90 };
const size = { width: 53, height: 37 };
const backdrop = [40, 40, 40] as const;
const fill: MaskLook = { opacity: 0.6, mode: 'fill', outlineWidth: 2, highlight: null };

let page: Page;
let close: () => Promise<void>;

test.beforeAll(async ({ shell }) => {
  const opened = await openBlank(shell);
  page = opened.page;
  close = opened.close;
  const bundle = await build({
    entryPoints: [join(__dirname, 'canvas', 'harness.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'chrome108',
  });
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
});

test.afterAll(() => close());

/** Discs, a pole of one pixel, a diagonal, a chequered corner: what borders look like, on a mask of `classes` ids. */
function classAt(x: number, y: number, classes: number): number {
  if (x < 8 && y < 8) return (x + y) % 2 === 0 ? 0 : classes - 1;
  if (x === 20) return 1;
  if (Math.hypot(x - 35, y - 15) < 9) return Math.hypot(x - 35, y - 15) < 4 ? 2 : 3;
  if (y > 25 && x > y) return classes - 2;
  return y < 12 ? 4 : 5;
}

function maskOf(bytesPerId: 1 | 2, shift = 0): DrawCase['mask'] {
  const data: number[] = [];
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const id = classAt(x - shift, y, bytesPerId === 1 ? 256 : 40_000);
      data.push(id & 255);
      if (bytesPerId === 2) data.push(id >> 8);
    }
  }
  return { ...size, bytesPerId, data: base64Of(data) };
}

interface Options {
  readonly viewport: Viewport;
  readonly look?: Partial<MaskLook>;
  readonly hidden?: readonly number[];
  readonly solo?: readonly number[];
  readonly split?: number;
  readonly bytesPerId?: 1 | 2;
  readonly tileLimit?: number;
  readonly quality?: Scene['quality'];
  /** In place of the panes of a picture with its mask. */
  readonly panes?: readonly Pane[];
}

function caseOf(options: Options): DrawCase {
  const bytesPerId = options.bytesPerId ?? 1;
  const visibility = { hidden: new Set(options.hidden), solo: new Set(options.solo) };
  const palette = paletteBytes(
    bytesPerId,
    (id) => [(id * 53) % 256, (id * 101 + 60) % 256, 255 - (id % 256)],
    visibility,
  );
  // Blended picture pixels would need a second reference; one colour does where scales are not whole.
  const whole = Number.isInteger(options.viewport.scale);
  const picture: number[] = [];
  for (let i = 0; i < size.width * size.height; i++)
    picture.push(...(whole ? [i % 251, (i * 7) % 256, 90] : [90, 60, 30]), 255);
  return {
    view,
    scene: {
      picture: size,
      viewport: options.viewport,
      panes: options.panes ?? splitPanes(view, options.split ?? null, 'mask', { ...fill, ...options.look }),
      backdrop: { kind: 'plain', color: [...backdrop] },
      pixelGrid: false,
      quality: options.quality ?? 'full',
    },
    mask: maskOf(bytesPerId),
    // Borders of the second mask lie elsewhere.
    second: maskOf(bytesPerId, 2),
    palette: base64Of(palette),
    picture: base64Of(picture),
    ...(options.tileLimit === undefined ? {} : { tileLimit: options.tileLimit }),
  };
}

/** RGB of each screen pixel, as the shaders should draw it. */
function reference(draw: DrawCase): number[] {
  const palette = bytesOf(draw.palette);
  const masks = {
    mask: { mask: { ...draw.mask, data: bytesOf(draw.mask.data) }, palette },
    second: { mask: { ...(draw.second ?? draw.mask), data: bytesOf((draw.second ?? draw.mask).data) }, palette },
  };
  const picture = bytesOf(draw.picture);
  const rgb: number[] = [];
  for (let y = 0; y < view.height; y++) {
    for (let x = 0; x < view.width; x++) {
      // The last one that covers the pixel lies on top.
      const pane = draw.scene.panes.filter((one) => covers(one, x + 0.5, y + 0.5)).at(-1);
      const at = pane === undefined ? null : texelAt(draw.scene, pane, x, y);
      const under = at === null ? [...backdrop] : [...picture.subarray(at, at + 3)];
      const first = pane?.mask === 'second' ? masks.second : masks.mask;
      const drawn = at !== null && pane !== undefined && pane.mask !== null;
      const rim = rimAt(draw.scene.panes, x + 0.5, y + 0.5);
      if (rim !== null) {
        rgb.push(rim, rim, rim);
        continue;
      }
      const over = drawn
        ? referenceMaskColor(draw.scene, pane, first, { x, y }, masks.second)
        : ([0, 0, 0, 0] as const);
      rgb.push(...under.map((value, i) => value * (1 - over[3]) + (over[i] ?? 0) * 255));
    }
  }
  return rgb;
}

function covers({ clip, disc }: Pane, x: number, y: number): boolean {
  if (disc !== undefined) return Math.hypot(x - disc.center.x, y - disc.center.y) < disc.radius;
  return x >= clip.x && x < clip.x + clip.width && y >= clip.y && y < clip.y + clip.height;
}

/** Around a disc: white, then black. */
function rimAt(panes: readonly Pane[], x: number, y: number): number | null {
  const disc = panes.find((pane) => pane.disc !== undefined)?.disc;
  if (disc === undefined) return null;
  const outside = Math.hypot(x - disc.center.x, y - disc.center.y) - disc.radius;
  if (outside < 0 || outside >= DISC_RIM) return null;
  return outside < DISC_RIM / 2 ? 255 : 0;
}

/** Where the picture pixel under a screen pixel begins, or null beside the picture. */
function texelAt({ viewport: { scale }, viewport }: Scene, { area }: Pane, x: number, y: number): number | null {
  const inArea = pictureOrigin(viewport, area);
  const origin = { x: inArea.x + area.x, y: inArea.y + area.y };
  const column = Math.floor((x + 0.5 - origin.x) / scale);
  const row = Math.floor((y + 0.5 - origin.y) / scale);
  const right = Math.round(origin.x + size.width * scale);
  const bottom = Math.round(origin.y + size.height * scale);
  if (x < origin.x || y < origin.y || x >= right || y >= bottom) return null;
  return (Math.min(row, size.height - 1) * size.width + Math.min(column, size.width - 1)) * 4;
}

/** RGB of each screen pixel, as the shaders do draw it. */
async function drawn(draw: DrawCase): Promise<number[]> {
  return rgbOf(await page.evaluate((one) => window.harness.draw(one), draw));
}

function rgbOf(pixels: string): number[] {
  const bytes = bytesOf(pixels);
  const rgb: number[] = [];
  for (let y = view.height - 1; y >= 0; y--) {
    for (let i = y * view.width * 4; i < (y + 1) * view.width * 4; i++) if (i % 4 !== 3) rgb.push(bytes[i] ?? 0);
  }
  return rgb;
}

function at(scale: number, x = 26, y = 18): Viewport {
  return { scale, center: { x, y }, fitted: false };
}

const looks: readonly (readonly [string, Omit<Options, 'viewport'>])[] = [
  ['fill', {}],
  ['fill at full opacity', { look: { opacity: 1 } }],
  ['mask hidden', { look: { opacity: 0 } }],
  ['outline', { look: { mode: 'outline' } }],
  ['wide outline', { look: { mode: 'outline', outlineWidth: 5, opacity: 1 } }],
  ['two classes hidden', { hidden: [4, 3] }],
  ['one class alone, outlined', { solo: [3], look: { mode: 'outline' } }],
  ['one class lifted out', { look: { highlight: 3 } }],
  ['one class lifted out of outlines', { look: { highlight: 5, mode: 'outline' } }],
  ['two-byte ids', { bytesPerId: 2 }],
  ['two-byte ids outlined', { bytesPerId: 2, look: { mode: 'outline' } }],
  ['tiles of sixteen pixels', { tileLimit: 16, look: { mode: 'outline' } }],
  ['original left of a divider', { split: 0.4 }],
];

for (const [name, options] of looks) {
  for (const scale of [0.4, 1, 2.37, 16]) {
    test(`${name} at ${scale}:1 is what it should be`, async () => {
      const draw = caseOf({ ...options, viewport: at(scale) });
      const actual = await drawn(draw);
      noteFarthest(actual, reference(draw));
      // Where scales are not whole a sample can fall on a border, which side of it is then up to rounding.
      expect(differing(actual, reference(draw))).toBeLessThanOrEqual(Number.isInteger(scale) ? 0 : 0.005);
    });
  }
}

const whole = { x: 0, y: 0, ...view };
const differs = {
  kind: 'difference',
  mask: 'second',
  paint: 'to',
  pair: null,
  ignored: null,
  veil: 0.5,
  stripe: 5,
} as const;
const compared: readonly (readonly [string, Omit<Options, 'viewport'> & { readonly with: SecondMask }])[] = [
  ['a third of the second mask', { with: { kind: 'mix', mask: 'second', share: 1 / 3 } }],
  ['outlines of both', { with: { kind: 'mix', mask: 'second', share: 0.5 }, look: { mode: 'outline', opacity: 1 } }],
  ['what differs', { with: differs }],
  ['what differs, in stripes of both classes', { with: { ...differs, paint: 'both' }, tileLimit: 16 }],
  ['one change alone', { with: { ...differs, pair: { from: 5, to: 254 } } }],
  ['what differs of two-byte ids, but for one', { with: { ...differs, ignored: 4 }, bytesPerId: 2 }],
];
for (const [name, options] of compared) {
  for (const scale of [1, 2.37]) {
    test(`${name} at ${scale}:1 is what it should be`, async () => {
      const pane = { area: whole, clip: whole, mask: 'mask', look: { ...fill, ...options.look }, second: options.with };
      const draw = caseOf({ ...options, viewport: at(scale), panes: [pane] });
      const expected = reference(draw);
      expect(differing(await drawn(draw), expected)).toBeLessThanOrEqual(Number.isInteger(scale) ? 0 : 0.005);
      // The same without the second mask is something else.
      expect(differing(reference(caseOf({ ...options, viewport: at(scale) })), expected)).toBeGreaterThan(0.01);
    });
  }
}

test('tiles show the same place, each with its own mask', async () => {
  const layout: Layout = { kind: 'tiles', sides: [0, 1] };
  const tiles = tilesOf(layout, view, size);
  const panes = arrangedPanes(layout, tiles, fill, null, false);
  const named = panes.map((pane) => ({ ...pane, mask: pane.mask === maskName(0) ? 'mask' : 'second' }));
  const draw = caseOf({ viewport: at(2, 20, 15), panes: named });
  expect(differing(await drawn(draw), reference(draw))).toBe(0);
});

test('a lens shows another mask in a disc, and covers what is below', async () => {
  const layout: Layout = { kind: 'lens', under: 0, inside: 1, radius: 25 };
  const panes = arrangedPanes(layout, [whole], fill, { x: 70, y: 40 }, false);
  const named = panes.map((pane) => ({ ...pane, mask: pane.mask === maskName(0) ? 'mask' : 'second' }));
  const draw = caseOf({ viewport: at(3), panes: named });
  // The disc is a polygon: pixels at its rims may be in or out.
  expect(differing(await drawn(draw), reference(draw))).toBeLessThan(0.01);
  expect(
    differing(await drawn({ ...draw, scene: { ...draw.scene, panes: named.slice(0, 1) } }), reference(draw)),
  ).toBeGreaterThan(0.02);
});

test('a picture moved out of the middle is where the arithmetic says', async () => {
  const draw = caseOf({ viewport: at(4, 3.3, 30.9) });
  expect(differing(await drawn(draw), reference(draw))).toBe(0);
});

test('a draft takes one sample for each screen pixel', async () => {
  const draw = caseOf({ viewport: at(1.5), quality: 'draft' });
  const actual = await drawn(draw);
  expect(differing(actual, reference(draw))).toBeLessThanOrEqual(0.005);
  expect(differing(actual, reference(caseOf({ viewport: at(1.5) })))).toBeGreaterThan(0.01);
});

test('the reference tells a fill from an outline', () => {
  const outlined = reference(caseOf({ viewport: at(3), look: { mode: 'outline' } }));
  expect(differing(reference(caseOf({ viewport: at(3) })), outlined)).toBeGreaterThan(0.2);
});

test('everything is drawn again after the graphics context was lost', async () => {
  const draw = caseOf({ viewport: at(3) });
  const { blank, pixels } = await page.evaluate((one) => window.harness.drawAfterLoss(one), draw);
  expect(blank).toBe(true);
  expect(differing(rgbOf(pixels), reference(draw))).toBe(0);
});

const frameKinds = [
  { format: 'i420', matrix: 'bt709', fullRange: false, isSmooth: false, isPatient: false },
  { format: 'i420', matrix: 'bt601', fullRange: true, isSmooth: false, isPatient: true },
  { format: 'i420', matrix: 'bt601', fullRange: false, isSmooth: true, isPatient: false },
  { format: 'nv12', matrix: 'bt601', fullRange: false, isSmooth: false, isPatient: true },
  { format: 'nv12', matrix: 'bt709', fullRange: true, isSmooth: true, isPatient: false },
  { format: 'rgba', matrix: 'bt709', fullRange: true, isSmooth: false, isPatient: false },
  { format: 'rgba', matrix: 'bt709', fullRange: true, isSmooth: true, isPatient: false },
] as const;
for (const { isSmooth, isPatient, ...kind } of frameKinds) {
  const how = `${isSmooth ? 'smooth' : 'straight'}${isPatient ? ', beside the canvas' : ''}`;
  test(`a frame has the colours that the engine is fed: ${Object.values(kind).join(', ')}, ${how}`, async () => {
    // Odd: the last column and row share their chroma with none.
    const frame = { ...kind, width: 41, height: 23 };
    const data = Uint8Array.from({ length: rawFrameBytes(frame) }, (_, i) => (i * 89 + (i >> 5) * 31) % 256);
    const small = { ...kind, width: 16, height: 8 };
    const frames = [
      { ...small, data: base64Of(new Uint8Array(rawFrameBytes(small))) },
      { ...frame, data: base64Of(data) },
    ];
    const drawing = { isSmooth, isPatient };
    const pixels = await page.evaluate((one) => window.harness.drawFrames(one.frames, one.drawing), {
      frames,
      drawing,
    });
    const bytes = bytesOf(pixels);
    const expected = rawFrameToRgb({ ...frame, data });
    const [actual, wanted]: [number[], number[]] = [[], []];
    for (let y = 0; y < frame.height; y++) {
      for (let x = 0; x < frame.width; x++) {
        const from = ((frame.height - 1 - y) * frame.width + x) * 4;
        const to = (y * frame.width + x) * expected.channels;
        for (const c of [0, 1, 2]) {
          actual.push(bytes[from + c] ?? -99);
          wanted.push(expected.pixels[to + c] ?? 0);
        }
      }
    }
    noteFarthest(actual, wanted);
    expect(differing(actual, wanted)).toBe(0);
    const colors = new Uint8ClampedArray(frame.width * frame.height * 4);
    writeFrameColors({ ...frame, data }, colors);
    expect(
      differing(
        [...colors].filter((_, i) => i % 4 !== 3),
        wanted,
      ),
    ).toBe(0);
  });
}

test('the processor draws what the graphics card does', async () => {
  const area = whole;
  const lens = arrangedPanes({ kind: 'lens', under: 0, inside: 1, radius: 25 }, [whole], fill, { x: 70, y: 40 }, false);
  const named = lens.map((pane) => ({ ...pane, mask: pane.mask === maskName(0) ? 'mask' : 'second' }));
  const striped: Pane = { area, clip: area, mask: 'mask', look: fill, second: { ...differs, paint: 'both' } };
  const checker = { kind: 'checker', even: [94, 94, 94], odd: [106, 106, 106] } as const;
  const cases: Options[] = [
    { viewport: at(0.4) },
    { viewport: at(1, 3.3, 30.9), split: 0.4, hidden: [4] },
    { viewport: at(2.37), look: { mode: 'outline' }, bytesPerId: 2 },
    { viewport: at(3), panes: named },
    { viewport: at(4), panes: [striped] },
    { viewport: at(16), look: { highlight: 3 } },
  ];
  for (const options of cases) {
    const draw = caseOf(options);
    const scene: Scene = { ...draw.scene, backdrop: { ...checker, even: [...checker.even], odd: [...checker.odd] } };
    const both = { ...draw, scene: { ...scene, pixelGrid: true } };
    const expected = await drawn(both);
    const actual = rgbOf(await page.evaluate((one) => window.harness.drawByProcessor(one), both));
    noteFarthest(actual, expected);
    // A disc of the card's is a polygon.
    expect(differing(actual, expected)).toBeLessThan(0.002);
  }
});

test('the pixel grid begins where pixels can be told apart', async () => {
  const withGrid = (scale: number) => {
    const draw = caseOf({ viewport: at(scale) });
    return { ...draw, scene: { ...draw.scene, pixelGrid: true } };
  };
  const near = withGrid(16);
  const lines = differing(await drawn(near), reference(near));
  // One column and one row of sixteen, less what the grid's grey happens to equal.
  expect(lines).toBeGreaterThan(0.08);
  expect(lines).toBeLessThan(0.13);
  const far = withGrid(8);
  expect(differing(await drawn(far), reference(far))).toBe(0);
});
