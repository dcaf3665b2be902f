import { BrowserWindow, dialog, screen, session } from 'electron';
import { join } from 'node:path';
import { fitBounds, readBounds, writeBounds } from './window-bounds';

export interface StudioWindow {
  readonly window: BrowserWindow;
  /** Whether a message comes from our page in this window, and from no frame inside it. */
  isTrusted(event: { sender: Electron.WebContents; senderFrame: Electron.WebFrameMain | null }): boolean;
}

/** The page may write to the clipboard when the user copies, and use the camera when they open it; never listen. */
const allowedPermissions = new Set(['clipboard-sanitized-write']);
/** A page that goes again within this time is not loaded once more. */
const reloadPauseMs = 10_000;

export function createStudioWindow(preload: string, url: string, boundsFile: string): StudioWindow {
  const saved = readBounds(boundsFile);
  const primary = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== primary.id);
  const window = new BrowserWindow({
    ...fitBounds(
      saved,
      [primary, ...others].map(({ workArea }) => workArea),
    ),
    minWidth: 640,
    minHeight: 480,
    show: false,
    title: 'Maskforge',
    // The page's own dark background, so that nothing flashes before the first frame.
    backgroundColor: '#292929',
    autoHideMenuBar: true,
    webPreferences: { preload, sandbox: true, contextIsolation: true, nodeIntegration: false, spellcheck: false },
  });
  if (saved?.maximized === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => writeBounds(boundsFile, { ...window.getNormalBounds(), maximized: window.isMaximized() }));
  confine(window);
  void window.loadURL(url);
  const origin = originOf(url);
  return {
    window,
    isTrusted: ({ sender, senderFrame }) =>
      sender === window.webContents &&
      senderFrame !== null &&
      senderFrame === window.webContents.mainFrame &&
      originOf(senderFrame.url) === origin,
  };
}

/** Keeps the page what it is: no other page, window, webview or permission. */
function confine(window: BrowserWindow): void {
  const { webContents } = window;
  webContents.on('will-navigate', (event) => event.preventDefault());
  webContents.on('will-redirect', (event) => event.preventDefault());
  webContents.on('will-attach-webview', (event) => event.preventDefault());
  // The page asks for it while jobs run.
  webContents.on('will-prevent-unload', (event) => {
    const answer = dialog.showMessageBoxSync(window, {
      type: 'question',
      buttons: ['Keep open', 'Close anyway'],
      defaultId: 0,
      cancelId: 0,
      message: 'Work is still running.',
      detail: 'Closing stops it. What is finished stays.',
    });
    if (answer === 1) event.preventDefault();
  });
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  let reloadedAt = -Infinity;
  webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit' || window.isDestroyed()) return;
    // A page that cannot stay up is left alone instead of being loaded in circles.
    if (performance.now() - reloadedAt < reloadPauseMs) return;
    reloadedAt = performance.now();
    window.reload();
  });
  session.defaultSession.setPermissionRequestHandler((_contents, permission, decide, details) => {
    const wanted = 'mediaTypes' in details ? (details.mediaTypes ?? []) : [];
    const isCamera = permission === 'media' && wanted.length > 0 && wanted.every((type) => type === 'video');
    decide(isCamera || allowedPermissions.has(permission));
  });
  session.defaultSession.setPermissionCheckHandler(
    (_contents, permission, _origin, details) =>
      (permission === 'media' && details.mediaType === 'video') || allowedPermissions.has(permission),
  );
}

/** `URL.origin` is "null" for custom schemes in Node, so scheme and host are compared. */
function originOf(url: string): string {
  const { protocol, host, origin } = new URL(url);
  return origin === 'null' ? `${protocol}//${host}` : origin;
}

/** Built files beside the main program. */
export function builtFile(...parts: string[]): string {
  return join(__dirname, '..', ...parts);
}
