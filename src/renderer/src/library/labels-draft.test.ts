import { describe, expect, it } from 'vitest';
import type { Label } from '../../../shared/domain/model';
import { labelsFrom, labelsText } from './labels-draft';

const labels: Label[] = [
  { id: 7, name: 'class 7', color: [7, 7, 7] },
  { id: 0, name: 'class 0', color: [0, 0, 0] },
  { id: 3, name: 'class 3', color: [3, 3, 3] },
];

describe('labels as lines', () => {
  it('stand in the order of their ids', () => expect(labelsText(labels)).toBe('class 0\nclass 3\nclass 7'));

  it.each<[string, string, string[] | null]>([
    ['renames', 'road\nsky\ncar', ['road', 'sky', 'car']],
    ['keeps the names of empty lines', 'road\n\ncar', ['road', 'class 3', 'car']],
    ['keeps the names of missing lines', 'road', ['road', 'class 3', 'class 7']],
    ['trims', '  road \n sky\tblue \n car\r', ['road', 'sky\tblue', 'car']],
    ['ignores empty lines at the end', 'road\nsky\ncar\n\n\n', ['road', 'sky', 'car']],
    ['refuses more lines than classes', 'a\nb\nc\nd', null],
    ['keeps all of an empty text', '', ['class 0', 'class 3', 'class 7']],
  ])('%s', (_name, text, expected) => {
    const result = labelsFrom(text, labels);
    expect(result?.map((label) => label.name) ?? null).toEqual(expected);
    if (result !== null) expect(result.map((label) => label.color[0])).toEqual([0, 3, 7]);
  });
});
