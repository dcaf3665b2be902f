import type { RawFrame } from '../../../shared/domain/raw-frame';
import { GlProgram } from './gl-program';
import { planeShader } from './plane-shader';
import { vertexShader } from './shaders';

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
 * Turns a decoder's planes into a picture on the graphics card: 1.5 bytes for each pixel go there instead of four, and
 * nothing is converted, or kept, on this side. Textures are kept while the size stays.
 */
export class PlaneConverter {
  readonly #gl: WebGL2RenderingContext;
  readonly #programs = new Map<string, GlProgram>();
  #framebuffer: WebGLFramebuffer | null = null;
  #textures: WebGLTexture[] = [];
  #stored = '';

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  /** Fills `target`'s first level, which has the frame's size. Leaves viewport and scissor to be set again. */
  convert(frame: RawFrame, target: WebGLTexture | null): void {
    const gl = this.#gl;
    const planes = planesOf(frame);
    this.#allocate(frame, planes);
    this.#upload(frame, planes);
    this.#framebuffer ??= gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
    gl.viewport(0, 0, frame.width, frame.height);
    gl.disable(gl.SCISSOR_TEST);
    gl.disable(gl.BLEND);
    const program = this.#program(frame);
    program.use();
    planes.forEach((_, unit) => program.int(`uPlane${unit}`, unit));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.activeTexture(gl.TEXTURE0);
  }

  dispose(): void {
    this.#forget();
    this.#gl.deleteFramebuffer(this.#framebuffer);
    this.#framebuffer = null;
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }

  #upload({ data }: RawFrame, planes: readonly Plane[]): void {
    const gl = this.#gl;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    planes.forEach(({ width, height, offset, channels }, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, this.#textures[unit] ?? null);
      const format = gl[formats[channels][0]];
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, format, gl.UNSIGNED_BYTE, data, offset);
    });
  }

  #allocate({ width, height, format }: RawFrame, planes: readonly Plane[]): void {
    const key = `${format} ${width}x${height}`;
    if (this.#stored === key) return;
    this.#forget();
    const gl = this.#gl;
    this.#textures = planes.map((plane) => {
      const texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl[formats[plane.channels][1]], plane.width, plane.height);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      return texture;
    });
    this.#stored = key;
  }

  #forget(): void {
    for (const texture of this.#textures) this.#gl.deleteTexture(texture);
    this.#textures = [];
    this.#stored = '';
  }

  #program({ format, matrix, fullRange }: RawFrame): GlProgram {
    const key = `${format} ${matrix} ${fullRange}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      program = new GlProgram(this.#gl, vertexShader, planeShader({ format, matrix, fullRange }));
      this.#programs.set(key, program);
    }
    return program;
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
