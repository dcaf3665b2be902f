import { AppError } from '../../../shared/app-error';

/** A linked WebGL2 program with its uniforms by name. */
export class GlProgram {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #locations = new Map<string, WebGLUniformLocation | null>();

  /** Throws AppError CANVAS_SHADER, which names the driver's complaint. */
  constructor(gl: WebGL2RenderingContext, vertexSource: string, fragmentSource: string) {
    this.#gl = gl;
    this.#program = gl.createProgram();
    const shaders = [
      compile(gl, gl.VERTEX_SHADER, vertexSource),
      compile(gl, gl.FRAGMENT_SHADER, fragmentSource),
    ] as const;
    for (const shader of shaders) gl.attachShader(this.#program, shader);
    gl.linkProgram(this.#program);
    for (const shader of shaders) gl.deleteShader(shader);
    // A lost context answers false to everything; the renderer starts again when it comes back.
    if (gl.getProgramParameter(this.#program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
      throw shaderError(gl.getProgramInfoLog(this.#program));
    }
  }

  use(): void {
    this.#gl.useProgram(this.#program);
  }

  int(name: string, value: number): void {
    this.#gl.uniform1i(this.#location(name), value);
  }

  ints(name: string, x: number, y: number): void {
    this.#gl.uniform2i(this.#location(name), x, y);
  }

  float(name: string, value: number): void {
    this.#gl.uniform1f(this.#location(name), value);
  }

  floats(name: string, x: number, y: number): void {
    this.#gl.uniform2f(this.#location(name), x, y);
  }

  quad(name: string, x: number, y: number, z: number, w: number): void {
    this.#gl.uniform4f(this.#location(name), x, y, z, w);
  }

  color(name: string, [red, green, blue]: readonly [number, number, number]): void {
    this.#gl.uniform3f(this.#location(name), red / 255, green / 255, blue / 255);
  }

  dispose(): void {
    this.#gl.deleteProgram(this.#program);
  }

  #location(name: string): WebGLUniformLocation | null {
    const known = this.#locations.get(name);
    if (known !== undefined) return known;
    const location = this.#gl.getUniformLocation(this.#program, name);
    this.#locations.set(name, location);
    return location;
  }
}

function compile(gl: WebGL2RenderingContext, type: number, source: string): WebGLShader {
  const shader = gl.createShader(type);
  if (shader === null) throw shaderError('no shader could be created');
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true && !gl.isContextLost()) {
    throw shaderError(gl.getShaderInfoLog(shader));
  }
  return shader;
}

function shaderError(log: string | null): AppError {
  return new AppError('CANVAS_SHADER', `The graphics driver refused the canvas's shader: ${log ?? 'no reason given'}`, {
    hint: 'Update the graphics driver, or start with software rendering.',
  });
}
