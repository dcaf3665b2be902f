import type { MenuItemConstructorOptions } from 'electron';
import { Menu } from 'electron';
import type { DesktopCommand } from '../shared/desktop-bridge';

/**
 * The application menu. The page carries the commands out and owns their keys; only macOS, where every program has its
 * keys in the menu bar, registers them here as well.
 */
export function setMenu(send: (command: DesktopCommand) => void): void {
  const item = (label: string, accelerator: string, command: DesktopCommand): MenuItemConstructorOptions => ({
    label,
    accelerator,
    registerAccelerator: process.platform === 'darwin',
    click: () => send(command),
  });
  const mac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        item('Open Pictures…', 'CommandOrControl+O', { type: 'open-pictures' }),
        item('Open Folder…', 'CommandOrControl+Shift+O', { type: 'open-folder' }),
        item('Open Model…', 'CommandOrControl+U', { type: 'open-model' }),
        { type: 'separator' },
        item('Export…', 'CommandOrControl+E', { type: 'export' }),
        { type: 'separator' },
        item('Preferences…', 'CommandOrControl+,', { type: 'preferences' }),
        { type: 'separator' },
        { role: mac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [{ role: 'togglefullscreen' }, { role: 'toggleDevTools' }],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [item('Keyboard Shortcuts', '?', { type: 'shortcuts' })] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
