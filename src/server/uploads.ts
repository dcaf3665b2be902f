import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../shared/app-error';

/** Folders within folders are not followed deeper when pictures are looked for, either. */
const MAX_DEPTH = 32;
/** Files of one folder whose names became the same when they were made safe. */
const MOST_NAMESAKES = 1000;

export interface Upload {
  /** Absolute path of the file. */
  readonly path: string;
  /** Absolute path of the folder that is sent: the file's first one below the upload's own. */
  readonly folder: string;
}

/**
 * Writes a file that the page sent: one that comes alone to a folder of its own, so that it keeps its name beside others
 * of the same name; one of a folder to its place in it.
 *
 * @param upload id of the folder that is being sent, as the page made it up; null for a file that comes alone
 * @throws AppError UPLOAD_FAILED when it cannot be written (disk full, folder read-only) or the browser breaks off;
 *   nothing of the file is left behind then
 */
export async function receiveUpload(
  request: IncomingMessage,
  uploads: string,
  name: string,
  upload: string | null = null,
): Promise<Upload> {
  const home = uploadHome(uploads, upload ?? randomUUID());
  const parts = upload === null ? [safeName(name)] : safePath(name);
  let path = join(home, ...parts);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await openNew(path);
    path = file.path;
    await pipeline(request, file.handle.createWriteStream());
    return { path, folder: parts.length === 1 ? home : join(home, parts[0] ?? '') };
  } catch (cause) {
    await rm(upload === null ? home : path, { recursive: true, force: true });
    throw new AppError('UPLOAD_FAILED', `${safeName(name)} could not be received.`, {
      hint: `Check that ${uploads} can be written and that the disk has room, then drop the file again.`,
      cause,
      details: { file: safeName(name) },
    });
  }
}

/** Takes back what of a folder was sent. */
export async function discardUpload(uploads: string, upload: string): Promise<void> {
  await rm(uploadHome(uploads, upload), { recursive: true, force: true });
}

/** @throws AppError UPLOAD_FAILED for what is no id: it would be a path */
function uploadHome(uploads: string, upload: string): string {
  if (/^[0-9a-f-]{36}$/.test(upload)) return join(uploads, upload);
  throw new AppError('UPLOAD_FAILED', 'The folder that is sent has no valid id.', { hint: 'Load the page anew.' });
}

/** What the page calls different may become the same here: the second `a?.png` is `a_ (2).png`. */
async function openNew(path: string): Promise<{ path: string; handle: FileHandle }> {
  const ending = extname(path);
  for (let count = 1; ; count += 1) {
    const tried = count === 1 ? path : `${path.slice(0, path.length - ending.length)} (${count})${ending}`;
    try {
      return { path: tried, handle: await open(tried, 'wx') };
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!isTaken || count >= MOST_NAMESAKES) throw error;
    }
  }
}

function safePath(name: string): string[] {
  const parts = name.split(/[\\/]/).filter((part) => part !== '');
  return (parts.length === 0 ? [''] : parts.slice(-MAX_DEPTH)).map(safeName);
}

/** The last part of a name from a browser, without characters that file systems refuse. */
export function safeName(name: string): string {
  const last = basename(name.replaceAll('\\', '/'))
    .replace(/[\u0000-\u001f<>:"|?*]/g, '_')
    .slice(-120);
  return last === '' || last === '.' || last === '..' ? 'file' : last;
}
