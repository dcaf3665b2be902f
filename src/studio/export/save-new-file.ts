import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../shared/app-error';
import { isFolderRefused, nameTooLong, shortened } from '../library/json-file';

/** Numbers that are tried for a name that is taken. */
const MOST_NUMBERS = 10_000;

/**
 * Writes a file that was not there before and answers with its path. A name that is taken gets a number: `a.index.png`,
 * `a-2.index.png`. Until all bytes are on the disk the file has another, hidden name; when anything fails nothing is left.
 *
 * @param stem what the number goes behind; @param ending begins with its dot
 * @throws AppError EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED
 */
export async function saveNewFile(directory: string, stem: string, ending: string, bytes: Uint8Array): Promise<string> {
  const temporary = join(directory, `.${shortened(stem)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(directory, { recursive: true });
    await writeWhole(temporary, bytes);
    return await claimName(temporary, directory, stem, ending);
  } catch (error) {
    throw exportError(error, join(directory, `${stem}${ending}`));
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives a finished file the first free of its names, and answers with it. The temporary name may stay beside it. */
export async function claimName(temporary: string, directory: string, stem: string, ending: string): Promise<string> {
  for (let number = 1; number <= MOST_NUMBERS; number++) {
    const path = join(directory, `${number === 1 ? stem : `${stem}-${number}`}${ending}`);
    if (await claim(temporary, path)) return path;
  }
  throw Object.assign(new Error(`${MOST_NUMBERS} files of this name exist`), { code: 'EEXIST' });
}

/** Gives a finished file its name, unless something of that name exists. */
async function claim(temporary: string, path: string): Promise<boolean> {
  try {
    // A second name for the same content: the only step that is both atomic and never replaces a file.
    await link(temporary, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS' && code !== 'EXDEV')
      throw error;
  }
  return claimWithoutLinks(temporary, path);
}

/** For disks that know no links (FAT): an empty file takes the name first. */
async function claimWithoutLinks(temporary: string, path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await rename(temporary, path);
    return true;
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** What failed, as EXPORT_DISK_FULL, EXPORT_READ_ONLY or EXPORT_FAILED; anything but a system's error stays as it is. */
export function exportError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error;
  const name = basename(path);
  const folder = dirname(path);
  const options = { cause: error, details: { path } };
  switch (isFolderRefused(error) ? 'EROFS' : codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('EXPORT_DISK_FULL', `There is no room on the disk for ${name} in ${folder}.`, {
        ...options,
        hint: 'Free some space or choose a folder on another disk. Nothing half-written was left.',
      });
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new AppError('EXPORT_READ_ONLY', `${name} cannot be written: ${folder} is read-only.`, {
        ...options,
        hint: 'Choose another folder, or change its permissions.',
      });
    case 'ENAMETOOLONG':
      return nameTooLong(error, path);
    case null:
      return error;
    default:
      return new AppError('EXPORT_FAILED', `${name} could not be written to ${folder}: ${messageOf(error)}.`, {
        ...options,
        hint: 'Choose another folder.',
      });
  }
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
