import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { exportError } from '../export/save-new-file';

/** First byte and length. */
export type Span = readonly [number, number];

/** A file of lines that only grows. A line is one write, so that a kill leaves at most the last one cut short. */
export class LineFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #end: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, end: number) {
    this.#path = path;
    this.#file = file;
    this.#end = end;
  }

  /** @throws AppError EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED, as does `append` */
  static async open(path: string): Promise<LineFile> {
    try {
      const file = await open(path, 'a+');
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      // Behind a line that was cut short the next begins anew.
      const isCut = size > 0 && last[0] !== 10;
      if (isCut) await file.appendFile('\n');
      return new LineFile(path, file, size + (isCut ? 1 : 0));
    } catch (error) {
      throw exportError(error, path);
    }
  }

  /** Answers with where the line lies. */
  append(line: string): Promise<Span> {
    const bytes = Buffer.from(`${line}\n`);
    const write = async (): Promise<Span> => {
      try {
        await this.#file.appendFile(bytes);
      } catch (error) {
        throw exportError(error, this.#path);
      }
      const start = this.#end;
      this.#end += bytes.byteLength;
      return [start, bytes.byteLength];
    };
    const result = this.#last.then(write, write);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async read([start, length]: Span): Promise<string> {
    const bytes = Buffer.alloc(length);
    await this.#file.read(bytes, 0, length, start);
    return bytes.toString('utf8');
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }
}
