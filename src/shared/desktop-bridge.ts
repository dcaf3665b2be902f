/**
 * What the preload script exposes as `window.desktop` in the desktop shell (absent in a browser). Verbs only: no
 * channel names, no Node objects. Paths that come from here are granted to the engine host before they are returned.
 *
 * The studio's calls do not go through here: after `connect()`, and again whenever the engine host was restarted, the
 * preload posts `{ type: 'maskforge-port' }` to the window with one MessagePort that speaks the contract (rpc.ts).
 */
export interface DesktopBridge {
  readonly platform: 'linux' | 'darwin' | 'win32';
  /** `Electron 45.4.1 · Chromium 150 · Node 24`, for the about box. */
  readonly versions: string;
  connect(): void;
  /** Answers [] when the user cancels. */
  choosePictures(): Promise<string[]>;
  choosePictureFolder(): Promise<string[]>;
  chooseModel(): Promise<string[]>;
  chooseExportFolder(): Promise<string | null>;
  /** Absolute paths of dropped files and folders, granted; files that have no path (dragged from a page) are left out. */
  acceptDropped(files: readonly File[]): Promise<string[]>;
  reveal(path: string): Promise<void>;
  /** Opens an https address in the user's browser; anything else is refused. */
  openExternal(url: string): Promise<void>;
  setTheme(theme: 'system' | 'light' | 'dark'): Promise<void>;
  /** Menu items and files opened from outside. */
  onCommand(listener: (command: DesktopCommand) => void): () => void;
  onHostState(listener: (state: HostState) => void): () => void;
  /** The user's answer when the host has crashed too often. */
  restartHost(): Promise<void>;
}

export type DesktopCommand =
  | { readonly type: 'open-pictures' }
  | { readonly type: 'open-folder' }
  | { readonly type: 'segment-folder' }
  | { readonly type: 'open-model' }
  | { readonly type: 'open-paths'; readonly paths: readonly string[] }
  | { readonly type: 'export' }
  | { readonly type: 'preferences' }
  | { readonly type: 'shortcuts' };

/** The engine host as the user should know it. `asking`: it crashed three times in five minutes. */
export type HostState =
  | { readonly state: 'starting' | 'running' }
  | { readonly state: 'restarting' | 'asking' | 'stopped'; readonly reason: string };

declare global {
  interface Window {
    readonly desktop?: DesktopBridge;
  }
}
