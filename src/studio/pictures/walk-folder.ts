import type { Stats } from 'node:fs';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AppError } from '../../shared/app-error';
import { fileError } from '../../media/picture-errors';
import { entriesOf, nameNotUtf8 } from './entry-names';

const imageEndings = ['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp'];
const videoEndings = ['.mp4', '.m4v', '.mov', '.webm', '.mkv', '.avi'];

/** Folders are not followed deeper than this: a guard against file systems that contain themselves. */
const MAX_DEPTH = 32;

/** Files asked after at once: what is waited for is the disk. */
const AT_ONCE = 32;
const SLOW_MS = 2;

/** `img2` before `img10`, as file managers sort. */
const byName = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

export interface FoundFile {
  readonly path: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly kind: 'image' | 'video';
}

export interface WalkOptions {
  /** False stays in the folder itself. */
  readonly recursive?: boolean;
  /** Absolute path of a folder that is not entered. */
  readonly except?: string;
  readonly signal?: AbortSignal;
}

export function kindByName(name: string): 'image' | 'video' | null {
  const ending = extname(name).toLowerCase();
  if (imageEndings.includes(ending)) return 'image';
  return videoEndings.includes(ending) ? 'video' : null;
}

/**
 * Pictures and videos below a folder, in natural order: a folder's own files first, then its folders. Hidden entries and
 * links to folders are passed over. `onProblem` hears of folders that cannot be read, and of what cannot be opened by its name.
 */
export async function walkFolder(
  folder: string,
  onProblem: (path: string, error: unknown) => void,
  options: WalkOptions = {},
  depth = 0,
): Promise<FoundFile[]> {
  if (options.signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
  const entries = await entriesOf(folder).catch((error: unknown) => {
    onProblem(folder, fileError(error, folder));
    return [];
  });
  const visible = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => byName.compare(a.name, b.name));
  const named: Pick<FoundFile, 'path' | 'name' | 'kind'>[] = [];
  for (const { name, isFolder, isReachable } of visible) {
    const kind = isFolder ? null : kindByName(name);
    const path = join(folder, name);
    if (!isReachable && (isFolder || kind !== null)) onProblem(path, nameNotUtf8(path));
    if (kind !== null && isReachable) named.push({ path, name, kind });
  }
  const files = await withFacts(named, options.signal);
  if (depth >= MAX_DEPTH || options.recursive === false) return files;
  for (const entry of visible) {
    const path = join(folder, entry.name);
    if (!entry.isFolder || !entry.isReachable || path === options.except) continue;
    for (const file of await walkFolder(path, onProblem, options, depth + 1)) files.push(file);
  }
  return files;
}

/** Without what is gone again, or is no file. */
async function withFacts(
  named: readonly Pick<FoundFile, 'path' | 'name' | 'kind'>[],
  signal: AbortSignal | undefined,
): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  const disk = new Disk();
  for (let from = 0; from < named.length; from += AT_ONCE) {
    if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
    const some = named.slice(from, from + AT_ONCE);
    const facts = await Promise.all(some.map(({ path }) => disk.factsOf(path)));
    some.forEach((file, index) => {
      const known = facts[index];
      if (known?.isFile() === true) files.push({ ...file, sizeBytes: known.size, modifiedMs: known.mtimeMs });
    });
    // Others have a word to say in between.
    await new Promise(setImmediate);
  }
  return files;
}

/**
 * What the system knows by heart it tells in microseconds, a tenth of what it takes to have Node's pool ask. A disk that has once
 * kept us waiting is asked by the pool.
 */
class Disk {
  #isSlow = false;

  factsOf(path: string): Stats | null | Promise<Stats | null> {
    if (this.#isSlow) return stat(path).catch(() => null);
    const start = performance.now();
    try {
      return statSync(path);
    } catch {
      return null;
    } finally {
      this.#isSlow = performance.now() - start > SLOW_MS;
    }
  }
}
