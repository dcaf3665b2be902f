import { afterEach, expect, it } from 'vitest';
import { i18n } from '../i18n/i18n';
import { deviceText } from './device-text';

afterEach(() => i18n.changeLanguage('en'));

it.each([
  ['en', 'CPU · 1 thread', 'CPU · 1 thread'],
  ['en', 'CPU · 16 threads', 'CPU · 16 threads'],
  ['zh-CN', 'CPU · 1 thread', 'CPU · 1 个线程'],
  ['zh-CN', 'CPU · 16 threads', 'CPU · 16 个线程'],
  ['zh-CN', 'any RTX GPU', '任何 RTX 显卡'],
  ['zh-CN', 'NVIDIA H200', 'NVIDIA H200'],
])('says in %s of %s: %s', async (language, device, text) => {
  await i18n.changeLanguage(language);
  expect(deviceText(device)).toBe(text);
});
