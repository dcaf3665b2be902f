import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { ModelSummary } from '../../shared/domain/model';
import { fixedInputSize } from '../placement';

/** Optimised graphs that are kept; each is about as large as its model. */
const MOST_GRAPHS = 8;
const LARGEST_MODEL_BYTES = 256 * 1024 * 1024;

export interface KeptGraph {
  readonly path: string;
  /** Of the model it was made from: `FP32`, `FP16`, `INT8`. */
  readonly precision: string;
}

/**
 * Graphs as ONNX Runtime optimised them for this very machine: opening one takes a fifth of the time of preparing it
 * again. Whatever goes wrong with the cache, the model opens without it.
 */
export class GraphCache {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What a kept graph belongs to: model, input size, runtime and processor. Null where keeping does not pay. */
  async keyFor(model: ModelSummary, isRewritten: boolean, runtimeVersion: string): Promise<string | null> {
    try {
      const { size, mtimeMs } = await stat(model.path);
      if (size > LARGEST_MODEL_BYTES) return null;
      const processor = cpus()[0]?.model ?? '';
      const input = fixedInputSize(model.preprocessing.size);
      const machine = [runtimeVersion, process.platform, process.arch, processor];
      const facts = JSON.stringify([FORMAT, isRewritten, model.path, size, mtimeMs, input, ...machine]);
      return createHash('sha256').update(facts).digest('hex').slice(0, 32);
    } catch {
      return null;
    }
  }

  /** The kept graph, which then counts as used. */
  async find(key: string): Promise<KeptGraph | null> {
    try {
      const name = (await readdir(this.#directory)).find((each) => each.startsWith(key) && each.endsWith('.onnx'));
      if (name === undefined) return null;
      const path = join(this.#directory, name);
      await utimes(path, new Date(), new Date());
      return { path, precision: name.split('.')[1] ?? '' };
    } catch {
      return null;
    }
  }

  /** Where ONNX Runtime may write what then becomes the kept graph; null when nothing can be written. */
  async beginWrite(key: string): Promise<string | null> {
    try {
      await mkdir(this.#directory, { recursive: true });
      return join(this.#directory, `${key}.${randomBytes(4).toString('hex')}.tmp`);
    } catch {
      return null;
    }
  }

  /** Gives a written file its name, and removes those that were not used for longest. */
  async endWrite(temporary: string, key: string, precision: string): Promise<void> {
    try {
      await rename(temporary, join(this.#directory, `${key}.${precision}.onnx`));
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
const FORMAT = 2;
