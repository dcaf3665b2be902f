import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(__dirname, 'tokens.css'), 'utf8');

function tokensOf(theme: 'dark' | 'light'): Map<string, string> {
  const start = css.indexOf(`[data-theme='${theme}']`);
  const block = css.slice(start, css.indexOf('}', start));
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
}

/** Relative luminance, WCAG 2.2. */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const text: readonly (readonly [string, readonly string[]])[] = [
  ['ink', ['ground', 'panel', 'raised', 'hover', 'pressed', 'well', 'selected', 'amber-ground', 'red-ground']],
  ['ink-soft', ['ground', 'panel', 'raised', 'hover', 'well']],
  ['accent-ink', ['accent', 'accent-hover']],
  ['accent-text', ['panel', 'raised']],
  ['amber', ['panel', 'amber-ground']],
  ['red', ['panel', 'raised', 'selected']],
];
const controls: readonly (readonly [string, readonly string[]])[] = [
  ['control-line', ['panel', 'well']],
  ['accent-line', ['ground', 'panel', 'raised', 'well']],
  ['green', ['panel', 'selected']],
];

describe.each(['dark', 'light'] as const)('the %s theme', (theme) => {
  const tokens = tokensOf(theme);
  const ratio = (front: string, back: string): number => contrast(tokens.get(front) ?? '', tokens.get(back) ?? '');

  it.each(text.flatMap(([front, backs]) => backs.map((back) => [front, back] as const)))(
    'reads %s on %s',
    (front, back) => expect(ratio(front, back)).toBeGreaterThanOrEqual(4.5),
  );

  it.each(controls.flatMap(([front, backs]) => backs.map((back) => [front, back] as const)))(
    'shows %s on %s',
    (front, back) => expect(ratio(front, back)).toBeGreaterThanOrEqual(3),
  );

  it('has greys without hue', () => {
    for (const name of ['ground', 'panel', 'raised', 'hover', 'pressed', 'well', 'line', 'ink', 'ink-soft']) {
      const color = tokens.get(name) ?? '';
      expect([name, color.slice(3, 5), color.slice(5, 7)]).toEqual([name, color.slice(1, 3), color.slice(1, 3)]);
    }
  });
});
