import { createStore, useStore } from 'zustand';
import type { ErrorReport } from '../../../shared/app-error';
import type { Point, Rect, Size, Viewport } from './viewport';

export interface ShownPicture {
  readonly id: string;
  readonly size: Size;
  /** Texels for each picture pixel: below 1 for a large picture that is drawn from a smaller copy. */
  readonly resolution: number;
}

/** What draws the canvas now. */
export type Drawing =
  | { readonly kind: 'card' }
  /** The driver took the canvas away a moment ago: it is waited for. */
  | { readonly kind: 'lost' }
  /** `reason`: why the graphics card does not. */
  | { readonly kind: 'processor'; readonly reason: ErrorReport };

/**
 * Where the user looks. Outlives the mounted canvas, so that changing the mode changes neither the place nor the zoom,
 * and is shared by all panes that show one picture.
 */
export interface CanvasState {
  /** What the viewport refers to, device pixels: the canvas, or one of its tiles. Without area while off the screen. */
  readonly view: Size;
  /** Parts of the canvas that each show the picture, device pixels; the whole when there is but one. */
  readonly tiles: readonly Rect[];
  /** Null before the first picture. */
  readonly viewport: Viewport | null;
  /** The picture that is drawn now, which is the selected one as soon as it is decoded. */
  readonly shown: ShownPicture | null;
  /** True while the selected picture takes long enough to say so. */
  readonly loading: boolean;
  /** Why the selected picture cannot be drawn. */
  readonly error: ErrorReport | null;
  readonly drawing: Drawing;
}

export const canvasStore = createStore<CanvasState>(() => ({
  view: { width: 0, height: 0 },
  tiles: [],
  viewport: null,
  shown: null,
  loading: false,
  error: null,
  drawing: { kind: 'card' },
}));

export function useCanvas<T>(select: (state: CanvasState) => T): T {
  return useStore(canvasStore, select);
}

/** What lies under the pointer on the canvas. Changes with every mouse move: select the class alone where possible. */
export interface HoverState {
  readonly pixel: Point | null;
  readonly classId: number | null;
}

export const hoverStore = createStore<HoverState>(() => ({ pixel: null, classId: null }));

export function useHover<T>(select: (state: HoverState) => T): T {
  return useStore(hoverStore, select);
}
