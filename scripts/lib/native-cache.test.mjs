import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkSum, ensurePart, nativeCache } from './native-cache.mjs';

let base;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'maskforge-parts-'));
  vi.stubEnv('MASKFORGE_CACHE', base);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

const write = (text) => async (made) => writeFileSync(join(made, 'file'), text);
const part = (contents, make) => ensurePart('part', contents, ['file'], make);

describe('ensurePart', () => {
  it('makes a part once', async () => {
    const folder = await part(1, write('first'));
    expect(await part(1, write('second'))).toBe(folder);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('first');
  });

  it('makes another one of other contents, and keeps both', async () => {
    const first = await part(1, write('first'));
    const second = await part(2, write('second'));
    expect(second).not.toBe(first);
    expect(existsSync(join(first, 'file'))).toBe(true);
  });

  it('makes it again when a file is gone', async () => {
    const folder = await part(1, write('first'));
    rmSync(join(folder, 'file'));
    await part(1, write('second'));
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('second');
  });

  it.each([
    ['fails', async () => Promise.reject(new Error('no network')), 'no network'],
    ['brings not all', async () => undefined, 'do not hold file'],
  ])('leaves nothing behind when making it %s', async (_name, make, message) => {
    await expect(part(1, make)).rejects.toThrow(message);
    expect(readdirSync(nativeCache())).toEqual([]);
  });

  it('takes the other one when two make it at once', async () => {
    const folders = await Promise.all([part(1, write('a')), part(1, write('b'))]);
    expect(folders[0]).toBe(folders[1]);
    expect(readdirSync(nativeCache())).toHaveLength(1);
  });

  it('removes what a killed run left, unless it may still be running', async () => {
    for (const name of ['.part-old', '.part-new']) mkdirSync(join(nativeCache(), name), { recursive: true });
    utimesSync(join(nativeCache(), '.part-old'), 1, 1);
    await part(1, write('a'));
    expect(existsSync(join(nativeCache(), '.part-old'))).toBe(false);
    expect(existsSync(join(nativeCache(), '.part-new'))).toBe(true);
  });
});

describe('checkSum', () => {
  it('accepts the right file and names a wrong one', async () => {
    const file = join(base, 'jar');
    writeFileSync(file, 'content');
    const sum = createHash('sha256').update('content').digest('hex');
    await expect(checkSum(file, sum)).resolves.toBeUndefined();
    await expect(checkSum(file, sum.replace(/^./, 'g'))).rejects.toThrow(file);
  });
});
