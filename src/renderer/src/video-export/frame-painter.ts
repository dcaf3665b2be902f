import { AppError } from '../../../shared/app-error';
import { MaskRenderer } from '../canvas/mask-renderer';
import type { Painter } from '../canvas/painter';
import { paletteBytes } from '../canvas/palette-texture';
import { RasterPainter } from '../canvas/raster-painter';
import { drawnOpacity, exportedOutlineWidth, type MaskLook } from '../canvas/scene';
import { classColors } from '../display/class-colors';
import { libraryStore, shownLabels } from '../state/library-store';
import { viewStore } from '../state/view-store';
import type { RawFrame } from '../../../shared/domain/raw-frame';
import type { Mask } from '../../../shared/domain/mask';
import type { Size } from '../canvas/viewport';

const MASK = 'mask';

/**
 * Frames with their masks as the canvas shows them at 1:1, by the same shaders; or the colours of classes alone. Without
 * a graphics card, or once it is lost, the processor draws them.
 */
export class ExportPainter {
  /** Even, as encoders want it: the odd last column or row is left out. */
  readonly size: Size;
  readonly #picture: Size;
  #canvas: HTMLCanvasElement;
  #painter: Painter;
  readonly #look: MaskLook;
  readonly #palette: (bytesPerId: 1 | 2) => Uint8Array;
  readonly #withPicture: boolean;

  /** The look is that of now: what is changed while an export runs does not change it. */
  constructor(picture: Size, kind: 'overlay' | 'mask') {
    this.#picture = picture;
    this.size = { width: picture.width & ~1 || 2, height: picture.height & ~1 || 2 };
    this.#canvas = canvasOf(this.size);
    try {
      this.#painter = new MaskRenderer(this.#canvas);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#canvas = canvasOf(this.size);
      this.#painter = new RasterPainter(this.#canvas);
    }
    this.#withPicture = kind === 'overlay';
    const { mode, opacity, outlineWidth, palette, colors, hidden, solo, zoom } = viewStore.getState();
    const labels = shownLabels(libraryStore.getState());
    const visibility = { hidden, solo: new Set(solo === null ? [] : [solo]) };
    const colorOf = classColors(labels, palette, colors);
    this.#palette = (bytesPerId) => paletteBytes(bytesPerId, colorOf, visibility);
    const width = exportedOutlineWidth(outlineWidth * devicePixelRatio, zoom > 0 ? zoom : 1);
    this.#look = this.#withPicture
      ? { opacity: drawnOpacity(mode, opacity), mode, outlineWidth: width, highlight: null }
      : { opacity: 1, mode: 'fill', outlineWidth: width, highlight: null };
  }

  /** `seconds` is the time that the frame gets in the new video. Whoever asks closes it. */
  paint(image: RawFrame, mask: Mask, seconds: number): VideoFrame {
    if (!this.#draw(image, mask)) {
      this.#painter.dispose();
      this.#canvas = canvasOf(this.size);
      this.#painter = new RasterPainter(this.#canvas);
      this.#draw(image, mask);
    }
    // In this very task: the canvas is empty afterwards.
    return new VideoFrame(this.#canvas, { timestamp: Math.round(seconds * 1e6) });
  }

  dispose(): void {
    this.#painter.dispose();
  }

  /** False when the driver has taken the canvas away: no frame may be left out, or empty. */
  #draw(image: RawFrame, mask: Mask): boolean {
    const { width, height } = this.size;
    if (this.#withPicture) this.#painter.setPicture(image);
    this.#painter.setMask(MASK, mask, this.#palette(mask.bytesPerId));
    const area = { x: 0, y: 0, width, height };
    this.#painter.setScene({
      picture: this.#picture,
      viewport: { scale: 1, center: { x: width / 2, y: height / 2 }, fitted: false },
      panes: [{ area, clip: area, mask: MASK, look: this.#look }],
      backdrop: { kind: 'plain', color: [0, 0, 0] },
      pixelGrid: false,
      quality: 'full',
    });
    return this.#painter.drawNow() && this.#painter.holdsDrawing();
  }
}

function canvasOf({ width, height }: Size): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
