import type { RawFrame } from '../../../shared/domain/raw-frame';
import type { GlProgram } from './gl-program';

/** By channels: of the bytes, and of their texture. */
const formats = {
  1: ['RED', 'R8'],
  2: ['RG', 'RG8'],
  4: ['RGBA', 'RGBA8'],
} as const;

interface Plane {
  readonly width: number;
  readonly height: number;
  /** Bytes before it. */
  readonly offset: number;
  readonly channels: keyof typeof formats;
}

/**
 * A decoder's planes on the graphics card: 1.5 bytes for each pixel go there instead of four, and nothing is converted,
 * or kept, on this side. Textures are kept while the size stays.
 */
export class PlaneTextures {
  readonly #gl: WebGL2RenderingContext;
  #textures: WebGLTexture[] = [];
  #stored = '';
  /** Of what chroma's textures cover, the share that luma's do: less than 1 where a size is odd. */
  #chromaShare: readonly [number, number] = [1, 1];

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  upload(frame: RawFrame): void {
    const gl = this.#gl;
    const planes = planesOf(frame);
    this.#allocate(frame, planes);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    planes.forEach(({ width, height, offset, channels }, place) => {
      gl.bindTexture(gl.TEXTURE_2D, this.#textures[place] ?? null);
      const format = gl[formats[channels][0]];
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, format, gl.UNSIGNED_BYTE, frame.data, offset);
    });
  }

  /** For a program with {@link pictureFunction}, from `unit` on. `squares`: without blending between pixels. */
  bind(program: GlProgram, unit: number, squares: boolean): void {
    const gl = this.#gl;
    this.#textures.forEach((texture, place) => {
      gl.activeTexture(gl.TEXTURE0 + unit + place);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      program.int(`uPlane${place}`, unit + place);
      if (place > 0) return;
      const filter = squares ? gl.NEAREST : gl.LINEAR;
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    });
    if (this.#textures.length > 1) program.floats('uChromaShare', ...this.#chromaShare);
  }

  dispose(): void {
    for (const texture of this.#textures) this.#gl.deleteTexture(texture);
    this.#textures = [];
    this.#stored = '';
  }

  #allocate({ width, height, format }: RawFrame, planes: readonly Plane[]): void {
    const key = `${format} ${width}x${height}`;
    if (this.#stored === key) return;
    this.dispose();
    const gl = this.#gl;
    this.#textures = planes.map((plane) => {
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl[formats[plane.channels][1]], plane.width, plane.height);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      return texture;
    });
    const [, chroma] = planes;
    if (chroma !== undefined) this.#chromaShare = [width / (2 * chroma.width), height / (2 * chroma.height)];
    this.#stored = key;
  }
}

/** Luma first. */
function planesOf({ format, width, height }: RawFrame): Plane[] {
  if (format === 'rgba') return [{ width, height, offset: 0, channels: 4 }];
  const luma: Plane = { width, height, offset: 0, channels: 1 };
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const offset = width * height;
  if (format === 'nv12') return [luma, { ...half, offset, channels: 2 }];
  return [luma, { ...half, offset, channels: 1 }, { ...half, offset: offset + half.width * half.height, channels: 1 }];
}
