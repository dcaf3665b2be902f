import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfPresent, writeFileAtomically } from '../library/json-file';

const sizesSchema = z.record(z.string(), z.int().positive());

/** What the hub said last about the sizes of files, by `repo/path`; kept in the data folder. */
export class HubSizes {
  readonly #file: string;
  #sizes: Map<string, number> | null = null;

  constructor(dataDirectory: string) {
    this.#file = join(dataDirectory, 'hub-sizes.json');
  }

  async all(): Promise<ReadonlyMap<string, number>> {
    this.#sizes ??= await read(this.#file);
    return this.#sizes;
  }

  /** A size that cannot be kept is no reason to fail. */
  async remember(found: ReadonlyMap<string, number>): Promise<void> {
    const sizes = new Map([...(await this.all()), ...found]);
    this.#sizes = sizes;
    const text = `${JSON.stringify(Object.fromEntries(sizes), null, 1)}\n`;
    await writeFileAtomically(this.#file, text).catch(() => undefined);
  }
}

async function read(file: string): Promise<Map<string, number>> {
  try {
    const parsed = sizesSchema.safeParse(JSON.parse((await readTextIfPresent(file)) ?? '{}'));
    return new Map(parsed.success ? Object.entries(parsed.data) : []);
  } catch {
    return new Map();
  }
}
