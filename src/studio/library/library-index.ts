import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { labelSchema, licenceSchema, preprocessingSchema } from '../../shared/domain/model';
import { graphDescriptionSchema } from './graph-description';
import { readTextIfPresent, writeFileAtomically } from './json-file';

/** Raised whenever reading a graph finds more or other things than before: what was kept is then read anew. */
export const DESCRIPTION_VERSION = 2;

const seenSchema = z.object({
  version: z.literal(DESCRIPTION_VERSION),
  sizeBytes: z.int(),
  modifiedMs: z.number(),
  graph: graphDescriptionSchema,
});

/** An entry is its id and path; of the rest, what a newer or older version wrote otherwise is forgotten. */
const entrySchema = z.object({
  id: z.string().min(1),
  /** Absolute path of the ONNX file. */
  path: z.string().min(1),
  bundled: z.boolean().default(false),
  /** Where it was fetched from. */
  origin: z.object({ repo: z.string(), revision: z.string(), file: z.string() }).optional().catch(undefined),
  licence: licenceSchema.optional().catch(undefined),
  /** What the user picked. */
  labels: z.array(labelSchema).optional().catch(undefined),
  preprocessing: preprocessingSchema.optional().catch(undefined),
  /** The graph as it was when the file had this size and time, so that a large file is read once. */
  seen: seenSchema.optional().catch(undefined),
});
export type LibraryEntry = z.infer<typeof entrySchema>;

const indexSchema = z.object({ format: z.literal(1), models: z.array(entrySchema) });

/** The list of models on disk: `models.json` in the data folder. Several processes may write it, one after another. */
export class LibraryIndex {
  readonly #file: string;
  #stamp = '';
  #entries: LibraryEntry[] = [];

  constructor(dataDirectory: string) {
    this.#file = join(dataDirectory, 'models.json');
  }

  get file(): string {
    return this.#file;
  }

  /** The entries, read again when another process has changed them. A damaged index is set aside, not overwritten. */
  async read(): Promise<LibraryEntry[]> {
    const stamp = await this.#stampOnDisk();
    if (stamp !== this.#stamp) {
      this.#entries = stamp === '' ? [] : await this.#load();
      this.#stamp = stamp;
    }
    return this.#entries;
  }

  /** Rejects with a coded error when the data folder cannot be written; then only this process remembers. */
  async write(entries: LibraryEntry[]): Promise<void> {
    this.#entries = entries;
    await writeFileAtomically(this.#file, `${JSON.stringify({ format: 1, models: entries }, null, 1)}\n`);
    this.#stamp = await this.#stampOnDisk();
  }

  async #load(): Promise<LibraryEntry[]> {
    const text = await readTextIfPresent(this.#file);
    if (text === null) return [];
    const parsed = parse(text);
    if (parsed !== null) return parsed;
    await rename(this.#file, `${this.#file}.damaged-${Date.now()}`).catch(() => undefined);
    return [];
  }

  async #stampOnDisk(): Promise<string> {
    const info = await stat(this.#file).catch(() => null);
    return info === null ? '' : `${info.size} ${info.mtimeMs} ${info.ino}`;
  }
}

/** Entries that can be read; one bad entry does not cost the others. Null when the whole is unreadable. */
function parse(text: string): LibraryEntry[] | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const whole = indexSchema.safeParse(json);
  if (whole.success) return whole.data.models;
  const outline = z.object({ format: z.literal(1), models: z.array(z.unknown()) }).safeParse(json);
  if (!outline.success) return null;
  return outline.data.models.flatMap((entry) => {
    const parsed = entrySchema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
}
