import type { Rgb } from '../../../shared/domain/model';
import type { Point, Rect, Size, Viewport } from './viewport';

/** How a mask lies over the picture. Widths are screen pixels. */
export interface MaskLook {
  /** 0–1. */
  readonly opacity: number;
  readonly mode: 'fill' | 'outline';
  /** Width of an outline inside each class. */
  readonly outlineWidth: number;
  /** Class id to be lifted out while the others step back, or null. */
  readonly highlight: number | null;
}

/**
 * A part of the canvas. Original and overlay beside a divider are two panes that share an `area` (what the viewport
 * refers to) and have a `clip` of their own; Compare's panes have areas of their own.
 */
export interface Pane {
  readonly area: Rect;
  readonly clip: Rect;
  /** Name of the mask to draw, or null for the bare picture. */
  readonly mask: string | null;
  readonly look: MaskLook;
  /** A second mask that is drawn together with the first. */
  readonly second?: SecondMask;
  /** Nothing of the pane is drawn outside of it; what lies below is covered. */
  readonly disc?: Disc;
}

/** A circle on the canvas, screen pixels. */
export interface Disc {
  readonly center: Point;
  readonly radius: number;
}

/** What a second mask does to the first. Both belong to the picture; `mask` is its name. */
export type SecondMask =
  /** `share` (0–1) of the second one's colours, the rest of the first one's. */
  { readonly kind: 'mix'; readonly mask: string; readonly share: number } | Difference;

/** Only pixels to which the two give different classes are coloured; a dark veil lies over the others. */
export interface Difference {
  readonly kind: 'difference';
  readonly mask: string;
  /** The second mask's class alone, or stripes of both. */
  readonly paint: 'to' | 'both';
  /** Only this change of the first mask's class to the second one's; all when null. */
  readonly pair: { readonly from: number; readonly to: number } | null;
  /** Id that stands for no class in either mask, or null; it differs from nothing. */
  readonly ignored: number | null;
  /** Opacity of the veil, 0–1. */
  readonly veil: number;
  /** Width of a stripe, screen pixels. */
  readonly stripe: number;
}

export type Backdrop =
  { readonly kind: 'plain'; readonly color: Rgb } | { readonly kind: 'checker'; readonly even: Rgb; readonly odd: Rgb };

/** Everything that is drawn but for the pixels themselves. All lengths are screen pixels. */
export interface Scene {
  /** Size of the picture in picture pixels: the mask's, whatever the resolution of its texture. */
  readonly picture: Size;
  readonly viewport: Viewport;
  readonly panes: readonly Pane[];
  readonly backdrop: Backdrop;
  /** Lines between picture pixels, once these are large enough to see. */
  readonly pixelGrid: boolean;
  /**
   * Less than `full` is for machines that draw without a graphics card: `fair` while nothing moves, with fewer samples
   * and neighbours; `draft` takes one sample for each screen pixel.
   */
  readonly quality: 'full' | 'fair' | 'draft';
}

/** Around a disc, screen pixels: half of it white beside the disc, half of it black. */
export const DISC_RIM = 2;
/** Cell of the checkerboard, screen pixels. */
export const CHECKER_CELL = 12;
/** The pixel grid begins to show at the first scale and is fully there at the second. */
const GRID_SCALES = [10, 16] as const;
const GRID_STRENGTH = 0.4;
/** Rim of a highlighted class, screen pixels. */
export const HIGHLIGHT_RIM = 1.5;

export function gridStrength(scale: number): number {
  const [from, to] = GRID_SCALES;
  return GRID_STRENGTH * Math.min(1, Math.max(0, (scale - from) / (to - from)));
}

/**
 * Points along each side of a screen pixel at which class colours are taken. One is exact where whole picture pixels
 * meet whole screen pixels; elsewhere averaging keeps borders smooth and thin things from flickering.
 */
export function samplesPerSide(scale: number, quality: Scene['quality']): number {
  if (quality === 'draft') return 1;
  if (scale >= 1 && Number.isInteger(scale)) return 1;
  return scale >= 0.5 || quality === 'fair' ? 2 : 3;
}

/**
 * Opacity at which a mask is drawn for what the user has set. Outlines cover little and vanish at an opacity that suits
 * fills, so that theirs rises faster; none stays none and full stays full.
 */
export function drawnOpacity(mode: MaskLook['mode'], opacity: number): number {
  return mode === 'fill' ? opacity : 1 - (1 - opacity) ** 3;
}

/** Rings of neighbours to look at, so that nothing thicker than two screen pixels slips through an outline's width. */
export function outlineRings({ mode, outlineWidth }: MaskLook): number {
  return mode === 'outline' ? Math.max(1, Math.ceil(outlineWidth / 2)) : 0;
}

/** The rings at which an outline's neighbours are looked at, whole screen pixels. */
export function ringDistances(look: MaskLook): number[] {
  const rings = outlineRings(look);
  return Array.from({ length: rings }, (_, ring) => Math.max(1, Math.round((look.outlineWidth * (ring + 1)) / rings)));
}

/**
 * Width of an outline in picture pixels that looks as on the screen: `width` screen pixels at `scale`. Magnified, a
 * screen pixel is less than a picture's; files are looked at as a whole, so that 1:1 counts then.
 */
export function exportedOutlineWidth(width: number, scale: number): number {
  return Math.min(256, Math.max(1, Math.round(width / Math.min(1, scale))));
}

/** The panes of a picture with its mask, and with the bare picture left of a divider at `split` (0–1) if there is one. */
export function splitPanes(view: Size, split: number | null, mask: string | null, look: MaskLook): Pane[] {
  const area = { x: 0, y: 0, ...view };
  if (split === null) return [{ area, clip: area, mask, look }];
  const at = Math.round(view.width * Math.min(1, Math.max(0, split)));
  return [
    { area, clip: { ...area, width: at }, mask: null, look },
    { area, clip: { ...area, x: at, width: view.width - at }, mask, look },
  ];
}
