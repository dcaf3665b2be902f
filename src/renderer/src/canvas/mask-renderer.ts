import { AppError } from '../../../shared/app-error';
import type { Mask } from '../../../shared/domain/mask';
import type { Rgb } from '../../../shared/domain/model';
import { DrawingBeside } from './drawing-beside';
import { contextLost, GlProgram } from './gl-program';
import { MaskPainter, type LayerTextures } from './mask-painter';
import { MaskTexture } from './mask-texture';
import { CANVAS_DRAW, MASK_TO_TEXTURE, measureSince, type Layer, type Painter } from './painter';
import { PALETTE_COLUMNS } from './palette-texture';
import { Pen } from './pen';
import { pictureShader } from './picture-shader';
import { isVideoFrame, PictureTexture, type PictureImage } from './picture-texture';
import { CHECKER_CELL, DISC_RIM, gridStrength, type Disc, type Pane, type Scene } from './scene';
import { intersection, originOf, wholePixels } from './screen-rect';
import { checkerShader, gridShader, vertexShader } from './shaders';
import type { Point, Rect } from './viewport';

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/** What is lost with a graphics context. */
interface Resources {
  readonly pen: Pen;
  readonly checker: GlProgram;
  /** For each way to read a picture that was needed. */
  readonly pictures: Map<string, GlProgram>;
  readonly masks: MaskPainter;
  readonly grid: GlProgram;
  readonly pictureTexture: PictureTexture;
  readonly layers: Map<string, LayerTextures>;
  readonly beside: DrawingBeside;
}

export interface MaskRendererOptions {
  /** Bounds a mask tile's sides, for tests; the card's own limit when left out. */
  readonly tileLimit?: number;
  /** Whether frames of a video get smaller levels, for tests; where a graphics card draws when left out. */
  readonly smoothFrames?: boolean;
  /** Called once when the driver has taken the context away; nothing is drawn until it is back. */
  readonly onLost?: () => void;
  /** Called when the context is back and holds again all that was set. */
  readonly onBack?: () => void;
  /** Called when the driver refuses a shader: what needs it cannot be drawn. */
  readonly onTrouble?: (error: AppError) => void;
  /** Called after each drawing with the milliseconds of the main thread that it took. */
  readonly onDrawn?: (milliseconds: number) => void;
}

/** Draws with WebGL2, and everything again when the graphics context was lost and has come back. */
export class MaskRenderer implements Painter {
  /** Asked once: every question waits for all that is being drawn. */
  readonly maxTextureSize: number;
  readonly isSoftware: boolean;
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #options: MaskRendererOptions;
  readonly #layers = new Map<string, Layer>();
  #resources: Resources | null = null;
  #image: PictureImage | null = null;
  #scene: Scene | null = null;
  #frame: number | null = null;
  /** Something was set since the last drawing began. */
  #isStale = false;
  #besideMs = 0;
  /** From when the loss of the context is known until it is back. */
  #isLost = false;
  isPatient = false;

  /**
   * Throws AppError CANVAS_NO_WEBGL where the browser cannot draw with WebGL2, CANVAS_SHADER where it refuses the
   * shaders, and CANVAS_CONTEXT_LOST where it takes the context away at once.
   */
  constructor(canvas: HTMLCanvasElement, options: MaskRendererOptions = {}) {
    const gl = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      powerPreference: 'high-performance',
    });
    if (gl === null) {
      throw new AppError('CANVAS_NO_WEBGL', 'This machine offers no WebGL2 to draw masks with.', {
        hint: 'Update the graphics driver, or allow hardware acceleration in the settings of the browser.',
      });
    }
    this.#canvas = canvas;
    this.#gl = gl;
    // Null of a context that is lost, which nobody may know yet.
    this.maxTextureSize = Number(gl.getParameter(gl.MAX_TEXTURE_SIZE));
    if (this.maxTextureSize === 0) throw contextLost();
    const info = gl.getExtension('WEBGL_debug_renderer_info');
    const name = String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
    this.isSoftware = /swiftshader|llvmpipe|software|basic render/i.test(name);
    this.#options = options;
    this.#restore();
    canvas.addEventListener('webglcontextlost', this.#onContextLost);
    canvas.addEventListener('webglcontextrestored', this.#onContextRestored);
  }

  setPicture(image: PictureImage | null): void {
    this.#image = image;
    if (image !== null) this.#guarded(() => this.#resources?.pictureTexture.upload(image, this.#wantsMipmaps(image)));
    this.requestDraw();
  }

  /** Frames of a video come thick and fast; where the processor draws, it has better things to do. */
  #wantsMipmaps(image: PictureImage): boolean {
    return !isVideoFrame(image) || (this.#options.smoothFrames ?? !this.isSoftware);
  }

  /** Sends a mask to the graphics card at once. */
  setMask(name: string, mask: Mask, palette: Uint8Array): void {
    const start = performance.now();
    const layer = { mask, palette };
    this.#layers.set(name, layer);
    this.#guarded(() => this.#uploadLayer(name, layer));
    measureSince(MASK_TO_TEXTURE, start);
    this.requestDraw();
  }

  setPalette(name: string, palette: Uint8Array): void {
    const layer = this.#layers.get(name);
    if (layer === undefined) return;
    this.#layers.set(name, { ...layer, palette });
    const textures = this.#resources?.layers.get(name);
    if (textures !== undefined) this.#uploadPalette(textures.palette, palette);
    this.requestDraw();
  }

  removeMask(name: string): void {
    if (!this.#layers.delete(name)) return;
    this.#disposeLayer(name);
    this.requestDraw();
  }

  setScene(scene: Scene): void {
    this.#scene = scene;
    this.requestDraw();
  }

  requestDraw(): void {
    this.#isStale = true;
    this.#requestFrame();
  }

  #requestFrame(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      if (this.isPatient) this.#guarded(() => this.#drawPatiently());
      else this.drawNow();
    });
  }

  #drawPatiently(): void {
    const scene = this.#scene;
    const resources = this.#resources;
    if (scene === null || resources === null) return;
    const { beside } = resources;
    if (beside.isUnderWay) {
      if (beside.isDone) {
        beside.present();
        this.#options.onDrawn?.(this.#besideMs);
      }
    } else if (this.#isStale) {
      this.#isStale = false;
      const start = performance.now();
      const { width, height } = this.#canvas;
      beside.begin(width, height, () => this.#render(scene, resources));
      this.#besideMs = performance.now() - start;
      measureSince(CANVAS_DRAW, start);
    }
    if (this.#isStale || beside.isUnderWay) this.#requestFrame();
  }

  drawNow(): boolean {
    const scene = this.#scene;
    const resources = this.#resources;
    if (scene === null || resources === null) return false;
    const start = performance.now();
    this.#isStale = false;
    const isDrawn = this.#guarded(() => {
      resources.beside.giveUp();
      this.#render(scene, resources);
    });
    if (!isDrawn) return false;
    measureSince(CANVAS_DRAW, start);
    this.#options.onDrawn?.(performance.now() - start);
    return true;
  }

  holdsDrawing(): boolean {
    if (this.#resources === null) return false;
    const gl = this.#gl;
    const pixel = new Uint8Array(4);
    // Of a context that was lost just now nothing is read, though nobody has been told yet. All that is drawn is opaque.
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return pixel[3] === 255;
  }

  #render(scene: Scene, resources: Resources): void {
    const gl = this.#gl;
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    gl.disable(gl.SCISSOR_TEST);
    const [red, green, blue] = scene.backdrop.kind === 'plain' ? scene.backdrop.color : scene.backdrop.even;
    gl.clearColor(red / 255, green / 255, blue / 255, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (const pane of scene.panes) this.#drawPane(resources, scene, pane);
  }

  dispose(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#canvas.removeEventListener('webglcontextlost', this.#onContextLost);
    this.#canvas.removeEventListener('webglcontextrestored', this.#onContextRestored);
    this.#scene = null;
    for (const name of [...this.#layers.keys()]) this.#disposeLayer(name);
    this.#layers.clear();
    const resources = this.#resources;
    this.#resources = null;
    if (resources === null) return;
    resources.pictureTexture.dispose();
    resources.masks.dispose();
    resources.beside.dispose();
    for (const program of [resources.checker, ...resources.pictures.values(), resources.grid]) program.dispose();
  }

  #drawPane(resources: Resources, scene: Scene, pane: Pane): void {
    const { clip } = pane;
    const { scale } = scene.viewport;
    const origin = originOf(scene, pane);
    const shown = { ...origin, width: scene.picture.width * scale, height: scene.picture.height * scale };
    const gl = this.#gl;
    if (pane.disc !== undefined && this.#scissor(clip)) this.#drawRim(resources, pane.disc);
    resources.pen.disc = pane.disc ?? null;
    // A disc lies over other panes, which must not shine through a transparent picture.
    const covers = scene.backdrop.kind === 'checker' || pane.disc !== undefined;
    if (covers && this.#scissor(clip)) this.#drawBackdrop(resources, scene.backdrop);
    if (!this.#scissor(intersection(clip, shown))) return;
    const under = this.#image === null ? null : resources.pictureTexture;
    // Blending reads what it writes, which costs a processor that draws as much as the drawing.
    if (under?.isOpaque === true) gl.disable(gl.BLEND);
    else gl.enable(gl.BLEND);
    const first = pane.mask === null ? undefined : resources.layers.get(pane.mask);
    const second = pane.second === undefined ? undefined : resources.layers.get(pane.second.mask);
    if (first !== undefined) resources.masks.paint(scene, pane, { first, second, under, shown });
    else if (under !== null) this.#drawPicture(resources, shown);
    gl.enable(gl.BLEND);
    if (scene.pixelGrid && gridStrength(scale) > 0) this.#drawGrid(resources, scale, origin);
    gl.disable(gl.BLEND);
  }

  #drawBackdrop({ checker: program, pen }: Resources, backdrop: Scene['backdrop']): void {
    pen.begin(program);
    program.color('uEven', backdrop.kind === 'plain' ? backdrop.color : backdrop.even);
    program.color('uOdd', backdrop.kind === 'plain' ? backdrop.color : backdrop.odd);
    program.float('uCell', CHECKER_CELL);
    pen.fill();
  }

  /** White between black, so that a disc is seen on any picture. */
  #drawRim(resources: Resources, { center, radius }: Disc): void {
    for (const [width, color] of [
      [DISC_RIM, BLACK],
      [DISC_RIM / 2, WHITE],
    ] as const) {
      resources.pen.disc = { center, radius: radius + width };
      this.#drawBackdrop(resources, { kind: 'plain', color });
    }
  }

  #drawPicture({ pictures, pictureTexture, pen }: Resources, shown: Rect): void {
    const key = JSON.stringify(pictureTexture.variant);
    let program = pictures.get(key);
    if (program === undefined) {
      program = new GlProgram(this.#gl, vertexShader, pictureShader(pictureTexture.variant));
      pictures.set(key, program);
    }
    pen.begin(program);
    pictureTexture.bind(program, shown);
    pen.fill();
  }

  #drawGrid({ grid: program, pen }: Resources, scale: number, origin: Point): void {
    pen.begin(program);
    program.floats('uOrigin', origin.x, origin.y);
    program.float('uScale', scale);
    program.float('uStrength', gridStrength(scale));
    pen.fill();
  }

  /** Limits drawing to a rectangle of the screen; false when nothing of it is left. */
  #scissor(rect: Rect): boolean {
    const part = wholePixels(rect, this.#canvas);
    if (part === null) return false;
    this.#gl.scissor(part.x, this.#canvas.height - part.y - part.height, part.width, part.height);
    return true;
  }

  #uploadLayer(name: string, layer: Layer): void {
    const resources = this.#resources;
    if (resources === null) return;
    let textures = resources.layers.get(name);
    if (textures === undefined) {
      const limit = Math.min(this.maxTextureSize, this.#options.tileLimit ?? this.maxTextureSize);
      textures = { mask: new MaskTexture(this.#gl, limit), palette: this.#gl.createTexture() };
      resources.layers.set(name, textures);
    }
    textures.mask.upload(layer.mask);
    this.#uploadPalette(textures.palette, layer.palette);
  }

  #uploadPalette(texture: WebGLTexture, palette: Uint8Array): void {
    const gl = this.#gl;
    const rows = palette.length / 4 / PALETTE_COLUMNS;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, PALETTE_COLUMNS, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, palette);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  }

  #disposeLayer(name: string): void {
    const textures = this.#resources?.layers.get(name);
    if (textures === undefined) return;
    textures.mask.dispose();
    this.#gl.deleteTexture(textures.palette);
    this.#resources?.layers.delete(name);
  }

  readonly #onContextLost = (event: Event): void => {
    // Else the browser would not give it back.
    event.preventDefault();
    this.#lose();
  };

  readonly #onContextRestored = (): void => {
    this.#isLost = false;
    if (!this.#guarded(() => this.#restore())) return;
    this.#options.onBack?.();
    this.requestDraw();
  };

  #lose(): void {
    this.#resources = null;
    if (this.#isLost) return;
    this.#isLost = true;
    this.#options.onLost?.();
  }

  /**
   * False when the context was found to be lost, or the driver has refused a shader; that is told, not thrown. A lost
   * context fails in any way: calls that never give null otherwise do.
   */
  #guarded(work: () => void): boolean {
    let failure: unknown = null;
    try {
      work();
    } catch (error) {
      failure = error;
    }
    const isLost = this.#gl.isContextLost() || (failure instanceof AppError && failure.code === 'CANVAS_CONTEXT_LOST');
    if (isLost) this.#lose();
    else if (failure instanceof AppError) this.#options.onTrouble?.(failure);
    else if (failure !== null) throw failure;
    return failure === null && !isLost;
  }

  #restore(): void {
    const gl = this.#gl;
    if (gl.isContextLost()) throw contextLost();
    const pen = new Pen(gl, this.#canvas);
    this.#resources = {
      pen,
      checker: new GlProgram(gl, vertexShader, checkerShader),
      pictures: new Map(),
      masks: new MaskPainter(gl, pen),
      grid: new GlProgram(gl, vertexShader, gridShader),
      pictureTexture: new PictureTexture(gl),
      layers: new Map(),
      beside: new DrawingBeside(gl),
    };
    if (this.#image !== null) this.#resources.pictureTexture.upload(this.#image, this.#wantsMipmaps(this.#image));
    for (const [name, layer] of this.#layers) this.#uploadLayer(name, layer);
  }
}
