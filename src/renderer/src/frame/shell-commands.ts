import { openPaths } from '../actions/open-files';
import { runById } from '../commands/registry';
import { shell } from '../shell/current-shell';

/** Menu items of the desktop, and files opened from outside. Their names are those of our own commands. */
export function listenToShell(): void {
  shell.onCommand((command) => {
    if (command.type === 'open-paths') void openPaths(command.paths);
    else runById(command.type);
  });
}
