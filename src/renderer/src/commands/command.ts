import type { ParseKeys } from 'i18next';

export type CommandGroup = 'file' | 'picture' | 'compare' | 'video' | 'view' | 'model' | 'window' | 'help';

/** One thing the user can do. The palette, the keyboard, menus and the shortcut sheet all read the same list. */
export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  readonly title: ParseKeys;
  /** The first is the one shown. */
  readonly shortcuts?: readonly string[];
  /** Whether it can be done now; always, when left out. */
  readonly when?: () => boolean;
  readonly run: () => void | Promise<void>;
  /** For commands that last as long as their key is held. They are not in the palette. */
  readonly release?: () => void;
}

export const commandGroups: readonly CommandGroup[] = [
  'file',
  'picture',
  'compare',
  'video',
  'view',
  'model',
  'window',
  'help',
];
