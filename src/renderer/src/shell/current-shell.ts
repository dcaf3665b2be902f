import { createBrowserShell } from './browser-shell';
import { createDesktopShell } from './desktop-shell';
import type { Shell } from './shell';

export const shell: Shell = window.desktop === undefined ? createBrowserShell() : createDesktopShell(window.desktop);
