import { reportError } from '../notices/notify';
import { shell } from '../shell/current-shell';
import type { Command } from './command';
import { compareCommands } from './compare-commands';
import { fileCommands } from './file-commands';
import { pictureCommands } from './picture-commands';
import { modeCommands } from './mode-commands';
import { formatShortcut } from './shortcut';
import { videoCommands } from './video-commands';
import { viewCommands } from './view-commands';
import { windowCommands } from './window-commands';

/** Where two can be done with one key, the earlier one is. */
export const commands: readonly Command[] = [
  ...fileCommands,
  ...videoCommands,
  ...compareCommands,
  ...pictureCommands,
  ...viewCommands,
  ...modeCommands,
  ...windowCommands,
];

const byId: ReadonlyMap<string, Command> = new Map(commands.map((command) => [command.id, command]));

export function canRun(command: Command): boolean {
  return command.when?.() ?? true;
}

export function run(command: Command): void {
  if (!canRun(command)) return;
  Promise.resolve(command.run()).catch((error: unknown) => reportError(error));
}

export function runById(id: string): void {
  const command = byId.get(id);
  if (command !== undefined) run(command);
}

/** The first shortcut of a command as text, for menus and tooltips. */
export function shortcutOf(id: string): string | undefined {
  const shortcut = byId.get(id)?.shortcuts?.[0];
  return shortcut === undefined ? undefined : formatShortcut(shortcut, shell.modifier);
}
