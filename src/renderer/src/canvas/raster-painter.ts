import type { Mask } from '../../../shared/domain/mask';
import { writeFrameColors } from './frame-colors';
import { CANVAS_DRAW, measureSince, type Layer, type Painter } from './painter';
import { isVideoFrame, SQUARES_FROM, type PictureImage } from './picture-texture';
import { rasterMask } from './raster-mask';
import { CHECKER_CELL, DISC_RIM, gridStrength, type Backdrop, type Disc, type Pane, type Scene } from './scene';
import { intersection, originOf, wholePixels } from './screen-rect';
import type { Point, Rect } from './viewport';

/** Browsers draw longer pictures on a 2D canvas, but not all of them. */
const LONGEST_SIDE = 8192;

export interface RasterPainterOptions {
  /** Called after each drawing with the milliseconds that it took. */
  readonly onDrawn?: (milliseconds: number) => void;
}

/**
 * Draws by the processor alone what {@link MaskRenderer} draws with WebGL2, for machines on which there is none: the
 * browser places the picture, and the mask is laid over its pixels one by one.
 */
export class RasterPainter implements Painter {
  readonly maxTextureSize = LONGEST_SIDE;
  readonly isSoftware = true;
  isPatient = false;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #options: RasterPainterOptions;
  readonly #layers = new Map<string, Layer>();
  /** For panes that are seen in part: what lies in a disc is drawn here first. */
  #beside: CanvasRenderingContext2D | null = null;
  #image: PictureImage | null = null;
  /** The image as the browser can draw it; null until it is needed. */
  #drawable: CanvasImageSource | null = null;
  #scene: Scene | null = null;
  #frame: number | null = null;

  constructor(canvas: HTMLCanvasElement, options: RasterPainterOptions = {}) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    this.#options = options;
    canvas.addEventListener('contextlost', this.#onContextLost);
    canvas.addEventListener('contextrestored', this.#onContextRestored);
  }

  setPicture(image: PictureImage | null): void {
    this.#image = image;
    this.#drawable = null;
    this.#requestDraw();
  }

  setMask(name: string, mask: Mask, palette: Uint8Array): void {
    this.#layers.set(name, { mask, palette });
    this.#requestDraw();
  }

  setPalette(name: string, palette: Uint8Array): void {
    const layer = this.#layers.get(name);
    if (layer === undefined) return;
    this.#layers.set(name, { ...layer, palette });
    this.#requestDraw();
  }

  removeMask(name: string): void {
    if (this.#layers.delete(name)) this.#requestDraw();
  }

  setScene(scene: Scene): void {
    this.#scene = scene;
    this.#requestDraw();
  }

  drawNow(): boolean {
    const scene = this.#scene;
    if (scene === null || this.#context.isContextLost()) return false;
    const start = performance.now();
    const { width, height } = this.#canvas;
    this.#fillBackdrop(this.#context, scene.backdrop, { x: 0, y: 0, width, height });
    for (const pane of scene.panes) this.#drawPane(scene, pane);
    measureSince(CANVAS_DRAW, start);
    this.#options.onDrawn?.(performance.now() - start);
    return true;
  }

  holdsDrawing(): boolean {
    return this.#scene !== null && !this.#context.isContextLost();
  }

  dispose(): void {
    this.#canvas.removeEventListener('contextlost', this.#onContextLost);
    this.#canvas.removeEventListener('contextrestored', this.#onContextRestored);
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#scene = null;
    this.#image = null;
    this.#drawable = null;
    this.#layers.clear();
  }

  /** Also what the processor draws goes with the browser's graphics process; that one is given back by itself. */
  readonly #onContextLost = (): void => {
    this.#canvas.style.visibility = 'hidden';
  };

  readonly #onContextRestored = (): void => {
    this.#beside = null;
    this.#drawable = null;
    this.drawNow();
    this.#canvas.style.visibility = '';
  };

  #requestDraw(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.drawNow();
    });
  }

  #drawPane(scene: Scene, pane: Pane): void {
    const clip = wholePixels(pane.clip, this.#canvas);
    if (clip === null) return;
    if (pane.disc === undefined) return this.#drawPart(this.#context, scene, pane, clip);
    const beside = this.#contextBeside();
    this.#fillBackdrop(beside, scene.backdrop, clip);
    this.#drawPart(beside, scene, pane, clip);
    const pixels = this.#context.getImageData(clip.x, clip.y, clip.width, clip.height);
    const inside = beside.getImageData(clip.x, clip.y, clip.width, clip.height);
    putDisc(pixels, inside, clip, pane.disc);
    this.#context.putImageData(pixels, clip.x, clip.y);
  }

  /** The picture, its mask and its grid, in that part of the canvas in which the pane may be seen. */
  #drawPart(context: CanvasRenderingContext2D, scene: Scene, pane: Pane, clip: Rect): void {
    const { scale } = scene.viewport;
    const origin = originOf(scene, pane);
    const shown = { ...origin, width: scene.picture.width * scale, height: scene.picture.height * scale };
    const part = wholePixels(intersection(clip, shown), this.#canvas);
    if (part === null) return;
    if (this.#image !== null) this.#drawPicture(context, this.#image, shown, part);
    const first = pane.mask === null ? undefined : this.#layers.get(pane.mask);
    const second = pane.second === undefined ? undefined : this.#layers.get(pane.second.mask);
    if (first !== undefined) {
      const data = context.getImageData(part.x, part.y, part.width, part.height);
      rasterMask({ pixels: data.data, rect: part }, scene, pane, first, second);
      context.putImageData(data, part.x, part.y);
    }
    if (scene.pixelGrid && gridStrength(scale) > 0) drawGrid(context, origin, scale, part);
  }

  #drawPicture(context: CanvasRenderingContext2D, image: PictureImage, shown: Rect, part: Rect): void {
    this.#drawable ??= drawableOf(image);
    context.save();
    context.beginPath();
    context.rect(part.x, part.y, part.width, part.height);
    context.clip();
    context.imageSmoothingEnabled = shown.width / image.width < SQUARES_FROM;
    context.imageSmoothingQuality = 'medium';
    context.drawImage(this.#drawable, shown.x, shown.y, shown.width, shown.height);
    context.restore();
  }

  #fillBackdrop(context: CanvasRenderingContext2D, backdrop: Backdrop, { x, y, width, height }: Rect): void {
    const colors = backdrop.kind === 'plain' ? [backdrop.color] : [backdrop.even, backdrop.odd];
    const [even = '', odd] = colors.map(([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`);
    context.fillStyle = even;
    context.fillRect(x, y, width, height);
    if (odd === undefined) return;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    context.fillStyle = odd;
    const from = Math.floor(x / CHECKER_CELL);
    for (let row = Math.floor(y / CHECKER_CELL); row * CHECKER_CELL < y + height; row++) {
      for (let column = from + ((from + row + 1) & 1); column * CHECKER_CELL < x + width; column += 2) {
        context.fillRect(column * CHECKER_CELL, row * CHECKER_CELL, CHECKER_CELL, CHECKER_CELL);
      }
    }
    context.restore();
  }

  #contextBeside(): CanvasRenderingContext2D {
    this.#beside ??= contextOf(document.createElement('canvas'));
    const { canvas } = this.#beside;
    const { width, height } = this.#canvas;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    return this.#beside;
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  // Pixels are read with each drawing: they are to stay where the processor has them.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new Error('a canvas that has no other context gives a 2D one');
  return context;
}

/** Bytes are no picture to a browser. */
function drawableOf(image: PictureImage): CanvasImageSource {
  const isFrame = isVideoFrame(image);
  if (!isFrame && !(image instanceof ImageData)) return image;
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const pixels = isFrame ? new ImageData(image.width, image.height) : image;
  if (isFrame) writeFrameColors(image, pixels.data);
  context?.putImageData(pixels, 0, 0);
  return canvas;
}

/** The first screen pixel of each picture pixel's row and column; where they cross it is drawn once. */
function drawGrid(context: CanvasRenderingContext2D, origin: Point, scale: number, part: Rect): void {
  const lines = (from: number, start: number, length: number): number[] => {
    const places: number[] = [];
    const end = start + length;
    for (let i = Math.floor((start - from) / scale); ; i++) {
      const place = from + Math.ceil(i * scale - 0.5);
      if (place >= end) return places;
      if (place >= start) places.push(place);
    }
  };
  context.beginPath();
  for (const x of lines(origin.x, part.x, part.width)) context.rect(x, part.y, 1, part.height);
  for (const y of lines(origin.y, part.y, part.height)) context.rect(part.x, y, part.width, 1);
  context.fillStyle = `rgba(128, 128, 128, ${gridStrength(scale)})`;
  context.fill();
}

/** Pixels of a disc from `inside`, in a rim of white beside it and black around. */
function putDisc(pixels: ImageData, inside: ImageData, { x, y, width, height }: Rect, { center, radius }: Disc): void {
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const out = Math.hypot(x + column + 0.5 - center.x, y + row + 0.5 - center.y) - radius;
      if (out >= DISC_RIM) continue;
      const at = (row * width + column) * 4;
      if (out < 0) pixels.data.set(inside.data.subarray(at, at + 4), at);
      else pixels.data.fill(out < DISC_RIM / 2 ? 255 : 0, at, at + 3);
    }
  }
}
