import type { DesktopCommand } from '../../../shared/desktop-bridge';

/** What the user picked or dropped: paths where the shell has them, contents where it does not. */
export interface Picked {
  readonly paths: readonly string[];
  readonly files: readonly File[];
}

export type ShellCommand = DesktopCommand;

/** Where the window runs. The rest of the renderer asks the shell and never looks which one it is. */
export interface Shell {
  /** For the about box. */
  readonly versions: string;
  /** True when exports go to a folder the user picks; false when they are downloads. Folders to read there are always. */
  readonly hasFolders: boolean;
  /** `⌘` or `Ctrl`. */
  readonly modifier: 'meta' | 'ctrl';
  choosePictures(): Promise<Picked>;
  choosePictureFolder(): Promise<Picked>;
  /**
   * A folder whose pictures (or masks) the studio is to read as a whole. Where a page cannot say where a folder lies, its
   * pictures are sent to the studio first. Null when the user cancels.
   * @throws AppError FOLDER_WITHOUT_PICTURES
   */
  chooseFolderToRead(): Promise<string | null>;
  chooseModel(): Promise<Picked>;
  /** Null when the user cancels, or when there are no folders. */
  chooseExportFolder(): Promise<string | null>;
  /** Files and folders of a drop or a paste; call it before the event handler returns. */
  accept(transfer: DataTransfer): Promise<Picked>;
  /** Gives the user a file whose content is here. */
  download(name: string, mime: string, bytes: Uint8Array): void;
  reveal(path: string): Promise<void>;
  openExternal(url: string): Promise<void>;
  setTheme(theme: 'system' | 'light' | 'dark'): void;
  /** Asks once before the window closes while `isBusy()`. */
  warnBeforeClosing(isBusy: () => boolean): void;
  onCommand(listener: (command: ShellCommand) => void): () => void;
}

export const nothingPicked: Picked = { paths: [], files: [] };
