import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { BatchLock } from '../batch/batch-lock';
import { LineFile } from '../batch/line-file';
import { OutputFolder } from '../batch/output-folder';
import { readLines } from '../batch/read-lines';

/** A frame whose picture lies in the output folder. */
const pictureSchema = z.object({ frame: z.int().nonnegative(), hash: z.string() });
/** A frame's rows of the table. */
const rowsSchema = z.object({ frame: z.int().nonnegative(), rows: z.string() });
/** So many frames of the new video, whole, as a file in the state folder. */
const partSchema = z.object({ part: z.string(), frames: z.int().positive(), hash: z.string() });
const recordSchema = z.union([pictureSchema, rowsSchema, partSchema]);

export type PictureRecord = z.infer<typeof pictureSchema>;
export type RowsRecord = z.infer<typeof rowsSchema>;
export type PartRecord = z.infer<typeof partSchema>;
export type ExportRecord = z.infer<typeof recordSchema>;

const keySchema = z.object({ key: z.string() });

const JOURNAL = 'journal.jsonl';

export interface JournalPlace {
  /** What the export makes: a file, or a folder of pictures. */
  readonly out: string;
  readonly isFolder: boolean;
  /** What was done under another one is of no use. */
  readonly key: string;
  /** Begins anew, whatever is there. */
  readonly fresh: boolean;
}

/**
 * What of a video has been exported, beside what it makes: in a folder of pictures as `.maskforge-video`, beside a file as
 * `.NAME.maskforge`. It goes when the export is whole, and is where the next start goes on after a kill.
 */
export class ExportJournal {
  readonly output: OutputFolder;
  /** Where the journal and the parts lie. */
  readonly state: string;
  readonly #lock: BatchLock;
  readonly #key: string;
  #file: LineFile;
  #records: ExportRecord[];

  private constructor(
    place: { readonly state: string; readonly key: string },
    open: { readonly lock: BatchLock; readonly output: OutputFolder; readonly file: LineFile },
    records: ExportRecord[],
  ) {
    this.state = place.state;
    this.#key = place.key;
    this.#lock = open.lock;
    this.output = open.output;
    this.#file = open.file;
    this.#records = records;
  }

  /** @throws AppError BATCH_BUSY, EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED */
  static async open({ out, isFolder, key, fresh }: JournalPlace): Promise<ExportJournal> {
    const folder = isFolder ? out : dirname(out);
    const state = join(folder, isFolder ? '.maskforge-video' : `.${basename(out)}.maskforge`);
    const lock = await BatchLock.take(state, out);
    try {
      const output = await OutputFolder.open(folder, state);
      const known = fresh ? null : await readRecords(join(state, JOURNAL), key);
      if (known === null) await rm(join(state, JOURNAL), { force: true });
      const file = await LineFile.open(join(state, JOURNAL));
      if (known === null) await file.append(JSON.stringify({ key }));
      return new ExportJournal({ state, key }, { lock, output, file }, known ?? []);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** In the order in which they were done. */
  get records(): readonly ExportRecord[] {
    return this.#records;
  }

  async add(record: ExportRecord): Promise<void> {
    await this.#file.append(JSON.stringify(record));
    this.#records.push(record);
  }

  /** Forgets all but these. */
  async keep(records: readonly ExportRecord[]): Promise<void> {
    if (records.length === this.#records.length) return;
    await this.#file.close();
    const path = join(this.state, JOURNAL);
    await rm(path, { force: true });
    this.#file = await LineFile.open(path);
    this.#records = [];
    await this.#file.append(JSON.stringify({ key: this.#key }));
    for (const record of records) await this.add(record);
  }

  /** @param finished whether nothing is left to go on with; where nothing was done, neither is there */
  async close(finished: boolean): Promise<void> {
    await this.#file.close();
    await this.output.close();
    if (finished || this.#records.length === 0) {
      await rm(this.state, { recursive: true, force: true }).catch(() => undefined);
    }
    await this.#lock.release();
  }
}

/** Null where there is no journal, or one of another export. A line that a kill has cut short is passed over. */
async function readRecords(path: string, key: string): Promise<ExportRecord[] | null> {
  const records: ExportRecord[] = [];
  let isOurs = false;
  let isFirst = true;
  await readLines(path, (line) => {
    const content = parsed(line);
    if (isFirst) isOurs = keySchema.safeParse(content).data?.key === key;
    isFirst = false;
    const record = recordSchema.safeParse(content).data;
    if (record !== undefined) records.push(record);
  });
  return isOurs ? records : null;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

export function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 24);
}

/** Of a file that may be large; null where there is none. */
export async function fileHash(path: string): Promise<string | null> {
  const facts = await stat(path).catch(() => null);
  if (facts === null) return null;
  if (facts.size < 1024 * 1024) return hashOf(await readFile(path));
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex').slice(0, 24);
}
