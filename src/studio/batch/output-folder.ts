import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import { AppError } from '../../shared/app-error';
import { exportError } from '../export/save-new-file';

/** What a batch keeps beside its masks; hidden, so that no walk takes it for pictures. */
const STATE_FOLDER = '.maskforge-batch';
const TEMPORARY = 'tmp';

/** The state folder of an output folder. */
export function stateFolder(output: string): string {
  return join(output, STATE_FOLDER);
}

export interface FolderIdentity {
  readonly dev: number;
  readonly ino: number;
}

/**
 * The folder that a batch writes to. When it vanishes in the middle (a drive that was pulled out) it is not made anew:
 * the masks would land where the drive used to be.
 */
export class OutputFolder {
  readonly path: string;
  readonly identity: FolderIdentity;
  readonly #state: string;
  /** Of this thread alone: systems let only one thread at a time make files in a folder. */
  #ownFolder: string | null = null;

  /** One that is open already, as another thread knows it; {@link OutputFolder.open} opens it. */
  constructor(path: string, identity: FolderIdentity, state = stateFolder(path)) {
    this.path = path;
    this.identity = identity;
    this.#state = state;
  }

  /**
   * Makes it when it is missing. Files that a killed batch left half written go: call it with the folder locked.
   * @param state below it, where temporary files lie
   * @throws AppError EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED
   */
  static async open(path: string, state = stateFolder(path)): Promise<OutputFolder> {
    const temporary = join(state, TEMPORARY);
    try {
      await rm(temporary, { recursive: true, force: true });
      await mkdir(temporary, { recursive: true });
      const { dev, ino } = await stat(path);
      return new OutputFolder(path, { dev, ino }, state);
    } catch (error) {
      throw exportError(error, state);
    }
  }

  /**
   * Writes a file under its name at once or not at all; one of that name is replaced. Not flushed to the disk: a file that
   * a power cut has emptied has another size than the journal says, and is made again.
   * @param name with folders, relative
   * @throws AppError BATCH_OUTPUT_GONE, EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED
   */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    let temporary: string | null = null;
    try {
      temporary = this.temporaryFile();
      // A thread for pictures has nothing else to do meanwhile: handing small files to Node's pool costs more than they do.
      if (isMainThread) await writeFile(temporary, bytes);
      else writeFileSync(temporary, bytes);
      await this.put(temporary, path);
    } catch (error) {
      if (temporary !== null) await rm(temporary, { force: true }).catch(() => undefined);
      if (isMissing(error)) await this.check();
      throw exportError(error, path);
    }
  }

  /** Gives a finished temporary file its place, as `write` does. @param path absolute, in this folder */
  async move(temporary: string, path: string): Promise<void> {
    try {
      await this.put(temporary, path);
    } catch (error) {
      if (isMissing(error)) await this.check();
      throw exportError(error, path);
    }
  }

  /** @throws Error of the system's where the folder of temporary files is gone */
  temporaryFile(): string {
    this.#ownFolder ??= this.#makeOwnFolder();
    return join(this.#ownFolder, randomBytes(8).toString('hex'));
  }

  #makeOwnFolder(): string {
    const shared = join(this.#state, TEMPORARY);
    if (isMainThread) return shared;
    const own = join(shared, String(threadId));
    // Not those above it: a folder that has vanished is not made anew. A thread of the same number may have been before.
    if (!existsSync(own)) mkdirSync(own);
    return own;
  }

  /** Gives a finished file its place; its folder is made when it is missing. */
  async put(temporary: string, path: string): Promise<void> {
    try {
      if (isMainThread) await rename(temporary, path);
      else renameSync(temporary, path);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.check();
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
    }
  }

  /** @throws AppError BATCH_OUTPUT_GONE */
  async check(): Promise<void> {
    const facts = await stat(this.path).catch(() => null);
    const isSame = facts?.dev === this.identity.dev && facts.ino === this.identity.ino;
    // Systems give the number of a folder that is gone to the next one; that has none of ours in it.
    if (isSame && (await stat(join(this.#state, TEMPORARY)).catch(() => null)) !== null) return;
    throw folderGone(this.path);
  }

  async close(): Promise<void> {
    await rm(join(this.#state, TEMPORARY), { recursive: true, force: true }).catch(() => undefined);
  }
}

export function folderGone(path: string): AppError {
  return new AppError('BATCH_OUTPUT_GONE', `The folder ${path} is not there any more.`, {
    hint: 'Connect the drive again, or put the folder back, and start again: it goes on where it ended.',
    details: { path },
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** The nearest folder above (or the folder itself) that exists. */
export async function outputFolderAbove(path: string): Promise<string> {
  const facts = await stat(path).catch(() => null);
  const above = dirname(path);
  return facts !== null || above === path ? path : outputFolderAbove(above);
}
