import { canvasStore } from './canvas-store';
import { actualSize, fit, panBy, zoomBy, zoomStep, zoomTo, type Point, type Size, type Viewport } from './viewport';

/** Changes where the user looks; does nothing while there is no picture. Points are device pixels of the canvas. */
function navigate(change: (viewport: Viewport, picture: Size, view: Size) => Viewport): void {
  canvasStore.setState((state) => {
    if (state.viewport === null || state.shown === null) return state;
    return { viewport: change(state.viewport, state.shown.size, state.view) };
  });
}

export function fitPicture(): void {
  navigate((_viewport, picture, view) => fit(picture, view));
}

export function showActualSize(at?: Point): void {
  navigate((viewport, picture, view) => actualSize(viewport, picture, view, at));
}

/** To the next round zoom factor. */
export function stepZoom(direction: 1 | -1): void {
  navigate((viewport, picture, view) => zoomStep(viewport, picture, view, direction));
}

export function zoomToScale(scale: number): void {
  navigate((viewport, picture, view) => zoomTo(viewport, picture, view, scale));
}

export function zoomByFactor(factor: number, at?: Point): void {
  navigate((viewport, picture, view) => zoomBy(viewport, picture, view, factor, at));
}

export function movePicture(delta: Point): void {
  navigate((viewport, picture, view) => panBy(viewport, picture, view, delta));
}

/** From a fitted picture to its pixels under `at`, and back. */
export function toggleFit(at: Point): void {
  navigate((viewport, picture, view) =>
    viewport.fitted ? actualSize(viewport, picture, view, at) : fit(picture, view),
  );
}
