import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../shared/app-error';

/**
 * Writes a dropped file to a folder of its own, so that it keeps its name beside others of the same name.
 * @returns the absolute path
 * @throws AppError UPLOAD_FAILED when it cannot be written (disk full, folder read-only) or the browser breaks off;
 *   nothing is left behind then
 */
export async function receiveUpload(request: IncomingMessage, folder: string, name: string): Promise<string> {
  const home = join(folder, randomUUID());
  const path = join(home, safeName(name));
  try {
    await mkdir(home, { recursive: true });
    await pipeline(request, createWriteStream(path, { flags: 'wx' }));
    return path;
  } catch (cause) {
    await rm(home, { recursive: true, force: true });
    throw new AppError('UPLOAD_FAILED', `${safeName(name)} could not be received.`, {
      hint: `Check that ${folder} can be written and that the disk has room, then drop the file again.`,
      cause,
      details: { file: safeName(name) },
    });
  }
}

/** The last part of a name from a browser, without characters that file systems refuse. */
export function safeName(name: string): string {
  const last = basename(name.replaceAll('\\', '/'))
    .replace(/[\u0000-\u001f<>:"|?*]/g, '_')
    .slice(-120);
  return last === '' || last === '.' || last === '..' ? 'file' : last;
}
