import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentHash } from './build.mjs';
import { cacheFolder } from './paths.mjs';

let base;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'maskforge-hash-'));
  mkdirSync(join(base, 'src', 'deep'), { recursive: true });
  writeFileSync(join(base, 'src', 'deep', 'a.ts'), 'a');
  writeFileSync(join(base, 'package.json'), '{}');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

describe('contentHash', () => {
  const hash = () => contentHash(['src', 'package.json'], base);

  it('is the same for the same content at another date', () => {
    const before = hash();
    utimesSync(join(base, 'src', 'deep', 'a.ts'), 1, 1);
    expect(hash()).toBe(before);
  });

  it.each([
    ['a changed file', () => writeFileSync(join(base, 'src', 'deep', 'a.ts'), 'b')],
    ['a new file', () => writeFileSync(join(base, 'src', 'b.ts'), '')],
    ['a file that moved', () => writeFileSync(join(base, 'src', 'a.ts'), 'a')],
    ['a changed single file', () => writeFileSync(join(base, 'package.json'), '{ }')],
    ['a removed file', () => rmSync(join(base, 'src', 'deep', 'a.ts'))],
  ])('differs for %s', (_name, change) => {
    const before = hash();
    change();
    expect(hash()).not.toBe(before);
  });

  it('takes no notice of tests, which are in no build', () => {
    const before = hash();
    writeFileSync(join(base, 'src', 'deep', 'a.test.ts'), 'test');
    expect(hash()).toBe(before);
  });
});

describe('cacheFolder', () => {
  it.each([
    [{ MASKFORGE_CACHE: '/c' }, 'linux', '/c'],
    [{ XDG_CACHE_HOME: '/x' }, 'linux', join('/x', 'maskforge')],
    [{ LOCALAPPDATA: '/l' }, 'win32', join('/l', 'maskforge', 'Cache')],
  ])('%j on %s', (env, platform, folder) => {
    expect(cacheFolder(env, platform)).toBe(folder);
  });
});
