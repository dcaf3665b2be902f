import type { Mask } from '../../src/shared/domain/mask';
import type { RawFrame } from '../../src/shared/domain/raw-frame';
import { MaskRenderer } from '../../src/renderer/src/canvas/mask-renderer';
import { MASK_TO_TEXTURE, type Painter } from '../../src/renderer/src/canvas/painter';
import { RasterPainter } from '../../src/renderer/src/canvas/raster-painter';
import type { Scene } from '../../src/renderer/src/canvas/scene';
import type { Size } from '../../src/renderer/src/canvas/viewport';

/** What a test hands to the page; bytes travel in base64. */
export interface DrawCase {
  readonly view: Size;
  readonly scene: Scene;
  readonly mask: Omit<Mask, 'data'> & { readonly data: string };
  readonly palette: string;
  /** Drawn with the other where the scene asks for it, in the same colours; its name is `second`. */
  readonly second?: DrawCase['mask'];
  /** RGBA of each picture pixel, row-major. */
  readonly picture: string;
  readonly tileLimit?: number;
}

export type FrameCase = Omit<RawFrame, 'data'> & { readonly data: string };

export interface FrameDrawing {
  /** With smaller levels of it, as graphics cards draw. */
  readonly isSmooth: boolean;
  /** Beside the canvas, as processors draw while a video is played. */
  readonly isPatient: boolean;
}

export interface Harness {
  /** RGBA of each screen pixel, bottom row first. */
  draw(test: DrawCase): Promise<string>;
  /** The same by the processor. */
  drawByProcessor(test: DrawCase): Promise<string>;
  /** The same, with the graphics context lost and given back in between. */
  drawAfterLoss(test: DrawCase): Promise<{ blank: boolean; pixels: string }>;
  /** A frame of a video, then another of it, at 1:1 and without a mask: RGBA as above. */
  drawFrames(frames: readonly FrameCase[], how: FrameDrawing): Promise<string>;
  /** Median main-thread milliseconds of `setMask` for a new mask of this size. */
  measureUpload(size: Size, runs: number): number;
}

declare global {
  interface Window {
    harness: Harness;
  }
}

function prepare(test: DrawCase): Promise<{ canvas: HTMLCanvasElement; renderer: MaskRenderer }> {
  const options = test.tileLimit === undefined ? {} : { tileLimit: test.tileLimit };
  return prepareWith(test, (canvas) => new MaskRenderer(canvas, options));
}

async function prepareWith<P extends Painter>(
  test: DrawCase,
  painterOf: (canvas: HTMLCanvasElement) => P,
): Promise<{ canvas: HTMLCanvasElement; renderer: P }> {
  const canvas = document.createElement('canvas');
  canvas.width = test.view.width;
  canvas.height = test.view.height;
  document.body.replaceChildren(canvas);
  const renderer = painterOf(canvas);
  const { width, height } = test.mask;
  const pixels = new ImageData(width, height);
  pixels.data.set(bytesOf(test.picture));
  renderer.setPicture(await createImageBitmap(pixels));
  const palette = bytesOf(test.palette);
  renderer.setMask('mask', { ...test.mask, data: bytesOf(test.mask.data) }, palette);
  if (test.second !== undefined) {
    renderer.setMask('second', { ...test.second, data: bytesOf(test.second.data) }, palette);
  }
  renderer.setScene(test.scene);
  return { canvas, renderer };
}

function context(canvas: HTMLCanvasElement): WebGL2RenderingContext {
  const gl = canvas.getContext('webgl2');
  if (gl === null) throw new Error('no WebGL2');
  return gl;
}

function read(canvas: HTMLCanvasElement, renderer: MaskRenderer): Uint8Array {
  renderer.drawNow();
  return pixelsOf(canvas);
}

function pixelsOf(canvas: HTMLCanvasElement): Uint8Array {
  const gl = context(canvas);
  const bytes = new Uint8Array(canvas.width * canvas.height * 4);
  gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  return bytes;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

window.harness = {
  draw: async (test) => {
    const { canvas, renderer } = await prepare(test);
    const pixels = base64Of(read(canvas, renderer));
    renderer.dispose();
    return pixels;
  },
  drawByProcessor: async (test) => {
    const { canvas, renderer } = await prepareWith(test, (one) => new RasterPainter(one));
    renderer.drawNow();
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, width, height) ?? new ImageData(1, 1);
    renderer.dispose();
    const rows = Array.from({ length: height }, (_, row) => data.subarray(row * width * 4, (row + 1) * width * 4));
    return base64Of(Uint8Array.from(rows.reverse().flatMap((row) => [...row])));
  },
  drawAfterLoss: async (test) => {
    const { canvas, renderer } = await prepare(test);
    const extension = context(canvas).getExtension('WEBGL_lose_context');
    const event = (name: string) => new Promise((resolve) => canvas.addEventListener(name, resolve, { once: true }));
    const lost = event('webglcontextlost');
    extension?.loseContext();
    await lost;
    const blank = read(canvas, renderer).every((value) => value === 0);
    const restored = event('webglcontextrestored');
    // The browser refuses to give a context back in the very task that reports its loss.
    await new Promise((resolve) => setTimeout(resolve));
    extension?.restoreContext();
    await restored;
    return { blank, pixels: base64Of(read(canvas, renderer)) };
  },
  drawFrames: async (frames, { isSmooth, isPatient }) => {
    const canvas = document.createElement('canvas');
    document.body.replaceChildren(canvas);
    let pixels = '';
    let drawn: () => void = () => undefined;
    // In the very task in which the canvas gets it: afterwards it is empty.
    const onDrawn = (): void => {
      pixels = base64Of(pixelsOf(canvas));
      drawn();
    };
    const renderer = new MaskRenderer(canvas, { smoothFrames: isSmooth, onDrawn });
    renderer.isPatient = isPatient;
    for (const frame of frames) {
      const { width, height } = frame;
      canvas.width = width;
      canvas.height = height;
      const whole = { x: 0, y: 0, width, height };
      const look = { opacity: 0, mode: 'fill', outlineWidth: 1, highlight: null } as const;
      const done = new Promise<void>((resolve) => (drawn = resolve));
      renderer.setPicture({ ...frame, data: bytesOf(frame.data) });
      renderer.setScene({
        picture: { width, height },
        viewport: { scale: 1, center: { x: width / 2, y: height / 2 }, fitted: false },
        panes: [{ area: whole, clip: whole, mask: null, look }],
        backdrop: { kind: 'plain', color: [0, 0, 0] },
        pixelGrid: false,
        quality: 'full',
      });
      await done;
    }
    renderer.dispose();
    return pixels;
  },
  measureUpload: (size, runs) => {
    const renderer = new MaskRenderer(document.createElement('canvas'));
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const data = new Uint8Array(size.width * size.height).fill(run);
      renderer.setMask('mask', { ...size, bytesPerId: 1, data }, new Uint8Array(1024));
      times.push(performance.getEntriesByName(MASK_TO_TEXTURE)[0]?.duration ?? Number.NaN);
    }
    renderer.dispose();
    return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
  },
};
