import { describe, expect, it } from 'vitest';
import { FrameCache } from './frame-cache';

function kept(bytes: number) {
  const data = new Uint8Array(bytes);
  return { seconds: 0, raw: { format: 'rgba', width: 1, height: 1, matrix: 'bt709', fullRange: true, data } as const };
}

describe('FrameCache', () => {
  it('stays within its bytes and lets the least used frame go first', () => {
    const cache = new FrameCache(100);
    cache.set(0, kept(40));
    cache.set(1, kept(40));
    cache.get(0);
    cache.set(2, kept(40));
    expect([cache.get(0), cache.get(1), cache.get(2)].map((frame) => frame !== undefined)).toEqual([true, false, true]);
    cache.set(2, kept(60));
    expect(cache.bytes).toBe(100);
    cache.set(3, kept(500));
    expect([cache.bytes, cache.get(3) !== undefined]).toEqual([500, true]);
    cache.clear();
    expect([cache.bytes, cache.get(3)]).toEqual([0, undefined]);
  });
});
