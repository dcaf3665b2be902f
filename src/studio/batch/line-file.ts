import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { exportError } from '../export/save-new-file';

/** First byte and length. */
export type Span = readonly [number, number];

interface Line {
  readonly bytes: Buffer;
  resolve(span: Span): void;
  reject(error: unknown): void;
}

/** A file of lines that only grows. Whole lines are one write, so that a kill leaves at most the last one cut short. */
export class LineFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #end: number;
  readonly #waiting: Line[] = [];
  #writing: Promise<void> | null = null;

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

  /** Answers with where the line lies, once it does. Lines that come while others are written go together. */
  append(line: string): Promise<Span> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: Buffer.from(`${line}\n`), resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0);
      try {
        await this.#file.appendFile(Buffer.concat(lines.map(({ bytes }) => bytes)));
      } catch (error) {
        for (const { reject } of lines) reject(exportError(error, this.#path));
        continue;
      }
      for (const { bytes, resolve } of lines) {
        resolve([this.#end, bytes.byteLength]);
        this.#end += bytes.byteLength;
      }
    }
    this.#writing = null;
  }

  async read([start, length]: Span): Promise<string> {
    const bytes = Buffer.alloc(length);
    await this.#file.read(bytes, 0, length, start);
    return bytes.toString('utf8');
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }
}
