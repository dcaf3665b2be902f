import type { RawFrame } from '../../../shared/domain/raw-frame';
import { GlProgram } from './gl-program';
import { convertingShader, type PictureVariant, type PlaneVariant } from './picture-shader';
import { PlaneTextures } from './plane-textures';
import { vertexShader } from './shaders';
import type { Rect, Size } from './viewport';

/**
 * What can be drawn under a mask. Frames of a video come as bytes: browsers that draw on the processor keep a converted
 * copy of every VideoFrame that they upload, half a gigabyte of them.
 */
export type PictureImage = ImageBitmap | ImageData | HTMLCanvasElement | OffscreenCanvas | RawFrame;

/** A frame of a video, which is uploaded again and again; all else is uploaded once. */
export function isVideoFrame(image: PictureImage): image is RawFrame {
  return 'matrix' in image;
}

/** From this scale on picture pixels are drawn as squares; below they are blended. */
export const SQUARES_FROM = 2;

/** Units that masks leave free. */
const UNIT = 4;

/** The picture on the graphics card: sRGB bytes, taken as they are, with smaller levels for views from afar. */
export class PictureTexture {
  readonly #gl: WebGL2RenderingContext;
  readonly #planes: PlaneTextures;
  readonly #converters = new Map<string, GlProgram>();
  #framebuffer: WebGLFramebuffer | null = null;
  #texture: WebGLTexture | null = null;
  #stored = '';
  #variant: PictureVariant = 'colors';
  #isOpaque = false;
  #size: Size = { width: 1, height: 1 };

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#planes = new PlaneTextures(gl);
  }

  /** What a shader has to read. */
  get variant(): PictureVariant {
    return this.#variant;
  }

  /** Frames of a video have no transparent pixels. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /**
   * Without `mipmaps` views of a video from afar are coarser, and a frame costs a processor that draws a third: it is
   * then read from its planes as it is drawn.
   */
  upload(image: PictureImage, mipmaps = true): void {
    const gl = this.#gl;
    const { width, height } = image;
    this.#size = { width, height };
    this.#isOpaque = isVideoFrame(image);
    if (isVideoFrame(image)) {
      const { format, matrix, fullRange } = image;
      this.#variant = { format, matrix, fullRange };
      this.#planes.upload(image);
      if (!mipmaps) return;
      this.#allocate(this.#size);
      this.#convert(this.#variant);
      gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    } else {
      this.#allocate(this.#size);
      gl.bindTexture(gl.TEXTURE_2D, this.#texture);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, gl.RGBA, gl.UNSIGNED_BYTE, image);
    }
    this.#variant = 'colors';
    gl.generateMipmap(gl.TEXTURE_2D);
  }

  /** For a program of this {@link variant}; `shown` is where the picture lies on the screen. */
  bind(program: GlProgram, shown: Rect): void {
    const gl = this.#gl;
    program.floats('uPictureOrigin', shown.x, shown.y);
    program.floats('uShownSize', shown.width, shown.height);
    const scale = shown.width / this.#size.width;
    const squares = scale >= SQUARES_FROM;
    if (this.#variant !== 'colors') return this.#planes.bind(program, UNIT, squares);
    gl.activeTexture(gl.TEXTURE0 + UNIT);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, squares ? gl.NEAREST : gl.LINEAR);
    program.int('uPicture', UNIT);
    program.float('uLevel', Math.max(0, Math.log2(1 / scale)));
  }

  dispose(): void {
    this.#forget();
    this.#planes.dispose();
    this.#gl.deleteFramebuffer(this.#framebuffer);
    for (const program of this.#converters.values()) program.dispose();
    this.#converters.clear();
  }

  /** Fills the texture from the planes. Leaves viewport and scissor to be set again. */
  #convert(variant: PlaneVariant): void {
    const gl = this.#gl;
    const { width, height } = this.#size;
    this.#framebuffer ??= gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.#texture, 0);
    gl.viewport(0, 0, width, height);
    gl.disable(gl.SCISSOR_TEST);
    gl.disable(gl.BLEND);
    const key = Object.values(variant).join();
    let program = this.#converters.get(key);
    if (program === undefined) {
      program = new GlProgram(gl, vertexShader, convertingShader(variant));
      this.#converters.set(key, program);
    }
    program.use();
    program.floats('uPictureOrigin', 0, 0);
    program.floats('uShownSize', width, height);
    this.#planes.bind(program, UNIT, true);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  #forget(): void {
    this.#gl.deleteTexture(this.#texture);
    this.#texture = null;
    this.#stored = '';
  }

  #allocate(size: Size): void {
    const key = `${size.width}x${size.height}`;
    if (this.#stored === key) return;
    this.#forget();
    const gl = this.#gl;
    this.#texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    const levels = 1 + Math.floor(Math.log2(Math.max(size.width, size.height)));
    gl.texStorage2D(gl.TEXTURE_2D, levels, gl.RGBA8, size.width, size.height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    this.#stored = key;
  }
}
