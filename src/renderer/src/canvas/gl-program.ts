import { AppError } from '../../../shared/app-error';

/** A linked WebGL2 program with its uniforms by name. */
export class GlProgram {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: WebGLProgram;
  readonly #locations = new Map<string, WebGLUniformLocation | null>();

  /** Throws AppError CANVAS_SHADER, which names the driver's complaint, or CANVAS_CONTEXT_LOST. */
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
    if (gl.getProgramParameter(this.#program, gl.LINK_STATUS) !== true) {
      throw refusal(gl, gl.getProgramInfoLog(this.#program));
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
  if (shader === null) throw contextLost();
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true) throw refusal(gl, gl.getShaderInfoLog(shader));
  return shader;
}

/**
 * A lost context answers false to everything, and some time before the page is told of the loss. Who refuses a shader
 * says why: without a word it was nobody.
 */
function refusal(gl: WebGL2RenderingContext, log: string | null): AppError {
  const reason = log?.replaceAll('\0', '').trim() ?? '';
  if (gl.isContextLost() || reason === '') return contextLost();
  return new AppError('CANVAS_SHADER', `The graphics driver refused the canvas's shader: ${reason}`, {
    hint: 'Update the graphics driver.',
    details: { reason },
  });
}

export function contextLost(): AppError {
  return new AppError('CANVAS_CONTEXT_LOST', 'The graphics driver took the canvas away.', {
    hint: 'It comes back by itself within seconds, or the processor draws it.',
  });
}
