import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../shared/app-error';

/** Sidecars are a few kilobytes; a larger file beside a model is something else. */
const MAX_JSON_BYTES = 8 * 2 ** 20;

/** The file's text, or null when there is no such file. */
export async function readTextIfPresent(path: string): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size > MAX_JSON_BYTES) {
      throw new AppError('FILE_TOO_LARGE', `${path} has ${size} bytes, too many for a JSON file beside a model.`, {
        hint: 'Move it to another folder.',
        details: { path, size },
      });
    }
    return stripByteOrderMark(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error instanceof AppError ? error : fileError(error, path);
  }
}

/**
 * Writes so that the file is either the old or the new one, never half of it, whatever happens in between.
 * Rejects with DISK_FULL, FILE_READ_ONLY or FILE_UNWRITABLE.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, path);
  }
}

/** Turns a failure of the file system into one that names the file and the remedy. */
export function fileError(error: unknown, path: string): AppError {
  const cause = { cause: error, details: { path } };
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('FILE_NOT_FOUND', `There is no file or folder ${path}.`, {
        ...cause,
        hint: 'Check the spelling of the path.',
      });
    case 'EACCES':
    case 'EPERM':
      return new AppError('FILE_NO_PERMISSION', `${path} may not be accessed by this user.`, {
        ...cause,
        hint: 'Change its permissions, or choose another place.',
      });
    case 'EROFS':
      return new AppError('FILE_READ_ONLY', `${path} lies on a read-only file system.`, {
        ...cause,
        hint: 'Choose another folder.',
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('DISK_FULL', `There is no room left on the disk for ${path}.`, {
        ...cause,
        hint: 'Free some space or choose another disk, then try again.',
      });
    default:
      return new AppError('FILE_FAILED', `${path} could not be accessed: ${describe(error)}.`, {
        ...cause,
        hint: 'Check the disk, or choose another place.',
      });
  }
}

export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stripByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
