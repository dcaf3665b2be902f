import { AppError } from '../../../shared/app-error';
import { MaskRenderer } from '../canvas/mask-renderer';
import type { Painter } from '../canvas/painter';
import { paletteBytes } from '../canvas/palette-texture';
import { RasterPainter } from '../canvas/raster-painter';
import type { MaskLook } from '../canvas/scene';
import { maskStyleSchema, type MaskStyle } from '../../../shared/domain/export';
import type { Rgb } from '../../../shared/domain/model';
import { paletteById } from '../../../shared/palettes';
import type { RawFrame } from '../../../shared/domain/raw-frame';
import type { Mask } from '../../../shared/domain/mask';
import type { Size } from '../canvas/viewport';

const MASK = 'mask';

const plain: MaskStyle = maskStyleSchema.parse({});

/**
 * Frames with their masks as the canvas shows them at 1:1, by the same shaders; or the colours of classes alone. Without
 * a graphics card, or once it is lost, the processor draws them.
 */
export class ExportPainter {
  readonly size: Size;
  readonly #picture: Size;
  #canvas: HTMLCanvasElement;
  #painter: Painter;
  readonly #look: MaskLook;
  readonly #palette: (bytesPerId: 1 | 2) => Uint8Array;
  readonly #withPicture: boolean;

  constructor(picture: Size, kind: 'overlay' | 'mask', style: MaskStyle | null) {
    this.#picture = picture;
    this.size = evenSize(picture);
    this.#canvas = canvasOf(this.size);
    try {
      this.#painter = new MaskRenderer(this.#canvas);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#canvas = canvasOf(this.size);
      this.#painter = new RasterPainter(this.#canvas);
    }
    this.#withPicture = kind === 'overlay';
    const { colors, hidden, mode, opacity, outlineWidth } = style ?? plain;
    const visibility = { hidden: new Set(hidden), solo: new Set<number>() };
    const generated = paletteById('distinct');
    const colorOf = (id: number): Rgb => colors[String(id)] ?? generated.colorOf(id);
    this.#palette = (bytesPerId) => paletteBytes(bytesPerId, colorOf, visibility);
    this.#look = { opacity, mode, outlineWidth, highlight: null };
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

/** As encoders want it: the odd last column or row is left out. */
export function evenSize({ width, height }: Size): Size {
  return { width: width & ~1 || 2, height: height & ~1 || 2 };
}

function canvasOf({ width, height }: Size): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
