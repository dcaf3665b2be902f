import { describe, expect, it } from 'vitest';
import { classShares, countClasses } from './class-shares';

/** Runs of uneven length, so that words begin and end within them. */
function ids(length: number, classes: number): number[] {
  const result: number[] = [];
  for (let run = 0; result.length < length; run += 1) {
    for (let i = 0; i <= (run * 7) % 13; i += 1) result.push((run * 31) % classes);
  }
  return result.slice(0, length);
}

function countOneByOne(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of values) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

describe('countClasses', () => {
  const cases = [1, 2, 3, 4, 5, 7, 64, 1001].flatMap((length) =>
    ([1, 2] as const).flatMap((bytesPerId) => [0, 1, 2, 3].map((offset) => ({ length, bytesPerId, offset }))),
  );
  it.each(cases)('$length ids of $bytesPerId bytes at offset $offset', ({ length, bytesPerId, offset }) => {
    const values = ids(length, bytesPerId === 1 ? 256 : 60_000);
    const buffer = new Uint8Array(offset + length * bytesPerId);
    const data = buffer.subarray(offset);
    const view = new DataView(buffer.buffer, offset);
    values.forEach((id, i) => (bytesPerId === 1 ? view.setUint8(i, id) : view.setUint16(i * 2, id, true)));
    const counts = countClasses({ width: length, height: 1, bytesPerId, data });
    const wanted = countOneByOne(values);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(length);
    for (const [id, count] of wanted) expect(counts[id]).toBe(count);
  });
});

describe('classShares', () => {
  it('names classes, most frequent first, lower ids first where equal, and leaves absent ones out', () => {
    const mask = { width: 4, height: 2, bytesPerId: 1 as const, data: Uint8Array.of(7, 7, 7, 7, 2, 2, 1, 1) };
    expect(classShares(mask, [{ id: 1, name: 'road', color: [0, 0, 0] }])).toEqual([
      { id: 7, label: 'class 7', pixels: 4, share: 0.5 },
      { id: 1, label: 'road', pixels: 2, share: 0.25 },
      { id: 2, label: 'class 2', pixels: 2, share: 0.25 },
    ]);
  });
});
