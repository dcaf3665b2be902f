import { wheelIntent } from './wheel-intent';
import type { Point } from './viewport';

/** What hands and wheels ask for. Points and distances are screen pixels of the canvas (device pixels). */
export interface GestureTarget {
  zoom(factor: number, at: Point): void;
  pan(delta: Point): void;
  /** Null when the pointer has left, or drags. */
  hover(at: Point | null): void;
  doubleClick(at: Point): void;
}

/** A press that moves less than this (CSS pixels) is a click. */
const CLICK_SLOP = 3;

/**
 * Turns pointer and wheel events of `stage` into gestures on the canvas that is there when they happen. Answers with a
 * function that stops it.
 */
export function followGestures(
  stage: HTMLElement,
  canvasOf: () => HTMLCanvasElement,
  target: GestureTarget,
): () => void {
  const pressed = new Map<number, Point>();
  let dragging = false;
  const stop = new AbortController();
  const listen = <K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void) =>
    stage.addEventListener(type, listener, { signal: stop.signal, passive: false });
  const at = (event: MouseEvent): Point => pointOn(canvasOf(), event);

  listen('wheel', (event) => {
    event.preventDefault();
    const intent = wheelIntent(event);
    const ratio = pixelRatio(canvasOf());
    if (intent.type === 'zoom') target.zoom(intent.factor, at(event));
    else target.pan({ x: intent.x * ratio, y: intent.y * ratio });
    target.hover(at(event));
  });
  listen('pointerdown', (event) => {
    if (event.button > 1 || isControl(event.target)) return;
    // Keeps the browser from scrolling by the middle button; focus is then up to us.
    if (event.button === 1) event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    pressed.set(event.pointerId, at(event));
    dragging = pressed.size > 1;
  });
  listen('pointermove', (event) => {
    const before = pressed.get(event.pointerId);
    const now = at(event);
    if (before === undefined) return target.hover(isControl(event.target) ? null : now);
    const moved = { x: now.x - before.x, y: now.y - before.y };
    if (!dragging && Math.hypot(moved.x, moved.y) < CLICK_SLOP * pixelRatio(canvasOf())) return;
    if (!dragging) stage.dataset['dragging'] = 'true';
    dragging = true;
    const others = [...pressed].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    pressed.set(event.pointerId, now);
    const [other] = others;
    if (other === undefined) {
      target.hover(null);
      return target.pan(moved);
    }
    pinch(target, before, now, other);
  });
  const release = (event: PointerEvent): void => {
    if (!pressed.delete(event.pointerId)) return;
    if (pressed.size > 0) return;
    dragging = false;
    delete stage.dataset['dragging'];
    target.hover(event.pointerType === 'mouse' ? at(event) : null);
  };
  listen('pointerup', release);
  listen('pointercancel', release);
  listen('pointerleave', () => target.hover(null));
  listen('dblclick', (event) => {
    if (!isControl(event.target)) target.doubleClick(at(event));
  });
  return () => stop.abort();
}

/** Half of the finger's way moves the middle between the fingers; the change of their distance zooms around it. */
function pinch(target: GestureTarget, before: Point, now: Point, other: Point): void {
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  target.pan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
  const apart = Math.hypot(before.x - other.x, before.y - other.y);
  if (apart > 1) target.zoom(Math.hypot(now.x - other.x, now.y - other.y) / apart, middle);
}

function pixelRatio(canvas: HTMLCanvasElement): number {
  const { width } = canvas.getBoundingClientRect();
  return width > 0 ? canvas.width / width : 1;
}

function pointOn(canvas: HTMLCanvasElement, event: MouseEvent): Point {
  const box = canvas.getBoundingClientRect();
  const ratio = pixelRatio(canvas);
  return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
}

/** Buttons and handles that lie on the stage take their own events. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[data-canvas-control]') !== null;
}
