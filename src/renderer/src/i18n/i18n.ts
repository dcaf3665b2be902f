import { createInstance } from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { Settings } from '../../../shared/domain/settings';
import { en } from './en';
import { zhCn } from './zh-cn';

export type Language = 'en' | 'zh-CN';

export const i18n = createInstance();

/** Both languages are in the program, so that switching is immediate and works without a network. */
void i18n.use(initReactI18next).init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en }, 'zh-CN': { translation: zhCn } },
  interpolation: { escapeValue: false },
  initAsync: false,
  showSupportNotice: false,
});

export const languageNames: Readonly<Record<Language, string>> = { en: 'English', 'zh-CN': '简体中文' };

export function languageOf(setting: Settings['language'], wanted: readonly string[] = navigator.languages): Language {
  if (setting !== 'system') return setting;
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

export function showLanguage(language: Language): void {
  document.documentElement.lang = language;
  if (i18n.language !== language) void i18n.changeLanguage(language);
}
