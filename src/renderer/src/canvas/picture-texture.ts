import type { RawFrame } from '../../../shared/domain/raw-frame';
import { PlaneConverter } from './plane-converter';
import type { Size } from './viewport';

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
const SQUARES_FROM = 2;

/** The picture on the graphics card: sRGB bytes, taken as they are, with smaller levels for views from afar. */
export class PictureTexture {
  readonly #gl: WebGL2RenderingContext;
  readonly #planes: PlaneConverter;
  #texture: WebGLTexture | null = null;
  #stored = '';
  #hasMipmaps = true;
  #size: Size = { width: 1, height: 1 };

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#planes = new PlaneConverter(gl);
  }

  /** Size of the texture, which may be smaller than the picture (a preview of a huge one). */
  get size(): Size {
    return this.#size;
  }

  /** Without `mipmaps` views from afar are coarser, and a frame of a video costs a processor that draws half as much. */
  upload(image: PictureImage, mipmaps = true): void {
    const gl = this.#gl;
    const { width, height } = image;
    this.#allocate({ width, height });
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    if (isVideoFrame(image)) this.#planes.convert(image, this.#texture);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    if (!isVideoFrame(image)) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, gl.RGBA, gl.UNSIGNED_BYTE, image);
    this.#hasMipmaps = mipmaps;
    if (mipmaps) gl.generateMipmap(gl.TEXTURE_2D);
  }

  /** Binds for drawing at `scale` screen pixels for each texel; answers with the level of detail to read. */
  bind(unit: number, scale: number): number {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.#texture);
    const squares = scale >= SQUARES_FROM;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, squares ? gl.NEAREST : gl.LINEAR);
    const smaller = this.#hasMipmaps ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smaller);
    return Math.max(0, Math.log2(1 / scale));
  }

  dispose(): void {
    this.#forget();
    this.#planes.dispose();
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
    this.#size = size;
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
