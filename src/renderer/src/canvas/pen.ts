import type { GlProgram } from './gl-program';
import type { Disc } from './scene';
import { DISC_CORNERS } from './shaders';
import type { Size } from './viewport';

/** Fills the scissored part of the canvas, or a disc in it, with what a program gives. */
export class Pen {
  readonly #gl: WebGL2RenderingContext;
  readonly #canvas: Size;
  /** What is filled next. */
  disc: Disc | null = null;

  /** `canvas` is looked at with every stroke: it may change its size. */
  constructor(gl: WebGL2RenderingContext, canvas: Size) {
    this.#gl = gl;
    this.#canvas = canvas;
  }

  /** Programs need their uniforms after this. */
  begin(program: GlProgram): void {
    const { width, height } = this.#canvas;
    program.use();
    program.float('uCanvasHeight', height);
    if (this.disc === null) return program.quad('uDisc', 0, 0, 0, 0);
    const { center, radius } = this.disc;
    program.quad(
      'uDisc',
      (2 * center.x) / width - 1,
      1 - (2 * center.y) / height,
      (2 * radius) / width,
      (2 * radius) / height,
    );
  }

  fill(): void {
    const gl = this.#gl;
    if (this.disc === null) gl.drawArrays(gl.TRIANGLES, 0, 3);
    else gl.drawArrays(gl.TRIANGLE_FAN, 0, DISC_CORNERS);
  }
}
