import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { ModelSummary } from '../../shared/domain/model';
import { fixedInputSize } from '../placement';

/** Optimised graphs that are kept; each is about as large as its model. */
const MOST_GRAPHS = 8;
const LARGEST_MODEL_BYTES = 256 * 1024 * 1024;

/**
 * Graphs as ONNX Runtime optimised them for this very machine: opening one takes a fifth of the time of preparing it
 * again. Whatever goes wrong with the cache, the model opens without it.
 */
export class GraphCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The file that belongs to a model, an input size, a runtime and a processor; null where keeping does not pay. */
  async pathFor(model: ModelSummary, runtimeVersion: string): Promise<string | null> {
    try {
      const { size, mtimeMs } = await stat(model.path);
      if (size > LARGEST_MODEL_BYTES) return null;
      const processor = cpus()[0]?.model ?? '';
      const input = fixedInputSize(model.preprocessing.size);
      const facts = [
        FORMAT,
        model.path,
        size,
        mtimeMs,
        input,
        runtimeVersion,
        process.platform,
        process.arch,
        processor,
      ];
      const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
      return join(this.#directory, `${key}.onnx`);
    } catch {
      return null;
    }
  }

  /** Whether the file is there; it then counts as used. */
  async has(path: string): Promise<boolean> {
    try {
      await utimes(path, new Date(), new Date());
      return true;
    } catch {
      return false;
    }
  }

  /** Where ONNX Runtime may write what then becomes `path`; null when nothing can be written. */
  async beginWrite(path: string): Promise<string | null> {
    try {
      await mkdir(this.#directory, { recursive: true });
      return `${path}.${randomBytes(4).toString('hex')}.tmp`;
    } catch {
      return null;
    }
  }

  /** Gives a written file its name, and removes those that were not used for longest. */
  async endWrite(temporary: string, path: string): Promise<void> {
    try {
      await rename(temporary, path);
      const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.onnx') || name.endsWith('.tmp'));
      const files = await Promise.all(
        names.map(async (name) => ({ name, used: (await stat(join(this.#directory, name))).mtimeMs })),
      );
      const old = files.sort((a, b) => b.used - a.used).slice(MOST_GRAPHS);
      await Promise.all(old.map(({ name }) => this.remove(join(this.#directory, name))));
    } catch {
      await this.remove(temporary);
    }
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Raised when this program prepares graphs differently. */
const FORMAT = 1;
