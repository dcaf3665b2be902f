import { describe, expect, it } from 'vitest';
import type { Segmentation } from '../../../shared/contract';
import { boundSegmentations } from './segmentation-memory';

function segmentation(pictureId: string, bytes: number): Segmentation {
  const mask = { width: bytes, height: 1, bytesPerId: 1 as const, data: new Uint8Array(bytes) };
  return { pictureId, mask } as Segmentation;
}

function kept(...ids: string[]): Map<string, Segmentation> {
  return new Map(ids.map((id) => [id, segmentation(id, 10)]));
}

describe('boundSegmentations', () => {
  it.each<[string, Map<string, Segmentation>, Segmentation, string | null, { bytes: number; count: number }, string[]]>(
    [
      ['keeps what fits', kept('a', 'b'), segmentation('c', 10), null, { bytes: 30, count: 9 }, ['a', 'b', 'c']],
      [
        'drops the oldest past the bytes',
        kept('a', 'b'),
        segmentation('c', 10),
        null,
        { bytes: 20, count: 9 },
        ['b', 'c'],
      ],
      [
        'drops the oldest past the count',
        kept('a', 'b'),
        segmentation('c', 10),
        null,
        { bytes: 99, count: 2 },
        ['b', 'c'],
      ],
      ['spares the shown one', kept('a', 'b'), segmentation('c', 10), 'a', { bytes: 20, count: 9 }, ['a', 'c']],
      ['always holds the new one', kept('a'), segmentation('c', 500), 'a', { bytes: 20, count: 9 }, ['a', 'c']],
      [
        'makes a known one the newest',
        kept('a', 'b'),
        segmentation('a', 10),
        null,
        { bytes: 99, count: 9 },
        ['b', 'a'],
      ],
      ['counts a replaced mask once', kept('a', 'b'), segmentation('a', 10), null, { bytes: 20, count: 9 }, ['b', 'a']],
    ],
  )('%s', (_name, before, added, keepId, limits, expected) => {
    expect([...boundSegmentations(before, added, keepId, limits).keys()]).toEqual(expected);
  });

  it('leaves the map it was given alone', () => {
    const before = kept('a', 'b');
    boundSegmentations(before, segmentation('c', 10), null, { bytes: 10, count: 1 });
    expect([...before.keys()]).toEqual(['a', 'b']);
  });
});
