/** Spare memory beyond this is let go: pictures differ in size. */
const MOST_SPARE_BYTES = 32 * 1024 * 1024;

/**
 * Memory of pixels that nobody needs any more, for pictures of the same size to come. Fresh memory costs more than what
 * is decoded into it: the system clears each page, and collectors run the more often the more of it comes and goes.
 */
export class FrameMemory {
  readonly #spare: Uint8Array[] = [];
  #bytes = 0;

  /** So many bytes with whatever is in them; the whole of their buffer. */
  take(length: number): Uint8Array {
    const index = this.#spare.findIndex((each) => each.byteLength === length);
    if (index < 0) return new Uint8Array(length);
    const [found = new Uint8Array(length)] = this.#spare.splice(index, 1);
    this.#bytes -= length;
    return found;
  }

  /** @param pixels the whole of their buffer; not to be used afterwards by whoever gives them */
  give(pixels: Uint8Array): void {
    if (pixels.byteLength === 0 || pixels.byteLength !== pixels.buffer.byteLength) return;
    this.#spare.push(pixels);
    this.#bytes += pixels.byteLength;
    while (this.#bytes > MOST_SPARE_BYTES) this.#bytes -= this.#spare.shift()?.byteLength ?? this.#bytes;
  }
}

/** Of this thread. */
export const frameMemory = new FrameMemory();
