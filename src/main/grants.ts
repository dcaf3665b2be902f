import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const grantsSchema = z.array(z.string());
/** Oldest are forgotten first; recent files and the export folder are well within. */
const limit = 500;

/** What the user opened through dialogs and drops, kept so that recent files open again after a restart. */
export class GrantStore {
  readonly #file: string;
  #paths: string[] = [];

  constructor(file: string) {
    this.#file = file;
    try {
      this.#paths = grantsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).filter((path) => existsSync(path));
    } catch {
      // No file yet, or one that was cut off: the user picks the files again.
    }
  }

  get paths(): readonly string[] {
    return this.#paths;
  }

  add(paths: readonly string[]): void {
    this.#paths = [...this.#paths.filter((path) => !paths.includes(path)), ...paths].slice(-limit);
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      writeFileSync(this.#file, JSON.stringify(this.#paths));
    } catch {
      // A full or read-only disk costs the memory of grants, not the work at hand.
    }
  }
}
