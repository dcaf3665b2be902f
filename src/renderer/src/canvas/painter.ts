import type { Mask } from '../../../shared/domain/mask';
import type { PictureImage } from './picture-texture';
import type { Scene } from './scene';

/** Time of the main thread from a mask's arrival to its texture, as a performance measure; the last one is kept. */
export const MASK_TO_TEXTURE = 'mask-to-texture';
/** Time of the main thread for one drawing, as a performance measure; the last one is kept. */
export const CANVAS_DRAW = 'canvas-draw';

/** A mask with its colours: RGBA for each id, see paletteBytes. */
export interface Layer {
  readonly mask: Mask;
  readonly palette: Uint8Array;
}

/**
 * Draws a picture and any number of named masks over it. Nothing is drawn but when something was set, then once in the
 * next frame, or later if it {@link isPatient}. Pictures and masks are kept by reference.
 */
export interface Painter {
  /** The longest side that a picture can have. */
  readonly maxTextureSize: number;
  /** True where pixels are computed by the processor: drawing at full quality is then too slow to follow the hand. */
  readonly isSoftware: boolean;
  /** Drawings may come some frames late, so that nobody waits for them: for videos where the processor draws. */
  isPatient: boolean;
  /** The image must stay open, and a frame's bytes the same, until another is set. */
  setPicture(image: PictureImage | null): void;
  setMask(name: string, mask: Mask, palette: Uint8Array): void;
  /** Recolours a mask that is set; the ids stay where they are. */
  setPalette(name: string, palette: Uint8Array): void;
  removeMask(name: string): void;
  /** `scene.panes` refer to the canvas's own pixels: set its width and height first. */
  setScene(scene: Scene): void;
  /** Draws in this very task, so that the canvas can be read right after. False where nothing could be drawn. */
  drawNow(): boolean;
  /** Whether what was drawn in this very task is there to be read. Waits for the graphics card. */
  holdsDrawing(): boolean;
  dispose(): void;
}

/** Keeps the last measure of a name only: a long session must not pile them up. */
export function measureSince(name: string, start: number): void {
  performance.clearMeasures(name);
  performance.measure(name, { start, end: performance.now() });
}
