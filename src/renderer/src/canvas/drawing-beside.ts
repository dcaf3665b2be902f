/**
 * A drawing that is made beside the canvas and put on it when it is done. A browser without a graphics card copies the
 * canvas after each drawing, and the page's thread waits until the processor has drawn it; a finished one costs a copy.
 */
export class DrawingBeside {
  readonly #gl: WebGL2RenderingContext;
  #framebuffer: WebGLFramebuffer | null = null;
  #storage: WebGLRenderbuffer | null = null;
  #width = 0;
  #height = 0;
  #done: WebGLSync | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
  }

  /** Whether one was begun and is neither on the canvas nor given up. */
  get isUnderWay(): boolean {
    return this.#done !== null;
  }

  /** Answers at once. The browser brings the answer up to date between tasks. */
  get isDone(): boolean {
    const gl = this.#gl;
    return this.#done !== null && gl.getSyncParameter(this.#done, gl.SYNC_STATUS) === gl.SIGNALED;
  }

  /** Draws into a place of the canvas's size and returns before anything is drawn. */
  begin(width: number, height: number, draw: () => void): void {
    const gl = this.#gl;
    this.giveUp();
    this.#allocate(width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    draw();
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.#done = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  present(): void {
    const gl = this.#gl;
    gl.disable(gl.SCISSOR_TEST);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.#framebuffer);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    const [width, height] = [this.#width, this.#height];
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.giveUp();
  }

  giveUp(): void {
    this.#gl.deleteSync(this.#done);
    this.#done = null;
  }

  dispose(): void {
    this.giveUp();
    this.#gl.deleteFramebuffer(this.#framebuffer);
    this.#gl.deleteRenderbuffer(this.#storage);
    this.#framebuffer = null;
    this.#storage = null;
    this.#width = 0;
  }

  #allocate(width: number, height: number): void {
    if (this.#width === width && this.#height === height) return;
    this.dispose();
    const gl = this.#gl;
    this.#framebuffer = gl.createFramebuffer();
    this.#storage = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, this.#storage);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.#framebuffer);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, this.#storage);
    this.#width = width;
    this.#height = height;
  }
}
