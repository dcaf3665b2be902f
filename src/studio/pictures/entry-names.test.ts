import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toErrorReport } from '../../shared/app-error';
import { escapeBytes } from './entry-names';
import { walkFolder } from './walk-folder';

describe('escapeBytes', () => {
  it.each([
    ['Latin-1', [0x63, 0x61, 0x66, 0xe9, 0x2e, 0x70, 0x6e, 0x67], 'caf\\xE9.png'],
    ['UTF-8', [...Buffer.from('街 é 🙂.png')], '街 é 🙂.png'],
    ['a character cut short', [0x61, 0xe8, 0xa1], 'a\\xE8\\xA1'],
    ['both', [...Buffer.from('é'), 0xff, ...Buffer.from('街')], 'é\\xFF街'],
  ])('%s', (_, bytes, text) => expect(escapeBytes(Buffer.from(bytes))).toBe(text));
});

describe.skipIf(process.platform !== 'linux')('walkFolder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'maskforge-names-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('names what it cannot open by its name, and finds the rest', async () => {
    for (const name of ['b\ufffd.png', 'a.png']) writeFileSync(join(folder, name), 'x');
    for (const name of ['caf\xe9.png', 'not\xe9s.txt', '.hidden\xe9.png']) {
      writeFileSync(Buffer.from(join(folder, name), 'latin1'), 'x');
    }
    const problems: [string, string][] = [];
    const found = await walkFolder(folder, (path, error) => problems.push([path, toErrorReport(error).code]));
    expect(found.map(({ name }) => name)).toEqual(['a.png', 'b\ufffd.png']);
    expect(problems).toEqual([[join(folder, 'caf\\xE9.png'), 'FILE_NAME_NOT_UTF8']]);
  });
});
