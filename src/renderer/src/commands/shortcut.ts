/**
 * Shortcuts are written `Mod+Shift+O`: `Mod` is Command on a Mac and Control elsewhere. The key is what the layout
 * types (`event.key`), so that `[` is `[` wherever it lies; on layouts that have it nowhere the physical key counts.
 */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

interface Chord {
  readonly key: string;
  readonly mod: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
}

const codes: Readonly<Record<string, string>> = { '[': 'BracketLeft', ']': 'BracketRight', '\\': 'Backslash' };
const names: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Delete: 'Del',
  Escape: 'Esc',
  ' ': 'Space',
};

function parse(shortcut: string): Chord {
  // `Mod++` is the plus key.
  const parts = shortcut.endsWith('++') ? [...shortcut.slice(0, -2).split('+'), '+'] : shortcut.split('+');
  const last = shortcut === '+' ? '+' : (parts[parts.length - 1] ?? '');
  const key = last === 'Space' ? ' ' : last;
  return { key, mod: parts.includes('Mod'), shift: parts.includes('Shift'), alt: parts.includes('Alt') };
}

export function matches(shortcut: string, press: KeyPress, modifier: 'meta' | 'ctrl'): boolean {
  const chord = parse(shortcut);
  const mod = modifier === 'meta' ? press.metaKey : press.ctrlKey;
  const other = modifier === 'meta' ? press.ctrlKey : press.metaKey;
  if (mod !== chord.mod || other || press.altKey !== chord.alt) return false;
  // Signs such as `?` and `+` need Shift on most layouts and are told apart by the sign itself.
  const isSign = chord.key.length === 1 && !/[a-z0-9]/i.test(chord.key);
  if (!isSign && press.shiftKey !== chord.shift) return false;
  return press.key.toLowerCase() === chord.key.toLowerCase() || (isSign && codes[chord.key] === press.code);
}

/** As shown in menus: `Ctrl+Shift+O`, or `⇧⌘O` on a Mac. */
export function formatShortcut(shortcut: string, modifier: 'meta' | 'ctrl'): string {
  const { key, mod, shift, alt } = parse(shortcut);
  const name = names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  if (modifier === 'meta') return `${alt ? '⌥' : ''}${shift ? '⇧' : ''}${mod ? '⌘' : ''}${name}`;
  return [...(mod ? ['Ctrl'] : []), ...(alt ? ['Alt'] : []), ...(shift ? ['Shift'] : []), name].join('+');
}
