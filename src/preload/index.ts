import { contextBridge, ipcRenderer } from 'electron';
import type { DesktopBridge, DesktopCommand, HostState } from '../shared/desktop-bridge';
import { channels } from './channels';
import { pathOfFile } from './compat';

// A MessagePort cannot cross the bridge, but it can be posted to the page's window.
ipcRenderer.on(channels.port, (event) => window.postMessage({ type: 'maskforge-port' }, location.origin, event.ports));

function subscribe<T>(channel: string, listener: (value: T) => void): () => void {
  const relay = (_event: unknown, value: T): void => listener(value);
  ipcRenderer.on(channel, relay);
  return () => void ipcRenderer.removeListener(channel, relay);
}

function platform(): DesktopBridge['platform'] {
  return process.platform === 'darwin' || process.platform === 'win32' ? process.platform : 'linux';
}

const { electron, chrome, node } = process.versions;

const bridge: DesktopBridge = {
  platform: platform(),
  versions: `Electron ${electron} · Chromium ${chrome} · Node ${node}`,
  connect: () => ipcRenderer.send(channels.connect),
  choosePictures: () => ipcRenderer.invoke(channels.choosePictures),
  choosePictureFolder: () => ipcRenderer.invoke(channels.choosePictureFolder),
  chooseModel: () => ipcRenderer.invoke(channels.chooseModel),
  chooseExportFolder: () => ipcRenderer.invoke(channels.chooseExportFolder),
  acceptDropped: (files) => {
    // Only what the user handed over is a File: the page cannot make one with a path of its own choice.
    const paths = files.map(pathOfFile).filter((path) => path !== '');
    return ipcRenderer.invoke(channels.grant, paths);
  },
  reveal: (path) => ipcRenderer.invoke(channels.reveal, path),
  openExternal: (url) => ipcRenderer.invoke(channels.openExternal, url),
  setTheme: (theme) => ipcRenderer.invoke(channels.setTheme, theme),
  onCommand: (listener) => subscribe<DesktopCommand>(channels.command, listener),
  onHostState: (listener) => subscribe<HostState>(channels.hostState, listener),
  restartHost: () => ipcRenderer.invoke(channels.restartHost),
};

contextBridge.exposeInMainWorld('desktop', bridge);
