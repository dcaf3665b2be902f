import { randomBytes, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import { claimName, exportError } from '../export/save-new-file';
import { shortened } from '../library/json-file';

interface GrowingFile {
  readonly directory: string;
  readonly stem: string;
  readonly ending: string;
  readonly temporary: string;
  readonly file: FileHandle;
}

/** Files that a window writes piece by piece. Until they are complete they have a hidden name. */
export class GrowingFiles {
  readonly #files = new Map<string, GrowingFile>();

  /** @throws AppError EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED, as do all the others */
  async open(directory: string, stem: string, ending: string): Promise<string> {
    const temporary = join(directory, `.${shortened(stem)}.${randomBytes(6).toString('hex')}.tmp`);
    try {
      await mkdir(directory, { recursive: true });
      const file = await open(temporary, 'wx');
      const id = randomUUID();
      this.#files.set(id, { directory, stem, ending, temporary, file });
      return id;
    } catch (error) {
      throw exportError(error, join(directory, `${stem}${ending}`));
    }
  }

  async write(id: string, position: number, bytes: Uint8Array): Promise<void> {
    const growing = this.#find(id);
    try {
      await growing.file.write(bytes, 0, bytes.byteLength, position);
    } catch (error) {
      throw exportError(error, pathOf(growing));
    }
  }

  /** Gives the file its name, or takes it away. */
  async close(id: string, complete: boolean): Promise<string | null> {
    const growing = this.#find(id);
    this.#files.delete(id);
    try {
      if (complete) await growing.file.sync();
      await growing.file.close();
      return complete ? await claimName(growing.temporary, growing.directory, growing.stem, growing.ending) : null;
    } catch (error) {
      throw exportError(error, pathOf(growing));
    } finally {
      await rm(growing.temporary, { force: true }).catch(() => undefined);
    }
  }

  /** What a window that is gone has left half written. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#files.keys()].map((id) => this.close(id, false).catch(() => null)));
  }

  #find(id: string): GrowingFile {
    const found = this.#files.get(id);
    if (found !== undefined) return found;
    throw new AppError('EXPORT_FILE_UNKNOWN', 'The file that was being written is not open any more.', {
      hint: 'Start the export again.',
    });
  }
}

function pathOf({ directory, stem, ending }: GrowingFile): string {
  return join(directory, `${stem}${ending}`);
}
