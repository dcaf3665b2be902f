import type { RawFrame } from '../../../shared/domain/raw-frame';

/** Pixels of frames that were decoded lately, so that going back need not begin at the last key frame. */
const KEPT_BYTES = 96 * 1024 * 1024;

export interface KeptFrame {
  readonly seconds: number;
  readonly raw: RawFrame;
}

/** Least recently used frames go first. */
export class FrameCache {
  readonly #frames = new Map<number, KeptFrame>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limit = KEPT_BYTES) {
    this.#limit = limit;
  }

  get(index: number): KeptFrame | undefined {
    const found = this.#frames.get(index);
    if (found === undefined) return undefined;
    this.#frames.delete(index);
    this.#frames.set(index, found);
    return found;
  }

  set(index: number, frame: KeptFrame): void {
    this.#forget(index);
    this.#frames.set(index, frame);
    this.#bytes += frame.raw.data.byteLength;
    for (const oldest of this.#frames.keys()) {
      if (this.#bytes <= this.#limit || this.#frames.size === 1) break;
      this.#forget(oldest);
    }
  }

  clear(): void {
    this.#frames.clear();
    this.#bytes = 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  #forget(index: number): void {
    const found = this.#frames.get(index);
    if (found === undefined) return;
    this.#frames.delete(index);
    this.#bytes -= found.raw.data.byteLength;
  }
}
