import { pictureOrigin, type Point, type Rect, type Size } from './viewport';
import type { Pane, Scene } from './scene';

export function intersection(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return { x, y, width: Math.max(0, width), height: Math.max(0, height) };
}

/** A rectangle's whole pixels on the canvas; null when nothing of it is left. */
export function wholePixels(rect: Rect, canvas: Size): Rect | null {
  const x = Math.max(0, Math.round(rect.x));
  const y = Math.max(0, Math.round(rect.y));
  const right = Math.min(canvas.width, Math.round(rect.x + rect.width));
  const bottom = Math.min(canvas.height, Math.round(rect.y + rect.height));
  return right <= x || bottom <= y ? null : { x, y, width: right - x, height: bottom - y };
}

/** Where a pane's picture begins on the canvas: on a whole pixel. */
export function originOf({ viewport }: Scene, { area }: Pane): Point {
  const inArea = pictureOrigin(viewport, area);
  return { x: inArea.x + area.x, y: inArea.y + area.y };
}
