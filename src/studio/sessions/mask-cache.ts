import type { Segmentation } from '../../shared/contract';

/** The latest segmentations, up to a number of bytes of masks. */
export class MaskCache {
  readonly #entries = new Map<string, Segmentation>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get(key: string): Segmentation | null {
    const found = this.#entries.get(key);
    if (found === undefined) return null;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, value: Segmentation): void {
    this.#forget(key);
    if (value.mask.data.byteLength > this.#limit) return;
    this.#entries.set(key, value);
    this.#bytes += value.mask.data.byteLength;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) break;
      this.#forget(oldest);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  #forget(key: string): void {
    const found = this.#entries.get(key);
    if (found === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= found.mask.data.byteLength;
  }
}
