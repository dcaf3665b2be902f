import { app, MessageChannelMain } from 'electron';
import { join } from 'node:path';
import type { DesktopCommand } from '../shared/desktop-bridge';
import type { Settings } from '../shared/domain/settings';
import type { StudioClient } from '../shared/rpc';
import { createStudioClient } from '../shared/rpc';
import { channels } from '../preload/channels';
import { HostSupervisor } from '../studio/host/supervisor';
import { serveDesktopCalls, stopDesktopCalls } from './desktop-calls';
import { GrantStore } from './grants';
import { launchHost } from './launch-host';
import { setMenu } from './menu';
import { menuLabels } from './menu-labels';
import { pageUrl, serveMedia, servePage } from './page';
import type { StudioWindow } from './window';
import { builtFile, createStudioWindow } from './window';

/** The window, the engine host, and what goes between them. */
export class Desktop {
  readonly #supervisor: HostSupervisor;
  readonly #grants: GrantStore;
  #studioWindow: StudioWindow | undefined;
  /** The page has asked for its port, so it also listens to commands. */
  #connected = false;
  #commands: DesktopCommand[] = [];
  /** This process's own line to the host: pictures for `media:`, the language of the menu. */
  #client: StudioClient | undefined;

  constructor(dataDirectory: string) {
    this.#grants = new GrantStore(join(dataDirectory, 'window', 'granted-files.json'));
    this.#supervisor = new HostSupervisor({
      launch: () => launchHost(builtFile('host', 'host.cjs')),
      dataDirectory,
      resourcesDirectory: join(app.isPackaged ? process.resourcesPath : app.getAppPath(), 'resources'),
      unrestricted: false,
      onState: (state) => {
        this.#client = undefined;
        this.#send(channels.hostState, state);
        if (state.state !== 'running') return;
        if (this.#connected) this.#attach();
        void this.#followLanguage();
      },
    });
    this.#supervisor.grant(this.#grants.paths);
  }

  open(): void {
    this.#supervisor.start();
    // electron-vite's development server names its address here.
    const url = (!app.isPackaged && process.env.ELECTRON_RENDERER_URL) || pageUrl;
    servePage(builtFile('renderer'));
    serveMedia(() => this.#studio());
    this.#showMenu('system');
    this.#openWindow(url);
  }

  #openWindow(url: string): void {
    const boundsFile = join(app.getPath('userData'), 'window-bounds.json');
    const studioWindow = createStudioWindow(builtFile('preload', 'index.js'), url, boundsFile);
    this.#studioWindow = studioWindow;
    serveDesktopCalls(studioWindow, {
      grant: (paths) => this.#grant(paths),
      connect: () => this.#connect(),
      restartHost: () => this.#supervisor.restart(),
    });
    studioWindow.window.on('closed', () => {
      stopDesktopCalls();
      this.#studioWindow = undefined;
      this.#connected = false;
    });
    // A page that is loaded again asks for a new port.
    studioWindow.window.webContents.on('did-start-loading', () => (this.#connected = false));
  }

  /** Brings the window to the front, or opens it again. */
  focus(): void {
    const window = this.#studioWindow?.window;
    if (window === undefined) {
      if (app.isReady()) this.#openWindow(pageUrl);
      return;
    }
    if (window.isMinimized()) window.restore();
    window.focus();
  }

  openPaths(paths: string[]): void {
    if (paths.length === 0) return;
    this.#grant(paths);
    this.#command({ type: 'open-paths', paths });
  }

  async stop(): Promise<void> {
    await this.#supervisor.stop();
  }

  #grant(paths: string[]): void {
    this.#grants.add(paths);
    this.#supervisor.grant(paths);
  }

  #connect(): void {
    this.#connected = true;
    if (this.#supervisor.state.state === 'running') this.#attach();
    else this.#send(channels.hostState, this.#supervisor.state);
    for (const command of this.#commands.splice(0)) this.#send(channels.command, command);
  }

  /** Gives the page a port of its own to the host: frames and masks do not pass through this process. */
  #attach(): void {
    const contents = this.#studioWindow?.window.webContents;
    if (contents === undefined) return;
    const { port1, port2 } = new MessageChannelMain();
    this.#supervisor.attachPort(port1);
    contents.postMessage(channels.port, null, [port2]);
  }

  async #studio(): Promise<StudioClient> {
    await this.#supervisor.ready();
    this.#client ??= createStudioClient(this.#supervisor.openChannel());
    return this.#client;
  }

  async #followLanguage(): Promise<void> {
    try {
      const client = await this.#studio();
      client.on('settings.changed', ({ language }) => this.#showMenu(language));
      this.#showMenu((await client.call('settings.get', {})).language);
    } catch {
      // The host went again; the next one is asked anew.
    }
  }

  #showMenu(language: Settings['language']): void {
    setMenu(menuLabels(language, app.getLocale()), (command) => this.#command(command));
  }

  #command(command: DesktopCommand): void {
    if (this.#connected) this.#send(channels.command, command);
    else this.#commands.push(command);
  }

  #send(channel: string, value: unknown): void {
    const window = this.#studioWindow?.window;
    if (window !== undefined && !window.isDestroyed()) window.webContents.send(channel, value);
  }
}
