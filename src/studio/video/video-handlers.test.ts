import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unrestrictedAccess } from '../file-access';
import type { VideoParts } from './video-handlers';
import { videoHandlers } from './video-handlers';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'video-handlers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('writes frames into a folder that it makes once, not again where a drive used to be', async () => {
  const save = videoHandlers({ access: unrestrictedAccess } as VideoParts)['export.mask'];
  const mask = { width: 2, height: 1, bytesPerId: 1, data: Uint8Array.of(0, 1) } as const;
  const context = { signal: new AbortController().signal };
  const directory = join(folder, 'drive', 'frames');
  const write = (name: string, makesFolder: boolean) => save({ mask, name, directory, makesFolder }, context);
  expect((await write('000000', true)).path).toBe(join(directory, '000000.png'));
  await write('000001', false);
  expect(readdirSync(directory)).toEqual(['000000.png', '000001.png']);
  rmSync(join(folder, 'drive'), { recursive: true });
  await expect(write('000002', false)).rejects.toMatchObject({ code: 'BATCH_OUTPUT_GONE' });
  expect(readdirSync(folder)).toEqual([]);
});
