import { modes } from '../modes/mode-list';
import { enterMode } from '../modes/mode-store';
import type { Command } from './command';

export const modeCommands: readonly Command[] = modes.map(({ id, title, shortcut }) => ({
  id: `mode-${id}`,
  group: 'window',
  title,
  shortcuts: [shortcut],
  run: () => enterMode(id),
}));
