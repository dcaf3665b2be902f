/** One instance of a compiled kernel, with a memory that the caller divides as it likes from `base` on. */
export class WasmKernel<Exports> {
  readonly exports: Exports;
  readonly #memory: WebAssembly.Memory;
  /** First free address: what the compiler laid out lies below. */
  readonly base = 1024;

  constructor(wasmBase64: string) {
    const bytes = Uint8Array.from(atob(wasmBase64), (char) => char.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});
    this.exports = instance.exports as unknown as Exports;
    this.#memory = instance.exports['memory'] as WebAssembly.Memory;
  }

  /** Makes addresses up to `bytes` usable. Views taken before may be detached by it. */
  reserve(bytes: number): void {
    const missing = bytes - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / 65_536));
  }

  get reservedBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** Valid until the next `reserve`. */
  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, address, length);
  }

  uint16(address: number, length: number): Uint16Array {
    return new Uint16Array(this.#memory.buffer, address, length);
  }

  int32(address: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, address, length);
  }

  float32(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, address, length);
  }
}

/** Hands out addresses one after another, each a multiple of 16. */
export class AddressPlan {
  #next: number;

  constructor(base: number) {
    this.#next = base;
  }

  take(bytes: number): number {
    const address = this.#next;
    this.#next = Math.ceil((address + bytes) / 16) * 16;
    return address;
  }

  get end(): number {
    return this.#next;
  }
}
