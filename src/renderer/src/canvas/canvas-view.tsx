/** Placeholder until the WebGL2 canvas lands. */
export function CanvasView() {
  return null;
}
