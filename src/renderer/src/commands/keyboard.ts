import { shell } from '../shell/current-shell';
import { windowStore, togglePanels } from '../state/window-store';
import type { Command } from './command';
import { canRun, commands, run } from './registry';
import { matches } from './shortcut';

/** Controls that use plain keys themselves. */
const keyUsers =
  'input, textarea, select, [contenteditable="true"], [role="slider"], [role="menu"], [role="menuitem"], [role="listbox"], [role="combobox"], [role="tab"], [role="separator"], [role="dialog"], [data-own-keys]';

/** Every shortcut of the registry. Answers with a function that stops listening. */
export function listenToKeyboard(): () => void {
  let held: { command: Command; key: string } | null = null;

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    if (isPanelKey(event)) {
      event.preventDefault();
      togglePanels();
      return;
    }
    // The same key means one thing for pictures and another for videos.
    const command = commands.find((candidate) => fits(candidate, event) && canRun(candidate));
    if (command === undefined) return;
    // Ctrl+V and Ctrl+C belong to the browser while text is at hand; without it `paste` events do the work.
    if (leavesToBrowser(command, event)) return;
    event.preventDefault();
    if (event.repeat && command.release !== undefined) return;
    if (command.release !== undefined) held = { command, key: event.code };
    run(command);
  };
  const onKeyUp = (event: KeyboardEvent): void => {
    if (held !== null && event.code === held.key) release();
  };
  const release = (): void => {
    held?.command.release?.();
    held = null;
  };

  window.addEventListener('keydown', onKeyDown);
  window.addEventListener('keyup', onKeyUp);
  // A key that is let go in another window is never heard of.
  window.addEventListener('blur', release);
  return () => {
    window.removeEventListener('keydown', onKeyDown);
    window.removeEventListener('keyup', onKeyUp);
    window.removeEventListener('blur', release);
  };
}

function fits(command: Command, event: KeyboardEvent): boolean {
  const shortcut = command.shortcuts?.find((candidate) => matches(candidate, event, shell.modifier));
  if (shortcut === undefined) return false;
  if (windowStore.getState().dialog !== null) return false;
  const plain = !shortcut.includes('Mod+');
  return !plain || !usesKeys(event.target);
}

function usesKeys(target: EventTarget | null): boolean {
  // Rows of the film strip are walked by the same arrows as the canvas, in a drawer too.
  return (
    target instanceof Element && target.closest('[data-walks-pictures]') === null && target.closest(keyUsers) !== null
  );
}

function leavesToBrowser(command: Command, event: KeyboardEvent): boolean {
  if (command.id === 'paste') return true;
  if (command.id !== 'copy-view') return false;
  const inText = event.target instanceof Element && event.target.closest('input, textarea') !== null;
  return inText || (window.getSelection()?.toString() ?? '') !== '';
}

/** Tab folds the panels away while the canvas has the focus; elsewhere it moves the focus as it does everywhere. */
function isPanelKey(event: KeyboardEvent): boolean {
  if (event.key !== 'Tab' || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return false;
  const focused = document.activeElement;
  if (!(focused instanceof HTMLElement) || focused.closest('[data-own-keys]') !== null) return false;
  return focused.closest('[data-region="canvas"]') !== null;
}
