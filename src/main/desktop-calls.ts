import type { BrowserWindow, OpenDialogOptions } from 'electron';
import { dialog, ipcMain, nativeTheme, shell } from 'electron';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { channels } from '../preload/channels';
import type { StudioWindow } from './window';

export interface DesktopServices {
  grant(paths: string[]): void;
  connect(): void;
  restartHost(): void;
}

const pathsSchema = z.array(z.string().refine(isAbsolute)).max(10_000);
const httpsSchema = z.url({ protocol: /^https$/ });
const themeSchema = z.enum(['system', 'light', 'dark']);

const pictureFilters = [
  {
    name: 'Pictures and videos',
    extensions: ['jpg', 'jpeg', 'png', 'webp', 'tif', 'tiff', 'gif', 'avif', 'bmp', 'mp4', 'webm', 'mov', 'mkv'],
  },
  { name: 'All files', extensions: ['*'] },
];
const modelFilters = [{ name: 'ONNX models', extensions: ['onnx'] }];

/** Answers the preload's verbs; a message from anywhere but our page is refused. */
export function serveDesktopCalls(studioWindow: StudioWindow, services: DesktopServices): void {
  const { window } = studioWindow;
  const answer = (channel: string, handler: (argument: unknown) => unknown): void => {
    ipcMain.handle(channel, (event, argument: unknown) => {
      if (!studioWindow.isTrusted(event)) throw new Error('refused');
      return handler(argument);
    });
  };
  const choose = async (options: OpenDialogOptions): Promise<string[]> => {
    const paths = await openDialog(window, options);
    services.grant(paths);
    return paths;
  };

  ipcMain.on(channels.connect, (event) => {
    if (studioWindow.isTrusted(event)) services.connect();
  });
  answer(channels.choosePictures, () =>
    choose({ properties: ['openFile', 'multiSelections'], filters: pictureFilters }),
  );
  answer(channels.choosePictureFolder, () => choose({ properties: ['openDirectory', 'multiSelections'] }));
  answer(channels.chooseModel, () => choose({ properties: ['openFile'], filters: modelFilters }));
  answer(channels.chooseExportFolder, async () => {
    const paths = await choose({ properties: ['openDirectory', 'createDirectory'] });
    return paths[0] ?? null;
  });
  answer(channels.grant, (argument) => {
    const paths = pathsSchema.parse(argument);
    services.grant(paths);
    return paths;
  });
  answer(channels.reveal, (argument) => shell.showItemInFolder(z.string().refine(isAbsolute).parse(argument)));
  answer(channels.openExternal, (argument) => shell.openExternal(httpsSchema.parse(argument)));
  answer(channels.setTheme, (argument) => {
    nativeTheme.themeSource = themeSchema.parse(argument);
  });
  answer(channels.restartHost, () => services.restartHost());
}

/** The verbs are registered once for the whole program, so they go with their window. */
export function stopDesktopCalls(): void {
  for (const channel of Object.values(channels)) {
    ipcMain.removeHandler(channel);
    ipcMain.removeAllListeners(channel);
  }
}

async function openDialog(window: BrowserWindow, options: OpenDialogOptions): Promise<string[]> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, options);
  return canceled ? [] : filePaths;
}
