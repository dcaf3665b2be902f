import { describe, expect, it } from 'vitest';
import { maskSchema, packMask } from './domain/mask';
import { decodeRuns, encodeRuns } from './mask-runs';

/** Patches: runs of 1 to 400 ids. */
function patches(count: number, bytesPerId: 1 | 2, offset: number): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(offset + count * bytesPerId);
  const view = new DataView(buffer.buffer, offset);
  for (let i = 0, run = 0; i < count; run += 1) {
    const id = (run * 37) % (bytesPerId === 1 ? 256 : 40_000);
    for (const end = Math.min(count, i + 1 + ((run * 149) % 400)); i < end; i += 1)
      if (bytesPerId === 1) view.setUint8(i, id);
      else view.setUint16(i * 2, id, true);
  }
  return buffer.subarray(offset);
}

describe('runs of a mask', () => {
  const sizes = [400, 401, 1023, 70_000];
  const cases = sizes.flatMap((count) =>
    ([1, 2] as const).flatMap((bytesPerId) => [0, 2, 4].map((offset) => ({ count, bytesPerId, offset }))),
  );
  it.each(cases)('$count ids of $bytesPerId bytes at offset $offset come back', ({ count, bytesPerId, offset }) => {
    const data = patches(count, bytesPerId, offset);
    const runs = encodeRuns(data, bytesPerId);
    if (runs === null) throw new Error('patches are worth encoding');
    expect(runs.length).toBeLessThan(data.length / 4);
    const back = decodeRuns(runs, { width: count, height: 1, bytesPerId });
    expect(back === null ? null : Buffer.compare(back, data)).toBe(0);
  });

  it('takes a mask of one class in a few bytes, however large', () => {
    const runs = encodeRuns(new Uint8Array(4000 * 3000).fill(200), 1);
    expect(runs?.length).toBe(5);
    expect(decodeRuns(runs ?? new Uint8Array(), { width: 4000, height: 3000, bytesPerId: 1 })?.at(-1)).toBe(200);
  });

  it('leaves noise alone', () => {
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251);
    expect(encodeRuns(noise, 1)).toBeNull();
    const mask = { width: 50, height: 100, bytesPerId: 1 as const, data: noise };
    expect(packMask(mask)).toBe(mask);
  });

  it('refuses runs that do not fill the mask', () => {
    const runs = encodeRuns(new Uint8Array(64).fill(3), 1) ?? new Uint8Array();
    for (const height of [7, 9]) expect(decodeRuns(runs, { width: 8, height, bytesPerId: 1 })).toBeNull();
    expect(decodeRuns(Uint8Array.of(3, 0xff, 0xff), { width: 8, height: 8, bytesPerId: 1 })).toBeNull();
    expect(decodeRuns(new Uint8Array(64).fill(0xff), { width: 8, height: 8, bytesPerId: 1 })).toBeNull();
    expect(maskSchema.safeParse({ width: 8, height: 9, bytesPerId: 1, runs }).success).toBe(false);
  });

  it('is what the contract reads, as well as plain ids', () => {
    const data = patches(6400, 1, 0);
    const mask = { width: 80, height: 80, bytesPerId: 1 as const, data };
    expect(packMask(mask)).not.toHaveProperty('data');
    expect(Buffer.compare(maskSchema.parse(packMask(mask)).data, data)).toBe(0);
    expect(maskSchema.parse(mask).data).toBe(data);
    expect(maskSchema.safeParse({ ...mask, width: 81 }).success).toBe(false);
  });
});
