/** What the canvas needs of a WheelEvent. */
export interface WheelInput {
  readonly deltaX: number;
  readonly deltaY: number;
  /** 0 pixels, 1 lines, 2 pages. */
  readonly deltaMode: number;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

export type WheelIntent =
  { readonly type: 'zoom'; readonly factor: number } | { readonly type: 'pan'; readonly x: number; readonly y: number };

const PIXELS_PER_LINE = 32;
const PIXELS_PER_PAGE = 320;
/** A notch of a usual mouse wheel (100 to 120 pixels) zooms by about a quarter. */
const ZOOM_PER_PIXEL = 0.002;
/** Touchpads report a pinch as small steps with the control key held. */
const ZOOM_PER_PINCH_PIXEL = 0.01;

/**
 * A wheel zooms and a touchpad's two fingers pan, as in other picture tools. Nothing tells them apart for certain; a
 * touchpad moves in both directions at once or by less than any wheel's notch.
 */
export function wheelIntent(input: WheelInput): WheelIntent {
  const unit = input.deltaMode === 1 ? PIXELS_PER_LINE : input.deltaMode === 2 ? PIXELS_PER_PAGE : 1;
  const x = input.deltaX * unit;
  const y = input.deltaY * unit;
  if (input.ctrlKey || input.metaKey) {
    const pinch = input.deltaMode === 0 && Math.abs(y) < 50;
    return { type: 'zoom', factor: Math.exp(-y * (pinch ? ZOOM_PER_PINCH_PIXEL : ZOOM_PER_PIXEL)) };
  }
  if (input.shiftKey) return x === 0 ? { type: 'pan', x: -y, y: 0 } : { type: 'pan', x: -x, y: -y };
  const touchpad = input.deltaMode === 0 && (x !== 0 || Math.abs(y) < 50);
  return touchpad ? { type: 'pan', x: -x, y: -y } : { type: 'zoom', factor: Math.exp(-y * ZOOM_PER_PIXEL) };
}
