import { createStore, useStore } from 'zustand';
import type { Settings } from '../../../shared/domain/settings';

export type Preferences = Pick<Settings, 'theme' | 'language' | 'lastModelId' | 'recentFiles' | 'exportDirectory'>;

/** The studio's settings as last heard; change them through `updatePreferences` (preferences/preferences.ts). */
export const preferencesStore = createStore<Preferences>(() => ({
  theme: 'system',
  language: 'system',
  lastModelId: null,
  recentFiles: [],
  exportDirectory: null,
}));

export function usePreferences<T>(select: (state: Preferences) => T): T {
  return useStore(preferencesStore, select);
}
