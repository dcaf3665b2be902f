import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { en } from './en';
import { languageOf } from './i18n';
import { zhCn } from './zh-cn';

type Tree = { readonly [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) found.set(inner, text);
  }
  return found;
}

function sourceText(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return ['en', 'zh-cn'].includes(entry.name) ? '' : sourceText(path);
      return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? readFileSync(path, 'utf8') : '';
    })
    .join('\n');
}

const plural = /_(one|other)$/;
const english = flatten(en);
const chinese = flatten(zhCn);
const source = sourceText(join(__dirname, '..'));

/** Keys written out in the source, and patterns such as `frame.stages.${stage}Long` as regular expressions. */
const written = new Set([...source.matchAll(/['"`]([a-z]\w*(?:\.[\w-]+)+)['"`]/gi)].map((match) => match[1] ?? ''));
const patterns = [...source.matchAll(/`((?:[a-z]\w*\.)[^`\s]*\$\{[^`]*)`/gi)].map(
  (match) =>
    new RegExp(
      `^${(match[1] ?? '')
        .split(/\$\{[^}]*\}/)
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('[\\w-]+')}$`,
    ),
);

function isUsed(key: string): boolean {
  const name = key.replace(plural, '');
  return written.has(name) || patterns.some((pattern) => pattern.test(name));
}

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();
}

describe('the two languages', () => {
  it('have the same keys', () => {
    const wanted = [...english.keys()].filter((key) => !key.endsWith('_one')).sort();
    expect([...chinese.keys()].sort()).toEqual(wanted);
  });

  it('have the same placeholders', () => {
    // Chinese need not repeat a number that its sentence does without.
    const named = (text: string) => placeholders(text).filter((name) => name !== 'count');
    for (const [key, text] of chinese) expect([key, named(text)]).toEqual([key, named(english.get(key) ?? '')]);
  });

  it('say something everywhere', () => {
    for (const [key, text] of [...english, ...chinese]) expect([key, text.trim().length > 0]).toEqual([key, true]);
  });

  it('hold no English sentence in the Chinese one', () => {
    const same = [...chinese].filter(([key, text]) => text === english.get(key) && /[a-z]{3,} [a-z]{3,}/.test(text));
    expect(same).toEqual([]);
  });

  it('give one and other in pairs', () => {
    const singular = [...english.keys()].filter((key) => key.endsWith('_one')).map((key) => key.replace(plural, ''));
    const others = [...english.keys()].filter((key) => key.endsWith('_other')).map((key) => key.replace(plural, ''));
    expect(singular).toEqual(others);
  });
});

describe('the keys', () => {
  it('are all used', () => {
    expect([...english.keys()].filter((key) => !isUsed(key))).toEqual([]);
  });

  it('are all there', () => {
    const known = new Set([...english.keys()].map((key) => key.replace(plural, '')));
    const sections = new Set(Object.keys(en));
    const asked = [...source.matchAll(/\bt\(\s*['"]([\w.-]+)['"]/g)].map((match) => match[1] ?? '');
    expect(asked.length).toBeGreaterThan(100);
    expect(asked.filter((key) => sections.has(key.split('.')[0] ?? '') && !known.has(key))).toEqual([]);
  });
});

describe('languageOf', () => {
  it.each<[Parameters<typeof languageOf>[0], string[], string]>([
    ['en', ['zh-CN'], 'en'],
    ['zh-CN', ['en'], 'zh-CN'],
    ['system', ['zh-TW', 'en'], 'zh-CN'],
    ['system', ['de-DE', 'zh-CN'], 'zh-CN'],
    ['system', ['de-DE', 'en-GB', 'zh'], 'en'],
    ['system', ['de-DE'], 'en'],
    ['system', [], 'en'],
  ])('%s with %o is %s', (setting, wanted, expected) => expect(languageOf(setting, wanted)).toBe(expected));
});
