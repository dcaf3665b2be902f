import type { Rgb } from '../../../shared/domain/model';
import type { ViewState } from '../state/view-store';
import type { Backdrop } from './scene';
import type { Size } from './viewport';

const CHECKER: Backdrop = { kind: 'checker', even: [94, 94, 94], odd: [106, 106, 106] };

/** Keeps the canvas at the size of its place, in device pixels. Answers with a function that stops it. */
export function followSize(canvas: HTMLCanvasElement, resized: (size: Size) => void): () => void {
  const observer = new ResizeObserver(([entry]) => {
    const box = entry?.devicePixelContentBoxSize[0];
    if (box === undefined) return;
    const size = { width: box.inlineSize, height: box.blockSize };
    if (size.width === 0 || size.height === 0) return;
    // Set to what it has, a size empties the canvas all the same.
    if (canvas.width !== size.width) canvas.width = size.width;
    if (canvas.height !== size.height) canvas.height = size.height;
    resized(size);
  });
  observer.observe(canvas, { box: 'device-pixel-content-box' });
  return () => observer.disconnect();
}

export function followTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}

/** What surrounds the picture; `stage` has the window's own colour. */
export function backdropOf(choice: ViewState['backdrop'], stage: HTMLElement): Backdrop {
  if (choice === 'checker') return CHECKER;
  if (choice === 'black') return { kind: 'plain', color: [0, 0, 0] };
  if (choice === 'white') return { kind: 'plain', color: [255, 255, 255] };
  return { kind: 'plain', color: parseColor(getComputedStyle(stage).backgroundColor) };
}

/** `rgb(41, 41, 41)` as a computed style gives it. */
function parseColor(css: string): Rgb {
  const [red = 0, green = 0, blue = 0] = (css.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}
