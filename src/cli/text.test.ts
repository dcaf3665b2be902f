import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { listOf, wholeNumber } from './parse-option';
import { formatBytes } from './progress';
import { table } from './table';

describe('table', () => {
  it('pads columns by what a terminal shows of them', () => {
    const rows = [
      ['a', '\u001b[1mbold\u001b[0m', 'x'],
      ['道路', 'b', 'yy'],
    ];
    expect(table(rows)).toEqual(['a     \u001b[1mbold\u001b[0m  x', '道路  b     yy']);
  });

  it('leaves no space at the end', () =>
    expect(
      table([
        ['a', ''],
        ['bb', 'c'],
      ]),
    ).toEqual(['a', 'bb  c']));
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [15_234_567, '15.2 MB'],
    [99_960_000, '100 MB'],
    [999_600_000, '1.0 GB'],
    [3.5e14, '350 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('options', () => {
  it.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    [' b , a,b', ['b', 'a']],
  ])('reads the list %j', (text, expected) => expect(listOf(text, ['a', 'b'])).toEqual(expected));

  it.each(['', 'c', 'a,,b', 'a;b'])('refuses the list %j', (text) => {
    expect(() => listOf(text, ['a', 'b'])).toThrow(InvalidArgumentError);
  });

  it.each(['', '-1', '1.5', 'two', '1e3', '70000'])('refuses the number %j', (text) => {
    expect(() => wholeNumber(text)).toThrow(InvalidArgumentError);
  });
});
