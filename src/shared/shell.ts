import { z } from 'zod';
import type { Channel } from './rpc';

/**
 * What a window can ask of the program around it, the same for the desktop (Electron's preload) and for a browser (the
 * local server). Everything about pictures and models goes through the contract instead.
 */
export interface Shell {
  readonly kind: 'desktop' | 'browser';
  readonly platform: string;
  /** False in a browser: exports are downloads, and there is no folder to reveal. */
  readonly canUseFolders: boolean;
  /** A new channel to the engine host. It closes, with the reason, when the host ends; then connect again. */
  connect(): Promise<Channel>;
  /** Address for `<img src>`: the encoded picture, oriented, in sRGB, its longer side at most `maxSide`. */
  mediaUrl(pictureId: string, maxSide?: number): string;
  /**
   * Absolute paths the studio may read for files that the user dropped, pasted or chose with `<input type=file>`.
   * Folders give their own path on the desktop; in a browser each file is uploaded to a private folder first.
   */
  pathsOf(files: readonly File[]): Promise<string[]>;
  /** Open dialogs. Empty or null when the user cancels. */
  pickPictures(): Promise<string[]>;
  pickPictureFolder(): Promise<string | null>;
  pickModel(): Promise<string | null>;
  pickExportFolder(): Promise<string | null>;
  /** Shows a file in the system's file manager. */
  reveal(path: string): Promise<void>;
  /** Opens an https address in the user's browser. */
  openExternal(url: string): Promise<void>;
  setTheme(theme: 'system' | 'light' | 'dark'): Promise<void>;
  /** Starts the engine host again after it asked (see {@link HostState}). */
  restartHost(): Promise<void>;
  /** Calls the listener with the present state at once. Each `on…` answers with a function that unsubscribes. */
  onHostState(listener: (state: HostState) => void): () => void;
  /** Paths given on the command line, by a second start of the program, or by the system's file manager. */
  onOpenPaths(listener: (paths: string[]) => void): () => void;
  /** Menu items that the window carries out. */
  onCommand(listener: (command: ShellCommand) => void): () => void;
}

/** A crash and an exit are different events: only a crash restarts, and the third within five minutes asks first. */
export const hostStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('starting') }),
  z.object({ kind: z.literal('running'), pid: z.int() }),
  z.object({ kind: z.literal('restarting'), reason: z.string() }),
  z.object({ kind: z.literal('asking'), reason: z.string(), crashes: z.int() }),
  z.object({ kind: z.literal('stopped'), reason: z.string() }),
]);
export type HostState = z.infer<typeof hostStateSchema>;

export const shellCommandSchema = z.enum([
  'open-pictures',
  'open-folder',
  'open-model',
  'export',
  'copy-view',
  'command-palette',
  'shortcuts',
  'zoom-in',
  'zoom-out',
  'zoom-fit',
  'zoom-actual',
]);
export type ShellCommand = z.infer<typeof shellCommandSchema>;

/** `window.maskforge`, put there by Electron's preload; absent in a browser. A port cannot cross the bridge: see below. */
export interface DesktopBridge extends Omit<Shell, 'connect' | 'mediaUrl' | 'kind' | 'canUseFolders'> {
  /**
   * Asks for a port to the host. It arrives as a window message whose data is {@link portMessageSchema} with the same
   * `request`, and whose only port is the channel.
   */
  connect(request: number): Promise<void>;
}

export const portMessageSchema = z.object({ type: z.literal('maskforge:port'), request: z.int() });
export type PortMessage = z.infer<typeof portMessageSchema>;
