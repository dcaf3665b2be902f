import { describe, expect, it } from 'vitest';
import type { ClassShare } from '../../../shared/domain/mask';
import type { Label } from '../../../shared/domain/model';
import { formatShare } from './format-share';
import { legendRows, type LegendSort } from './legend-rows';

const labels: Label[] = [
  { id: 0, name: 'road', color: [0, 0, 0] },
  { id: 1, name: 'class 10', color: [0, 0, 0] },
  { id: 2, name: 'class 9', color: [0, 0, 0] },
  { id: 3, name: '天空', color: [0, 0, 0] },
];
const shares: ClassShare[] = [
  { id: 2, label: 'class 9', pixels: 60, share: 0.6 },
  { id: 0, label: 'road', pixels: 30, share: 0.3 },
  { id: 9, label: '', pixels: 10, share: 0.1 },
];

function ids(search: string, sort: LegendSort, found: ClassShare[] | null = shares): [number[], number[]] {
  const { present, absent } = legendRows(labels, found, search, sort);
  return [present.map(({ id }) => id), absent.map(({ id }) => id)];
}

describe('legendRows', () => {
  it.each<[string, string, LegendSort, [number[], number[]]]>([
    [
      'largest share first, the absent by id',
      '',
      'share',
      [
        [2, 0, 9],
        [1, 3],
      ],
    ],
    [
      'by id',
      '',
      'id',
      [
        [0, 2, 9],
        [1, 3],
      ],
    ],
    [
      'by name, numbers as numbers',
      '',
      'name',
      [
        [9, 2, 0],
        [1, 3],
      ],
    ],
    ['searched by a part of the name', 'CLASS', 'name', [[2], [1]]],
    ['searched by id', '3', 'id', [[], [3]]],
    ['searched in Chinese', '天', 'id', [[], [3]]],
    ['searched for what is not there', 'zebra', 'id', [[], []]],
  ])('%s', (_name, search, sort, expected) => expect(ids(search, sort)).toEqual(expected));

  it('lists every class while there is no mask', () => {
    expect(ids('', 'id', null)).toEqual([[0, 1, 2, 3], []]);
    expect(legendRows(labels, null, '', 'id').present[0]?.share).toBeNull();
  });

  it('names an id that has no label', () => {
    expect(legendRows(labels, shares, '', 'id').present[2]).toEqual({ id: 9, name: '#9', share: 0.1 });
  });
});

it.each([
  [0.31249, 'en', '31.2\u00a0%'],
  [0, 'en', '0.0\u00a0%'],
  [0.0004, 'en', '< 0.1\u00a0%'],
  [1, 'zh-CN', '100.0\u00a0%'],
])('%f in %s is %s', (share, language, text) => {
  expect(formatShare(share, language)).toBe(text);
});
