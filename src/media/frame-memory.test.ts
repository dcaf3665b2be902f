import { describe, expect, it } from 'vitest';
import { FrameMemory, freeNow } from './frame-memory';

describe('memory of pixels', () => {
  it('is given out again at the same size only, and only where it is whole', () => {
    const memory = new FrameMemory();
    const [pixels, part] = [new Uint8Array(12), new Uint8Array(24).subarray(12)];
    memory.give(pixels);
    memory.give(part);
    expect([memory.take(6), memory.take(12), memory.take(12)].map((each) => each === pixels)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('is freed where it is whole, and left alone where others share it', () => {
    const [whole, all] = [new Uint8Array(8), new Uint8Array(8).fill(7)];
    freeNow(whole);
    freeNow(all.subarray(2));
    freeNow(new Uint8Array(0));
    expect(whole.byteLength).toBe('transfer' in ArrayBuffer.prototype ? 0 : 8);
    expect([...all]).toEqual(new Array(8).fill(7));
  });
});
