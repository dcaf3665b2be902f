import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GrantStore } from './grants';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maskforge-grants-'));
  file = join(folder, 'window', 'granted-files.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function made(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  return path;
}

it('remembers what was granted, the newest last, each once', () => {
  const [a, b] = [made('a.png'), made('b.png')];
  const store = new GrantStore(file);
  store.add([a, b]);
  store.add([a]);
  expect(new GrantStore(file).paths).toEqual([b, a]);
});

it('forgets files that are gone', () => {
  const [a, b] = [made('a.png'), made('b.png')];
  new GrantStore(file).add([a, b]);
  rmSync(a);
  expect(new GrantStore(file).paths).toEqual([b]);
});

it.each([['{"cut'], ['{"not": "a list"}'], ['[1, 2]']])('starts empty from a file that holds %s', (text) => {
  mkdirSync(join(folder, 'window'));
  writeFileSync(file, text);
  const store = new GrantStore(file);
  expect(store.paths).toEqual([]);
  const a = made('a.png');
  store.add([a]);
  expect(new GrantStore(file).paths).toEqual([a]);
});

it('keeps at most 500, the newest', () => {
  const paths = Array.from({ length: 510 }, (_, index) => made(`${index}.png`));
  const store = new GrantStore(file);
  for (const path of paths) store.add([path]);
  expect(new GrantStore(file).paths).toEqual(paths.slice(10));
});
