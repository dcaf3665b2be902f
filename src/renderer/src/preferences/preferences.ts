import { reportError } from '../notices/notify';
import { languageOf, showLanguage } from '../i18n/i18n';
import { shell } from '../shell/current-shell';
import type { Preferences } from '../state/preferences-store';
import { preferencesStore } from '../state/preferences-store';
import { studio } from '../studio-client/studio';

const storageKey = 'maskforge.appearance';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

/** Changes the window at once and the studio's settings behind it. */
export function updatePreferences(change: Partial<Preferences>): void {
  preferencesStore.setState(change);
  studio.call('settings.update', change).catch((error: unknown) => reportError(error));
}

/**
 * Theme and language follow the settings, and the system where the settings say so. A copy in local storage spares the
 * next start a flash of the other theme before the studio has answered.
 */
export function followPreferences(): void {
  preferencesStore.setState(readRemembered());
  const apply = (): void => {
    const { theme, language } = preferencesStore.getState();
    const shown = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    document.documentElement.dataset['theme'] = shown;
    showLanguage(languageOf(language));
    shell.setTheme(theme);
    window.localStorage.setItem(storageKey, JSON.stringify({ theme, language }));
  };
  apply();
  preferencesStore.subscribe((state, before) => {
    if (state.theme !== before.theme || state.language !== before.language) apply();
  });
  dark.addEventListener('change', apply);
}

function readRemembered(): Partial<Preferences> {
  try {
    const value: unknown = JSON.parse(window.localStorage.getItem(storageKey) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    const theme = 'theme' in value ? value.theme : undefined;
    const language = 'language' in value ? value.language : undefined;
    return {
      ...(theme === 'light' || theme === 'dark' ? { theme } : {}),
      ...(language === 'en' || language === 'zh-CN' ? { language } : {}),
    };
  } catch {
    return {};
  }
}
