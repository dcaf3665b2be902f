import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { menuLabels } from './menu-labels';
import { pathsInArguments } from './open-arguments';

const folder = mkdtempSync(join(tmpdir(), 'maskforge-arguments-'));
const picture = join(folder, 'a b.jpg');
writeFileSync(picture, '');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ['packaged', ['/opt/maskforge', picture], 0, [picture]],
  ['started as electron FOLDER', ['electron', '--no-sandbox', folder, picture], 1, [picture]],
  ['relative to where it was started', ['/opt/maskforge', 'a b.jpg'], 0, [picture]],
  ['a file that is not there', ['/opt/maskforge', join(folder, 'none.jpg')], 0, []],
  ['nothing named', ['electron', folder], 1, []],
  ['Chromium’s own flags', ['/opt/maskforge', '--enable-features=x', picture], 0, [picture]],
])('finds the files on a command line: %s', (_name, argv, skip, paths) => {
  expect(pathsInArguments(argv, skip, folder)).toEqual(paths);
});

it.each([
  ['system', 'zh-CN', '打开图片…'],
  ['system', 'zh-Hans-SG', '打开图片…'],
  ['system', 'de', 'Open Pictures…'],
  ['en', 'zh-CN', 'Open Pictures…'],
  ['zh-CN', 'en-US', '打开图片…'],
] as const)('speaks the language of the window: %s on a %s system', (language, locale, label) => {
  expect(menuLabels(language, locale).openPictures).toBe(label);
});
