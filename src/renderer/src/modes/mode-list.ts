import type { ParseKeys } from 'i18next';
import { Columns2, Film, Hammer, Image } from 'lucide-react';
import type { ComponentType } from 'react';
import { BuildBadge } from '../build/build-badge';

/** What a mode puts around the canvas, which is the same in all of them. */
export interface ModeViews {
  /** Over the canvas: what there is to say while it is empty, busy or cannot show anything. */
  readonly Over: ComponentType;
  /** Between the title bar and the canvas. */
  readonly Above?: ComponentType;
  /** Between the canvas and the status bar. */
  readonly Under?: ComponentType;
  /** In place of the film strip, and of the legend and display panels. */
  readonly Left?: ComponentType;
  readonly Right?: ComponentType;
  /** What these two are called; as the film strip and the legend when left out. */
  readonly leftTitle?: ParseKeys;
  readonly rightTitle?: ParseKeys;
}

interface ModeEntry {
  readonly id: string;
  readonly title: ParseKeys;
  readonly icon: ComponentType<{ size?: number; 'aria-hidden'?: boolean }>;
  readonly shortcut: string;
  /** Kinds of items on the film strip that it shows; choosing another kind leads to the mode that does. */
  readonly shows: readonly ('image' | 'video')[];
  /** Beside its name in the switch, while something of it goes on. */
  readonly Badge?: ComponentType;
  /** Loaded when the mode is first entered; without it the mode is pictures and their masks. */
  readonly views?: () => Promise<ModeViews>;
}

/** The modes in the order of the switch. Adding one is adding an entry; commands and shortcuts follow from it. */
export const modes = [
  { id: 'segment', title: 'modes.segment', icon: Image, shortcut: 'Alt+1', shows: ['image'] },
  {
    id: 'build',
    title: 'modes.build',
    icon: Hammer,
    shortcut: 'Alt+2',
    shows: ['image'],
    Badge: BuildBadge,
    views: () => import('../build/build-views').then(({ buildViews }) => buildViews),
  },
  {
    id: 'compare',
    title: 'modes.compare',
    icon: Columns2,
    shortcut: 'Alt+3',
    shows: ['image'],
    views: () => import('../compare/compare-views').then(({ compareViews }) => compareViews),
  },
  {
    id: 'video',
    title: 'modes.video',
    icon: Film,
    shortcut: 'Alt+4',
    shows: ['video'],
    views: () => import('../video/video-views').then(({ videoViews }) => videoViews),
  },
] as const satisfies readonly ModeEntry[];

export type ModeId = (typeof modes)[number]['id'];

export function modeOf(id: ModeId): ModeEntry {
  const [first]: readonly ModeEntry[] = modes;
  return modes.find((mode) => mode.id === id) ?? first ?? modes[0];
}
