import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../shared/app-error';

/** Sidecars are a few kilobytes; a larger file beside a model is something else. */
const MAX_JSON_BYTES = 8 * 2 ** 20;

/** The file's text, or null when there is no such file. @throws FILE_TOO_LARGE, FILE_UNREADABLE */
export async function readTextIfPresent(path: string, maxBytes = MAX_JSON_BYTES): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new AppError('FILE_TOO_LARGE', `${path} has ${size} bytes, too many for what it should hold.`, {
        hint: 'Check that it is the right file, or move it to another folder.',
        details: { path, size },
      });
    }
    return stripByteOrderMark(await readFile(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error instanceof AppError ? error : readError(error, path);
  }
}

/**
 * Writes so that the file is either the old or the new one, never half of it, whatever happens in between.
 * Rejects with DISK_FULL, FILE_NAME_INVALID or FILE_NOT_WRITABLE.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${shortened(basename(path))}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`,
  );
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
    throw writeError(error, path);
  }
}

/** A failure to read, told so that it names the file and the remedy. */
export function readError(error: unknown, path: string): AppError {
  if (isMissing(error)) {
    return new AppError('FILE_NOT_FOUND', `There is no file or folder ${path}.`, {
      hint: 'Check the spelling of the path.',
      cause: error,
      details: { path },
    });
  }
  if (errorCode(error) === 'EISDIR') {
    return new AppError('FILE_IS_FOLDER', `${path} is a folder, not a file.`, {
      hint: 'Name a file, or move the folder out of the way.',
      cause: error,
      details: { path },
    });
  }
  const denied = isDenied(error);
  return new AppError('FILE_UNREADABLE', `${path} cannot be read: ${denied ? 'permission denied' : describe(error)}.`, {
    hint: denied
      ? 'Change its permissions, or copy it to a place of your own.'
      : 'Check the disk or the network drive.',
    cause: error,
    details: { path },
  });
}

/** So much of a name that a temporary one made of it fits on every disk: 255 bytes, of which a character takes up to four. */
export function shortened(name: string): string {
  return name.slice(0, 40);
}

export function nameTooLong(cause: unknown, path: string): AppError {
  return new AppError('FILE_NAME_INVALID', `${path} cannot be written: its name is longer than the disk allows.`, {
    hint: 'Give the file a shorter name.',
    cause,
    details: { path },
  });
}

/** A failure to write: DISK_FULL, FILE_NAME_INVALID or FILE_NOT_WRITABLE. */
export function writeError(error: unknown, path: string): AppError {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new AppError('DISK_FULL', `There is no room left on the disk for ${path}.`, {
      hint: 'Free some space or choose another disk, then try again. No half-written file was left.',
      cause: error,
      details: { path },
    });
  }
  if (code === 'ENAMETOOLONG') return nameTooLong(error, path);
  const isReadOnly = code === 'EROFS' || isFolderRefused(error);
  const why = isDenied(error) ? 'permission denied' : isReadOnly ? 'the disk is read-only' : describe(error);
  return new AppError('FILE_NOT_WRITABLE', `${path} cannot be written: ${why}.`, {
    hint: 'Choose another folder, or change the permissions of this one.',
    cause: error,
    details: { path },
  });
}

/** On a read-only disk Node's recursive `mkdir` says that the folder is not there; on any other it would have been made. */
export function isFolderRefused(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall === 'mkdir';
}

export function isMissing(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function isDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(errorCode(error) ?? '');
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
