import { describe, expect, it } from 'vitest';
import {
  actualSize,
  carriedOver,
  clampToPicture,
  fit,
  fitScale,
  formatZoom,
  MAX_SCALE,
  minScale,
  panBy,
  pictureOrigin,
  pictureToScreen,
  pixelAt,
  resized,
  screenToPicture,
  visiblePart,
  zoomBy,
  zoomStep,
  zoomTo,
  type Point,
  type Size,
  type Viewport,
} from './viewport';

const view: Size = { width: 1000, height: 600 };
const wide: Size = { width: 2000, height: 500 };
const tall: Size = { width: 300, height: 1200 };
const tiny: Size = { width: 1, height: 1 };

function at(scale: number, x: number, y: number): Viewport {
  return { scale, center: { x, y }, fitted: false };
}

describe('fitting', () => {
  it.each([
    ['wide, bound by width', wide, 976 / 2000],
    ['tall, bound by height', tall, 576 / 1200],
    ['a single pixel, bound by the largest scale', tiny, MAX_SCALE],
  ])('%s', (_name, picture, scale) => {
    expect(fitScale(picture, view)).toBeCloseTo(scale, 10);
    const fitted = fit(picture, view);
    expect(fitted.center).toEqual({ x: picture.width / 2, y: picture.height / 2 });
    expect(fitted.fitted).toBe(true);
  });

  it('survives a view without area', () => {
    expect(fitScale(wide, { width: 0, height: 0 })).toBeGreaterThan(0);
  });

  it('fits again when the view is resized, and keeps the middle otherwise', () => {
    const smaller = { width: 500, height: 300 };
    expect(resized(fit(wide, view), wide, smaller)).toEqual(fit(wide, smaller));
    expect(resized(at(2, 700, 200), wide, smaller)).toEqual(at(2, 700, 200));
  });
});

describe('zooming', () => {
  const anchors: Point[] = [
    { x: 500, y: 300 },
    { x: 250, y: 400 },
    { x: 731.5, y: 122.25 },
  ];

  it.each(anchors)('keeps what lies under ($x, $y)', (anchor) => {
    const before = at(2, 900, 250);
    const after = zoomBy(before, wide, view, 1.7, anchor);
    const expected = screenToPicture(before, view, anchor);
    const actual = screenToPicture(after, view, anchor);
    expect(after.scale).toBeCloseTo(3.4, 10);
    expect(actual.x).toBeCloseTo(expected.x, 8);
    expect(actual.y).toBeCloseTo(expected.y, 8);
  });

  it('stays between the least and the largest scale', () => {
    expect(zoomBy(at(2, 900, 250), wide, view, 1e9).scale).toBe(MAX_SCALE);
    expect(zoomBy(at(2, 900, 250), wide, view, 1e-9).scale).toBe(minScale(wide, view));
    expect(minScale(tiny, view)).toBe(1);
  });

  it('is no longer fitted', () => {
    expect(zoomTo(fit(wide, view), wide, view, 1).fitted).toBe(false);
    expect(actualSize(fit(wide, view), wide, view).scale).toBe(1);
  });

  it.each([
    [1, 1, 1.5],
    [1.2, 1, 1.5],
    [1, -1, 2 / 3],
    [0.9, -1, 2 / 3],
    [64, 1, 64],
  ] as const)('steps from %f in direction %i to %f', (from, direction, to) => {
    expect(zoomStep(at(from, 900, 250), wide, view, direction).scale).toBeCloseTo(to, 10);
  });
});

describe('panning', () => {
  it('moves the picture with the hand', () => {
    expect(panBy(at(2, 1000, 250), wide, view, { x: 100, y: -40 }).center).toEqual({ x: 950, y: 270 });
  });

  it.each([
    // 2000 x 500 at 2: 4000 x 1000 on 1000 x 600. Excess 3000 and 400; past the edge by at most 400 and 200.
    ['right end', { x: -1e6, y: 0 }, { x: 1000 + (1500 + 400) / 2, y: 250 }],
    ['left end', { x: 1e6, y: 0 }, { x: 1000 - (1500 + 400) / 2, y: 250 }],
    ['bottom', { x: 0, y: -1e6 }, { x: 1000, y: 250 + (200 + 200) / 2 }],
  ])('stops at the %s', (_name, delta, center) => {
    expect(panBy(at(2, 1000, 250), wide, view, delta).center).toEqual(center);
  });

  it('centres a picture that is smaller than the view', () => {
    expect(clampToPicture(at(0.2, 0, 0), wide, view).center).toEqual({ x: 1000, y: 250 });
  });
});

describe('mapping', () => {
  it.each([0.05, 0.5, 1, 3, 16, 64])('there and back at scale %f', (scale) => {
    const viewport = at(scale, 812.5, 230.25);
    const point = { x: 17.25, y: 593.5 };
    const back = pictureToScreen(viewport, view, screenToPicture(viewport, view, point));
    expect(back.x).toBeCloseTo(point.x, 6);
    expect(back.y).toBeCloseTo(point.y, 6);
  });

  it('puts the corner on a whole screen pixel', () => {
    expect(pictureOrigin(at(3, 10.21, 10.4), view)).toEqual({ x: 469, y: 269 });
  });

  it.each([
    ['first pixel', { x: 492.5, y: 292.5 }, { x: 0, y: 0 }],
    ['its last screen pixel', { x: 495.5, y: 295.5 }, { x: 0, y: 0 }],
    ['the next', { x: 496.5, y: 292.5 }, { x: 1, y: 0 }],
    ['just outside', { x: 491.5, y: 292.5 }, null],
    ['past the end', { x: 508.5, y: 300 }, null],
  ])('%s', (_name, point, pixel) => {
    expect(pixelAt(at(4, 2, 2), { width: 4, height: 4 }, view, point)).toEqual(pixel);
  });
});

it.each([
  ['a small picture as a whole', at(2, 25, 10), { width: 50, height: 20 }, { x: 450, y: 280, width: 100, height: 40 }],
  ['what the view cuts out', at(4, 1000, 250), wide, { x: 0, y: 0, width: 1000, height: 600 }],
  ['a corner', at(4, 0, 0), wide, { x: 500, y: 300, width: 500, height: 300 }],
])('sees %s', (_name, viewport, picture, part) => {
  expect(visiblePart(viewport, picture, view)).toEqual(part);
});

it('keeps the relative place in a picture of another size', () => {
  const moved = carriedOver(at(4, 500, 125), wide, { width: 4000, height: 1000 }, view);
  expect(moved).toEqual(at(4, 1000, 250));
  expect(carriedOver(fit(wide, view), wide, tall, view)).toEqual(fit(tall, view));
});

it.each([
  [1, '100 %'],
  [0.0634, '6.3 %'],
  [16, '1600 %'],
  [0.488, '49 %'],
])('formats %f as %s', (scale, text) => {
  expect(formatZoom(scale)).toBe(text);
});
