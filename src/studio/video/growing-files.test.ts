import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrowingFiles } from './growing-files';

let folder: string;
const files = new GrowingFiles();
const bytes = (text: string): Uint8Array => Buffer.from(text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'maskforge-growing-'));
});
afterEach(async () => {
  await files.closeAll();
  rmSync(folder, { recursive: true, force: true });
});

describe('GrowingFiles', () => {
  it('writes at any place, and names the file when it is complete', async () => {
    const id = await files.open(folder, 'drive', '.mp4');
    await files.write(id, 4, bytes('efgh'));
    await files.write(id, 0, bytes('abcd'));
    expect(readdirSync(folder).filter((name) => !name.startsWith('.'))).toEqual([]);
    expect(await files.close(id, true)).toBe(join(folder, 'drive.mp4'));
    expect(readdirSync(folder)).toEqual(['drive.mp4']);
    expect(readFileSync(join(folder, 'drive.mp4'), 'utf8')).toBe('abcdefgh');
  });

  it('replaces nothing, and leaves nothing of what was given up', async () => {
    writeFileSync(join(folder, 'drive.mp4'), 'mine');
    const id = await files.open(folder, 'drive', '.mp4');
    expect(await files.close(id, true)).toBe(join(folder, 'drive-2.mp4'));
    const other = await files.open(folder, 'drive', '.mp4');
    await files.write(other, 0, bytes('half'));
    expect(await files.close(other, false)).toBeNull();
    expect(readdirSync(folder).sort()).toEqual(['drive-2.mp4', 'drive.mp4']);
    expect(readFileSync(join(folder, 'drive.mp4'), 'utf8')).toBe('mine');
  });

  it('says when the folder went while it was written', async () => {
    const id = await files.open(join(folder, 'gone'), 'drive', '.mp4');
    rmSync(join(folder, 'gone'), { recursive: true });
    await files.write(id, 0, bytes('x'));
    await expect(files.close(id, true)).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
    await expect(files.write(id, 1, bytes('y'))).rejects.toMatchObject({ code: 'EXPORT_FILE_UNKNOWN' });
  });

  it('names a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'taken'), '');
    await expect(files.open(join(folder, 'taken'), 'a', '.mp4')).rejects.toMatchObject({ code: 'EXPORT_FAILED' });
  });
});
