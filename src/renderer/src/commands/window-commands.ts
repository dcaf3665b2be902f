import { updatePreferences } from '../preferences/preferences';
import { libraryStore } from '../state/library-store';
import { openDialog, togglePanels, windowStore } from '../state/window-store';
import { openRecipeFile, showEngines } from '../build/build-actions';
import { enterMode } from '../modes/mode-store';
import type { Command } from './command';
import { focusNextRegion } from './regions';

export const windowCommands: readonly Command[] = [
  {
    id: 'library',
    group: 'model',
    title: 'commands.library',
    shortcuts: ['Mod+L'],
    run: () => openDialog({ kind: 'library', modelId: null }),
  },
  { id: 'catalogue', group: 'model', title: 'commands.catalogue', run: () => openDialog({ kind: 'catalogue' }) },
  { id: 'runtimes', group: 'model', title: 'commands.runtimes', run: () => openDialog({ kind: 'runtimes' }) },
  { id: 'engines', group: 'model', title: 'commands.engines', run: showEngines },
  {
    id: 'open-recipe',
    group: 'model',
    title: 'commands.openRecipe',
    run: () => {
      enterMode('build');
      return openRecipeFile();
    },
  },
  {
    id: 'preprocessing',
    group: 'model',
    title: 'commands.preprocessing',
    when: () => libraryStore.getState().session.kind !== 'none',
    run: () => {
      const { session } = libraryStore.getState();
      if (session.kind !== 'none') openDialog({ kind: 'preprocessing', modelId: session.modelId });
    },
  },
  {
    id: 'command-palette',
    group: 'window',
    title: 'commands.palette',
    shortcuts: ['Mod+K', 'Mod+Shift+P'],
    run: () => openDialog({ kind: 'palette' }),
  },
  { id: 'toggle-panels', group: 'window', title: 'commands.togglePanels', shortcuts: ['Mod+\\'], run: togglePanels },
  {
    id: 'toggle-film-strip',
    group: 'window',
    title: 'commands.toggleFilmStrip',
    shortcuts: ['Mod+B'],
    run: () => windowStore.setState((state) => ({ filmStripOpen: !state.filmStripOpen })),
  },
  {
    id: 'toggle-side-panels',
    group: 'window',
    title: 'commands.toggleSidePanels',
    shortcuts: ['Mod+Alt+B'],
    run: () => windowStore.setState((state) => ({ sidePanelsOpen: !state.sidePanelsOpen })),
  },
  {
    id: 'next-region',
    group: 'window',
    title: 'commands.nextRegion',
    shortcuts: ['F6'],
    run: () => focusNextRegion(1),
  },
  {
    id: 'previous-region',
    group: 'window',
    title: 'commands.previousRegion',
    shortcuts: ['Shift+F6'],
    run: () => focusNextRegion(-1),
  },
  {
    id: 'theme-system',
    group: 'window',
    title: 'commands.themeSystem',
    run: () => updatePreferences({ theme: 'system' }),
  },
  {
    id: 'theme-light',
    group: 'window',
    title: 'commands.themeLight',
    run: () => updatePreferences({ theme: 'light' }),
  },
  { id: 'theme-dark', group: 'window', title: 'commands.themeDark', run: () => updatePreferences({ theme: 'dark' }) },
  {
    id: 'language-en',
    group: 'window',
    title: 'commands.languageEn',
    run: () => updatePreferences({ language: 'en' }),
  },
  {
    id: 'language-zh',
    group: 'window',
    title: 'commands.languageZh',
    run: () => updatePreferences({ language: 'zh-CN' }),
  },
  {
    id: 'preferences',
    group: 'window',
    title: 'commands.preferences',
    shortcuts: ['Mod+,'],
    run: () => openDialog({ kind: 'preferences' }),
  },
  {
    id: 'shortcuts',
    group: 'help',
    title: 'commands.shortcuts',
    shortcuts: ['?'],
    run: () => openDialog({ kind: 'shortcuts' }),
  },
  { id: 'about', group: 'help', title: 'commands.about', run: () => openDialog({ kind: 'about' }) },
];
