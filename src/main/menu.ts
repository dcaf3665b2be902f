import type { MenuItemConstructorOptions } from 'electron';
import { Menu } from 'electron';
import type { DesktopCommand } from '../shared/desktop-bridge';
import type { MenuLabels } from './menu-labels';

/**
 * The application menu. The page carries the commands out and owns their keys; only macOS, where every program has its
 * keys in the menu bar, registers them here as well.
 */
export function setMenu(labels: MenuLabels, send: (command: DesktopCommand) => void): void {
  const mac = process.platform === 'darwin';
  const item = (label: string, accelerator: string | null, command: DesktopCommand): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === null ? {} : { accelerator, registerAccelerator: mac }),
    click: () => send(command),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: labels.file,
      submenu: [
        item(labels.openPictures, 'CommandOrControl+O', { type: 'open-pictures' }),
        item(labels.openFolder, 'CommandOrControl+Shift+O', { type: 'open-folder' }),
        item(labels.openModel, 'CommandOrControl+U', { type: 'open-model' }),
        separator,
        item(labels.segmentFolder, null, { type: 'segment-folder' }),
        item(labels.export, 'CommandOrControl+E', { type: 'export' }),
        separator,
        item(labels.preferences, 'CommandOrControl+,', { type: 'preferences' }),
        separator,
        { role: mac ? 'close' : 'quit' },
      ],
    },
    { role: 'editMenu', label: labels.edit },
    { label: labels.view, submenu: [{ role: 'togglefullscreen' }, { role: 'toggleDevTools' }] },
    { role: 'windowMenu', label: labels.window },
    { role: 'help', label: labels.help, submenu: [item(labels.shortcuts, '?', { type: 'shortcuts' })] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
