import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfPresent, writeFileAtomically } from '../library/json-file';

const storeSchema = z.object({
  format: z.literal(1),
  engines: z.record(z.string(), z.object({ sha256: z.string(), how: z.enum(['built', 'trusted']), at: z.string() })),
});
type Store = z.infer<typeof storeSchema>;

/**
 * Which plans may be loaded: those that were built here, and those that somebody trusted. Kept apart from the engines,
 * so that a folder that is put among them cannot vouch for itself, and by content, so that an exchanged plan is not
 * trusted for its name.
 */
export class TrustStore {
  readonly #file: string;
  #change: Promise<void> = Promise.resolve();

  constructor(dataDirectory: string) {
    this.#file = join(dataDirectory, 'trusted-engines.json');
  }

  async trusts(engineId: string, planSha256: string): Promise<boolean> {
    return (await this.#read()).engines[engineId]?.sha256 === planSha256;
  }

  /** @throws AppError DISK_FULL, FILE_NOT_WRITABLE */
  async add(engineId: string, planSha256: string, how: 'built' | 'trusted'): Promise<void> {
    const next = this.#change.then(async () => {
      const store = await this.#read();
      const engines = { ...store.engines, [engineId]: { sha256: planSha256, how, at: new Date().toISOString() } };
      await writeFileAtomically(this.#file, JSON.stringify({ format: 1, engines }, null, 2));
    });
    this.#change = next.catch(() => undefined);
    return next;
  }

  /** A store that cannot be read trusts nothing. */
  async #read(): Promise<Store> {
    const nothing: Store = { format: 1, engines: {} };
    try {
      const text = await readTextIfPresent(this.#file);
      return text === null ? nothing : storeSchema.parse(JSON.parse(text));
    } catch {
      return nothing;
    }
  }
}
