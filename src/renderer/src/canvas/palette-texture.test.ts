import { expect, it } from 'vitest';
import { hiddenIds, isClassVisible, paletteBytes, paletteRows } from './palette-texture';

const none = new Set<number>();
const colorOf = (id: number): [number, number, number] => [id % 256, 255 - (id % 256), id >> 8];

it.each([
  ['nothing hidden', [], [], [0, 1, 2, 3], []],
  ['one hidden', [2], [], [0, 1, 3], [2]],
  ['one alone', [], [1], [1], [0, 2, 3]],
  ['alone wins over hidden', [1], [1], [1], [0, 2, 3]],
])('%s', (_name, hidden, solo, visible, left) => {
  const visibility = { hidden: new Set(hidden), solo: new Set(solo) };
  expect([0, 1, 2, 3].filter((id) => isClassVisible(visibility, id))).toEqual(visible);
  expect(hiddenIds(visibility, [3, 2, 1, 0])).toEqual(left);
});

it('has an entry for each id that a byte can hold', () => {
  const bytes = paletteBytes(1, colorOf, { hidden: new Set([7]), solo: none });
  expect(bytes.length).toBe(256 * 4);
  expect([...bytes.subarray(0, 4)]).toEqual([0, 255, 0, 255]);
  expect([...bytes.subarray(7 * 4, 8 * 4)]).toEqual([7, 248, 0, 0]);
  expect([...bytes.subarray(255 * 4)]).toEqual([255, 0, 0, 255]);
});

it('lays two-byte ids out in rows of 256', () => {
  const bytes = paletteBytes(2, colorOf, { hidden: none, solo: none });
  expect(paletteRows(2)).toBe(256);
  expect(bytes.length).toBe(65_536 * 4);
  expect([...bytes.subarray(300 * 4, 301 * 4)]).toEqual([44, 211, 1, 255]);
});
