import { describe, expect, it } from 'vitest';
import type { KeyPress } from './shortcut';
import { formatShortcut, matches } from './shortcut';

function press(key: string, change: Partial<KeyPress> = {}): KeyPress {
  return { key, code: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...change };
}

describe('matches', () => {
  it.each<[string, KeyPress, 'meta' | 'ctrl', boolean]>([
    ['Mod+O', press('o', { ctrlKey: true }), 'ctrl', true],
    ['Mod+O', press('o', { metaKey: true }), 'ctrl', false],
    ['Mod+O', press('o', { metaKey: true }), 'meta', true],
    ['Mod+O', press('O', { ctrlKey: true, shiftKey: true }), 'ctrl', false],
    ['Mod+Shift+O', press('O', { ctrlKey: true, shiftKey: true }), 'ctrl', true],
    ['F', press('f'), 'ctrl', true],
    ['F', press('f', { ctrlKey: true }), 'ctrl', false],
    ['F', press('f', { altKey: true }), 'ctrl', false],
    ['?', press('?', { shiftKey: true }), 'ctrl', true],
    ['[', press('[', { code: 'BracketLeft' }), 'ctrl', true],
    ['[', press('ü', { code: 'BracketLeft' }), 'ctrl', true],
    ['[', press('ü', { code: 'KeyU' }), 'ctrl', false],
    ['\\', press('#', { code: 'Backslash' }), 'ctrl', true],
    ['Mod++', press('+', { ctrlKey: true, shiftKey: true }), 'ctrl', true],
    ['Mod+,', press(',', { ctrlKey: true }), 'ctrl', true],
    ['ArrowDown', press('ArrowDown'), 'ctrl', true],
    ['ArrowDown', press('ArrowDown', { shiftKey: true }), 'ctrl', false],
    ['Delete', press('Delete'), 'ctrl', true],
  ])('%s and %o on %s: %s', (shortcut, event, modifier, expected) =>
    expect(matches(shortcut, event, modifier)).toBe(expected),
  );
});

describe('formatShortcut', () => {
  it.each([
    ['Mod+Shift+O', 'Ctrl+Shift+O', '⇧⌘O'],
    ['Mod++', 'Ctrl++', '⌘+'],
    ['ArrowUp', '↑', '↑'],
    ['Delete', 'Del', 'Del'],
    ['f', 'F', 'F'],
  ])('%s is %s or %s', (shortcut, ctrl, meta) => {
    expect(formatShortcut(shortcut, 'ctrl')).toBe(ctrl);
    expect(formatShortcut(shortcut, 'meta')).toBe(meta);
  });
});
