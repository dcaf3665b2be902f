import { AppError, toErrorReport } from '../../../shared/app-error';
import type { Mask } from '../../../shared/domain/mask';
import type { Answer, CardPatience } from './card-patience';
import type { Drawing } from './canvas-store';
import { followSize } from './follow-stage';
import { MaskRenderer } from './mask-renderer';
import type { Layer, Painter } from './painter';
import type { PictureImage } from './picture-texture';
import { RasterPainter } from './raster-painter';
import type { Scene } from './scene';

/** A canvas that was lost is given back within a second or two, if at all. */
const RESTORE_MS = 5_000;
/** What every machine can draw; until a painter says better. */
const USUAL_TEXTURE_SIZE = 8192;

export interface SteadyPainterOptions {
  /** What has become of the graphics card so far. */
  readonly patience: CardPatience;
  readonly onDrawing: (drawing: Drawing) => void;
  /** The canvas has another size, or is another one, and is empty. */
  readonly onResized: () => void;
  readonly onDrawn: (milliseconds: number) => void;
}

/**
 * Draws with the graphics card as long as it can be had, and by the processor from then on. A canvas that the driver
 * took away is waited for, then replaced; whatever was set is drawn again. Nothing here throws because of the card.
 */
export class SteadyPainter implements Painter {
  readonly #holder: HTMLElement;
  readonly #options: SteadyPainterOptions;
  readonly #layers = new Map<string, Layer>();
  #canvas: HTMLCanvasElement;
  #painter: Painter | null = null;
  #image: PictureImage | null = null;
  #scene: Scene | null = null;
  #isPatient = false;
  #stopSize: () => void = () => undefined;
  #stopWaiting: () => void = () => undefined;

  /** Puts its canvas into `holder` and keeps it at the size of that. */
  constructor(holder: HTMLElement, options: SteadyPainterOptions) {
    this.#holder = holder;
    this.#options = options;
    this.#canvas = this.#newCanvas(null);
    if (options.patience.givenUp === null) this.#useCard(false);
    else this.#useProcessor(this.#canvas);
  }

  /** The one in use now: what is drawn on it may have been drawn by another one before. */
  get canvas(): HTMLCanvasElement {
    return this.#canvas;
  }

  get maxTextureSize(): number {
    return this.#painter?.maxTextureSize ?? USUAL_TEXTURE_SIZE;
  }

  get isSoftware(): boolean {
    return this.#painter?.isSoftware ?? false;
  }

  get isPatient(): boolean {
    return this.#isPatient;
  }

  set isPatient(isPatient: boolean) {
    this.#isPatient = isPatient;
    if (this.#painter !== null) this.#painter.isPatient = isPatient;
  }

  setPicture(image: PictureImage | null): void {
    this.#image = image;
    this.#painter?.setPicture(image);
  }

  setMask(name: string, mask: Mask, palette: Uint8Array): void {
    this.#layers.set(name, { mask, palette });
    this.#painter?.setMask(name, mask, palette);
  }

  setPalette(name: string, palette: Uint8Array): void {
    const layer = this.#layers.get(name);
    if (layer !== undefined) this.#layers.set(name, { ...layer, palette });
    this.#painter?.setPalette(name, palette);
  }

  removeMask(name: string): void {
    this.#layers.delete(name);
    this.#painter?.removeMask(name);
  }

  setScene(scene: Scene): void {
    this.#scene = scene;
    this.#painter?.setScene(scene);
  }

  drawNow(): boolean {
    return this.#painter?.drawNow() ?? false;
  }

  holdsDrawing(): boolean {
    return this.#painter?.holdsDrawing() ?? false;
  }

  /** A canvas with the scene, to be read in this very task: by the processor where the card is away just now. */
  drawn(): HTMLCanvasElement {
    if (this.drawNow() && this.holdsDrawing()) return this.#canvas;
    const canvas = document.createElement('canvas');
    canvas.width = this.#canvas.width;
    canvas.height = this.#canvas.height;
    const painter = new RasterPainter(canvas);
    this.#hand(painter);
    painter.drawNow();
    painter.dispose();
    return canvas;
  }

  /** Tries the graphics card again after it was given up. */
  tryCard(): void {
    const { patience } = this.#options;
    const wasLost = patience.givenUp?.code === 'CANVAS_LOST_REPEATEDLY';
    patience.forget();
    this.#replace(() => this.#useCard(wasLost));
  }

  dispose(): void {
    this.#stopWaiting();
    this.#stopSize();
    this.#painter?.dispose();
    this.#painter = null;
    this.#canvas.remove();
  }

  #newCanvas(before: HTMLCanvasElement | null): HTMLCanvasElement {
    const canvas = document.createElement('canvas');
    if (before !== null) {
      canvas.width = before.width;
      canvas.height = before.height;
    }
    this.#stopSize();
    this.#holder.replaceChildren(canvas);
    this.#stopSize = followSize(canvas, () => this.#options.onResized());
    return canvas;
  }

  /** A canvas that had a context can have no other: what comes next needs a new one. */
  #replace(use: () => void): void {
    this.#stopWaiting();
    this.#painter?.dispose();
    this.#painter = null;
    this.#canvas = this.#newCanvas(this.#canvas);
    use();
    this.#options.onResized();
  }

  /** `wasLost`: it drew before. A browser that is tired of losses then says that there is no WebGL2. */
  #useCard(wasLost: boolean): void {
    const canvas = this.#canvas;
    try {
      this.#painter = new MaskRenderer(canvas, {
        onLost: () => canvas === this.#canvas && this.#lost(),
        onBack: () => canvas === this.#canvas && this.#back(),
        onTrouble: (error) => canvas === this.#canvas && this.#giveUp(error),
        onDrawn: this.#options.onDrawn,
      });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'CANVAS_NO_WEBGL' && wasLost) return this.#giveUp(lostForGood());
      if (error.code !== 'CANVAS_CONTEXT_LOST') return this.#giveUp(error);
      // It was taken away before it could be used.
      return this.#lost();
    }
    this.#options.onDrawing({ kind: 'card' });
    // It may be lost with what it is handed.
    this.#hand(this.#painter);
  }

  #useProcessor(canvas: HTMLCanvasElement): void {
    const { patience, onDrawing, onDrawn } = this.#options;
    this.#painter = new RasterPainter(canvas, { onDrawn });
    this.#hand(this.#painter);
    if (patience.givenUp !== null) onDrawing({ kind: 'processor', reason: patience.givenUp });
  }

  /** Everything that was set so far. */
  #hand(painter: Painter): void {
    painter.isPatient = this.#isPatient;
    painter.setPicture(this.#image);
    for (const [name, { mask, palette }] of this.#layers) painter.setMask(name, mask, palette);
    if (this.#scene !== null) painter.setScene(this.#scene);
  }

  #lost(): void {
    // Browsers show a white area with a broken picture in place of a canvas that is lost.
    this.#canvas.style.visibility = 'hidden';
    this.#options.onDrawing({ kind: 'lost' });
    const answer = this.#options.patience.onLoss(performance.now());
    if (answer !== 'wait') return this.#act(answer);
    this.#stopWaiting();
    this.#stopWaiting = afterSeen(RESTORE_MS, () => this.#act(this.#options.patience.onSilence(performance.now())));
  }

  #back(): void {
    this.#stopWaiting();
    if (!this.drawNow() && this.#scene !== null) return;
    this.#canvas.style.visibility = '';
    this.#options.onDrawing({ kind: 'card' });
  }

  #act(answer: Answer): void {
    if (answer === 'give-up') return this.#giveUp(lostForGood());
    this.#stopWaiting();
    // Not from within the renderer that is to be replaced.
    this.#stopWaiting = after(0, () => this.#replace(() => this.#useCard(true)));
  }

  #giveUp(reason: AppError): void {
    this.#options.patience.givenUp = toErrorReport(reason);
    this.#stopWaiting();
    this.#stopWaiting = after(0, () => this.#replace(() => this.#useProcessor(this.#canvas)));
  }
}

function lostForGood(): AppError {
  return new AppError(
    'CANVAS_LOST_REPEATEDLY',
    'The graphics driver took the canvas away again and again, or did not give it back.',
    { hint: 'Update the graphics driver, or end other programs that use the graphics card.' },
  );
}

function after(milliseconds: number, act: () => void): () => void {
  const timer = window.setTimeout(act, milliseconds);
  return () => window.clearTimeout(timer);
}

/** After so long a time in which the page was seen: a browser gives nothing back to a page in the background. */
function afterSeen(milliseconds: number, act: () => void): () => void {
  let stop: () => void = () => undefined;
  const watch = (): void => {
    stop();
    stop = document.hidden ? () => undefined : after(milliseconds, act);
  };
  document.addEventListener('visibilitychange', watch);
  watch();
  return () => {
    document.removeEventListener('visibilitychange', watch);
    stop();
  };
}
