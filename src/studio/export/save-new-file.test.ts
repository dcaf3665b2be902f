import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/app-error';
import { exportError } from './save-new-file';

const system = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });
const told = new AppError('DISK_FULL', 'There is no room for it.');
const bug = new Error('x is undefined');

describe('exportError', () => {
  it.each<[string, unknown, unknown]>([
    [
      'a full disk',
      system('ENOSPC'),
      expect.objectContaining({ code: 'EXPORT_DISK_FULL', details: { path: '/out/a.png' } }),
    ],
    ['a quota', system('EDQUOT'), expect.objectContaining({ code: 'EXPORT_DISK_FULL' })],
    ['a disk that is read-only', system('EROFS'), expect.objectContaining({ code: 'EXPORT_READ_ONLY' })],
    [
      'a folder that cannot be made',
      Object.assign(system('ENOENT'), { syscall: 'mkdir' }),
      expect.objectContaining({ code: 'EXPORT_READ_ONLY' }),
    ],
    [
      'a name that is too long, which other files may not have',
      system('ENAMETOOLONG'),
      expect.objectContaining({ code: 'FILE_NAME_INVALID' }),
    ],
    ['what else a system says', system('EIO'), expect.objectContaining({ code: 'EXPORT_FAILED' })],
    ['what was told already, as it is', told, told],
    ['a bug, as it is', bug, bug],
  ])('tells %s', (_, error, expected) => expect(exportError(error, '/out/a.png')).toEqual(expected));
});
