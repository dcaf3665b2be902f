import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { AppError, toErrorReport } from '../../shared/app-error';
import type { CallResult } from '../../shared/contract';
import type { PictureEntry } from '../../shared/domain/picture';
import { emptyFile, fileError, unsupportedContent } from '../../media/picture-errors';
import { PictureFile } from '../../media/picture-file';
import { SNIFF_LENGTH, sniffContent } from '../../media/sniff';
import type { FileAccess } from '../file-access';
import { walkFolder } from './walk-folder';

type AddResult = CallResult<'pictures.add'>;

interface RegistryOptions {
  readonly access: FileAccess;
  readonly uploadsDirectory: string;
  readonly samplesDirectory: string;
}

/** What of a picture's file decides whether something made from it is still true. */
export interface PictureVersion {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

const KEEP_UPLOADS_MS = 7 * 24 * 3600 * 1000;

/** The pictures that shells may ask for, by id. Ids follow from paths, so that the same file is the same picture. */
export class PictureRegistry {
  readonly #options: RegistryOptions;
  readonly #pictures = new Map<string, { entry: PictureEntry; path: string }>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    void removeOldUploads(options.uploadsDirectory);
  }

  /** Files and folders. What cannot be added is named with the reason; the rest is added. */
  async add(paths: readonly string[], signal?: AbortSignal): Promise<AddResult> {
    const result: AddResult = { added: [], rejected: [] };
    for (const path of paths) {
      if (signal?.aborted === true) throw new AppError('CANCELLED', 'The work was cancelled.');
      try {
        await this.#addPath(resolve(path), result);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        result.rejected.push({ name: basename(path), error: toErrorReport(error) });
      }
    }
    return result;
  }

  /** A pasted or uploaded picture, kept among the uploads. */
  async addBytes(name: string, bytes: Uint8Array): Promise<AddResult> {
    const safeName = basename(name.replace(/[\\/:]/g, '/')).replace(/[\u0000-\u001f<>:"|?*]/g, '_') || 'picture';
    try {
      checkContent(safeName, bytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { added: [], rejected: [{ name: safeName, error: toErrorReport(error) }] };
    }
    const folder = join(this.#options.uploadsDirectory, createHash('sha256').update(bytes).digest('hex').slice(0, 24));
    const path = join(folder, safeName);
    await mkdir(folder, { recursive: true });
    await writeFile(path, bytes);
    const kind = sniffContent(bytes).use === 'video' ? 'video' : 'image';
    return { added: [this.#register(path, null, safeName, bytes.byteLength, kind)], rejected: [] };
  }

  async samples(): Promise<PictureEntry[]> {
    const files = await walkFolder(this.#options.samplesDirectory, () => undefined);
    return files
      .filter(({ kind }) => kind === 'image')
      .map(({ path, name, sizeBytes, kind }) => this.#register(path, path, name, sizeBytes, kind));
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.#pictures.delete(id);
  }

  has(id: string): boolean {
    return this.#pictures.has(id);
  }

  /** @throws AppError PICTURE_UNKNOWN */
  entry(id: string): PictureEntry {
    return this.#find(id).entry;
  }

  /** Where a picture lies, and what it is called. @throws AppError PICTURE_UNKNOWN, FILE_NOT_GRANTED */
  fileOf(id: string): { path: string; name: string } {
    const { entry, path } = this.#find(id);
    if (entry.path !== null) this.#options.access.check(path);
    return { path, name: entry.name };
  }

  /** @throws AppError PICTURE_UNKNOWN, FILE_NOT_GRANTED, and what {@link PictureFile.open} throws */
  async open(id: string): Promise<PictureFile> {
    const { entry, path } = this.#find(id);
    if (entry.path !== null) this.#options.access.check(path);
    return PictureFile.open({ path });
  }

  /** A file that ships with the studio; null where it was left out. */
  async sample(path: string): Promise<PictureEntry | null> {
    const facts = await stat(path).catch(() => null);
    return facts === null ? null : this.#register(path, path, basename(path), facts.size, 'video');
  }

  /**
   * Where the file of a picture or video lies, for those who read parts of it.
   * @throws AppError PICTURE_UNKNOWN, FILE_NOT_GRANTED
   */
  pathOf(id: string): string {
    const { entry, path } = this.#find(id);
    if (entry.path !== null) this.#options.access.check(path);
    return path;
  }

  async version(id: string): Promise<PictureVersion> {
    const { path } = this.#find(id);
    try {
      const { size, mtimeMs } = await stat(path);
      return { sizeBytes: size, modifiedMs: mtimeMs };
    } catch (error) {
      throw fileError(error, path);
    }
  }

  #find(id: string): { entry: PictureEntry; path: string } {
    const found = this.#pictures.get(id);
    if (found !== undefined) return found;
    throw new AppError('PICTURE_UNKNOWN', `There is no picture ${id}.`, { hint: 'Add the picture again.' });
  }

  async #addPath(path: string, result: AddResult): Promise<void> {
    this.#options.access.check(path);
    const facts = await stat(path).catch((error: unknown) => Promise.reject(fileError(error, path)));
    if (facts.isDirectory()) return this.#addFolder(path, result);
    const name = basename(path);
    const head = await readHead(path, facts.size);
    checkContent(name, head);
    const kind = sniffContent(head).use === 'video' ? 'video' : 'image';
    result.added.push(this.#register(path, path, name, facts.size, kind));
  }

  async #addFolder(folder: string, result: AddResult): Promise<void> {
    const problems: AddResult['rejected'] = [];
    const files = await walkFolder(folder, (path, error) => {
      problems.push({ name: basename(path), error: toErrorReport(error) });
    });
    result.rejected.push(...problems);
    for (const { path, name, sizeBytes, kind } of files) {
      result.added.push(this.#register(path, path, name, sizeBytes, kind));
    }
    if (files.length > 0 || problems.length > 0) return;
    throw new AppError('FOLDER_WITHOUT_PICTURES', `There are no pictures in ${folder}.`, {
      hint: 'Choose a folder with JPEG, PNG, WebP, TIFF, GIF, AVIF or BMP files, at any depth.',
      details: { path: folder },
    });
  }

  #register(
    path: string,
    shown: string | null,
    name: string,
    sizeBytes: number,
    kind: PictureEntry['kind'],
  ): PictureEntry {
    const id = createHash('sha256').update(path).digest('hex').slice(0, 20);
    const entry: PictureEntry = { id, name, path: shown, sizeBytes, kind };
    this.#pictures.set(id, { entry, path });
    return entry;
  }
}

/** @throws AppError FILE_EMPTY, IMAGE_UNSUPPORTED */
function checkContent(name: string, head: Uint8Array): void {
  if (head.byteLength === 0) throw emptyFile(name);
  const { use } = sniffContent(head);
  if (use !== 'image' && use !== 'video') throw unsupportedContent(name, head);
}

async function readHead(path: string, size: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(Math.min(SNIFF_LENGTH, size));
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

async function removeOldUploads(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    const path = join(directory, name);
    const facts = await stat(path).catch(() => null);
    const isOld = facts !== null && Date.now() - facts.mtimeMs > KEEP_UPLOADS_MS;
    if (isOld) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** File name without its ending, for the names of exported files. */
export function pictureStem(name: string): string {
  return basename(name, extname(name)) || name;
}
