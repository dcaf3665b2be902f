/**
 * Where the picture lies on the screen. Pure arithmetic.
 *
 * Two units: **picture pixels** (the mask's) and **screen pixels**, by which device pixels of the canvas are meant, not
 * CSS pixels, so that 1:1 is one picture pixel on one pixel of the display whatever the display's scaling.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Point, Size {}

/**
 * Kept without the size of the view, so that several views (Compare's panes, a resized window) can share one and show
 * the same place at the same size.
 */
export interface Viewport {
  /** Screen pixels for each picture pixel. */
  readonly scale: number;
  /** Picture coordinates of the middle of the view. */
  readonly center: Point;
  /** True while the picture is fitted: a resized view then fits it again. */
  readonly fitted: boolean;
}

export const MAX_SCALE = 64;
/** Free space around a fitted picture, screen pixels at each side. */
const FIT_MARGIN = 12;
/** How far past its edge the picture may be dragged, as a share of the view. */
const OVERSCROLL = 0.4;
const ZOOM_STEPS = [
  0.01,
  0.02,
  0.05,
  0.1,
  0.125,
  0.25,
  1 / 3,
  0.5,
  2 / 3,
  1,
  1.5,
  2,
  3,
  4,
  6,
  8,
  12,
  16,
  24,
  32,
  48,
  64,
];

export function fitScale(picture: Size, view: Size): number {
  const width = Math.max(1, view.width - 2 * FIT_MARGIN);
  const height = Math.max(1, view.height - 2 * FIT_MARGIN);
  return Math.min(MAX_SCALE, width / picture.width, height / picture.height);
}

/** The least scale: half of what fits, or 1:1 for pictures smaller than that. */
export function minScale(picture: Size, view: Size): number {
  return Math.min(1, fitScale(picture, view) / 2);
}

export function fit(picture: Size, view: Size): Viewport {
  return { scale: fitScale(picture, view), center: middleOf(picture), fitted: true };
}

/** Exactly one screen pixel for each picture pixel, around `anchor` (a screen point; the middle when left out). */
export function actualSize(viewport: Viewport, picture: Size, view: Size, anchor?: Point): Viewport {
  return zoomTo(viewport, picture, view, 1, anchor);
}

/** Zooms so that the picture point under `anchor` (a screen point; the middle when left out) stays where it is. */
export function zoomTo(viewport: Viewport, picture: Size, view: Size, scale: number, anchor?: Point): Viewport {
  const wanted = clamp(scale, minScale(picture, view), MAX_SCALE);
  const fixed = anchor ?? { x: view.width / 2, y: view.height / 2 };
  const under = screenToPicture(viewport, view, fixed);
  const center = {
    x: under.x - (fixed.x - view.width / 2) / wanted,
    y: under.y - (fixed.y - view.height / 2) / wanted,
  };
  return clampToPicture({ scale: wanted, center, fitted: false }, picture, view);
}

export function zoomBy(viewport: Viewport, picture: Size, view: Size, factor: number, anchor?: Point): Viewport {
  return zoomTo(viewport, picture, view, viewport.scale * factor, anchor);
}

/** The next of the round zoom factors, up or down. */
export function zoomStep(viewport: Viewport, picture: Size, view: Size, direction: 1 | -1, anchor?: Point): Viewport {
  const { scale } = viewport;
  const next =
    direction === 1
      ? ZOOM_STEPS.find((step) => step > scale * 1.001)
      : ZOOM_STEPS.filter((step) => step < scale * 0.999).at(-1);
  return zoomTo(viewport, picture, view, next ?? scale, anchor);
}

/** Moves the picture by so many screen pixels (positive: right and down). */
export function panBy(viewport: Viewport, picture: Size, view: Size, delta: Point): Viewport {
  const center = {
    x: viewport.center.x - delta.x / viewport.scale,
    y: viewport.center.y - delta.y / viewport.scale,
  };
  return clampToPicture({ ...viewport, center, fitted: false }, picture, view);
}

/** For a view that was resized: a fitted picture is fitted again, any other keeps what its middle showed. */
export function resized(viewport: Viewport, picture: Size, view: Size): Viewport {
  return viewport.fitted ? fit(picture, view) : clampToPicture(viewport, picture, view);
}

/**
 * Keeps the picture in reach. Where it is smaller than the view it is centred; where larger, its edge may come a little
 * way into the view. The bound grows from nothing as the picture outgrows the view, so zooming never jumps.
 */
export function clampToPicture(viewport: Viewport, picture: Size, view: Size): Viewport {
  const axis = (center: number, length: number, visible: number): number => {
    const excess = Math.max(0, length * viewport.scale - visible);
    const reach = (excess / 2 + Math.min(excess / 2, visible * OVERSCROLL)) / viewport.scale;
    return clamp(center, length / 2 - reach, length / 2 + reach);
  };
  const center = {
    x: axis(viewport.center.x, picture.width, view.width),
    y: axis(viewport.center.y, picture.height, view.height),
  };
  return { ...viewport, center };
}

/**
 * Screen position of the picture's top left corner, on a whole pixel: picture pixels then meet screen pixels exactly at
 * every whole scale, and nothing shimmers while panning.
 */
export function pictureOrigin(viewport: Viewport, view: Size): Point {
  return {
    x: Math.round(view.width / 2 - viewport.center.x * viewport.scale),
    y: Math.round(view.height / 2 - viewport.center.y * viewport.scale),
  };
}

/** Picture coordinates (with fractions, and outside of the picture too) of a screen point. */
export function screenToPicture(viewport: Viewport, view: Size, point: Point): Point {
  return {
    x: viewport.center.x + (point.x - view.width / 2) / viewport.scale,
    y: viewport.center.y + (point.y - view.height / 2) / viewport.scale,
  };
}

export function pictureToScreen(viewport: Viewport, view: Size, point: Point): Point {
  return {
    x: view.width / 2 + (point.x - viewport.center.x) * viewport.scale,
    y: view.height / 2 + (point.y - viewport.center.y) * viewport.scale,
  };
}

/** The picture pixel drawn at a screen point, or null outside of the picture. Agrees with what the shader draws. */
export function pixelAt(viewport: Viewport, picture: Size, view: Size, point: Point): Point | null {
  const origin = pictureOrigin(viewport, view);
  const x = Math.floor((point.x - origin.x) / viewport.scale);
  const y = Math.floor((point.y - origin.y) / viewport.scale);
  return x >= 0 && y >= 0 && x < picture.width && y < picture.height ? { x, y } : null;
}

/** The part of the view that the picture covers, whole screen pixels; without area when it covers none. */
export function visiblePart(viewport: Viewport, picture: Size, view: Size): Rect {
  const origin = pictureOrigin(viewport, view);
  const x = Math.max(0, origin.x);
  const y = Math.max(0, origin.y);
  const right = Math.min(view.width, Math.round(origin.x + picture.width * viewport.scale));
  const bottom = Math.min(view.height, Math.round(origin.y + picture.height * viewport.scale));
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

/** The same relative place at the same relative size in a picture of another size (the next of the film strip). */
export function carriedOver(viewport: Viewport, from: Size, to: Size, view: Size): Viewport {
  if (viewport.fitted) return fit(to, view);
  const center = { x: (viewport.center.x / from.width) * to.width, y: (viewport.center.y / from.height) * to.height };
  return clampToPicture({ ...viewport, center }, to, view);
}

/** `100 %`, `6.3 %`, `1600 %`. */
export function formatZoom(scale: number): string {
  const percent = scale * 100;
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

function middleOf(picture: Size): Point {
  return { x: picture.width / 2, y: picture.height / 2 };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
