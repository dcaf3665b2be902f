import { app } from 'electron';
import { join } from 'node:path';
import { dataDirectory } from '../studio/data-directory';
import { Desktop } from './desktop';
import { pathsInArguments } from './open-arguments';
import { declareSchemes } from './page';

const data = dataDirectory();
// Chromium's own files stay apart from the studio's, which the other shells share.
app.setPath('userData', join(data, 'window'));
// Undoes --no-sandbox, which is how root has to start Chromium; every window asks for its sandbox besides.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
declareSchemes();

/** `electron FOLDER` names the program itself before the user's own arguments. */
const ownArguments = process.defaultApp ? 1 : 0;

if (app.requestSingleInstanceLock()) start();
else app.quit();

function start(): void {
  const desktop = new Desktop(data);
  desktop.openPaths(pathsInArguments(process.argv, ownArguments, process.cwd()));
  app.on('second-instance', (_event, argv, cwd) => {
    desktop.openPaths(pathsInArguments(argv, ownArguments, cwd));
    desktop.focus();
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    desktop.openPaths([path]);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => desktop.focus());
  let stopped = false;
  app.on('will-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    stopped = true;
    void desktop.stop().finally(() => app.quit());
  });
  void app.whenReady().then(() => desktop.open());
}
