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

/**
 * Frees memory at once, where the engine can (V8 of Node 22 and later), instead of when it is next collected: what waits
 * for that counts as used, and makes collectors run the more often. Memory that is only part of another's is left alone.
 *
 * @param bytes empty afterwards; nothing may be reading or writing them still
 */
export function freeNow({ buffer, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || byteLength === 0 || byteLength !== buffer.byteLength) return;
  (buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer }).transfer?.(0);
}
