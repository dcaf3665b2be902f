import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { ExportDifference } from '../../shared/video-export-contract';
import { exportDifferenceSchema, exportSettingsSchema, videoFormatSchema } from '../../shared/video-export-contract';
import { BatchLock, isLocked } from '../batch/batch-lock';
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

/** What an export is of. What was done with another one of it is of no use. */
const subjectSchema = z.object({
  /** Changes with the file. */
  video: z.string(),
  /** Changes with whatever makes masks come out otherwise. */
  engine: z.string(),
  engineName: z.string(),
  encoding: z.string(),
  format: videoFormatSchema,
  settings: exportSettingsSchema,
});
export type ExportSubject = z.infer<typeof subjectSchema>;

const headSchema = z.object({ about: subjectSchema });

const JOURNAL = 'journal.jsonl';

export interface JournalPlace {
  /** What the export makes: a file, or a folder of pictures. */
  readonly out: string;
  readonly isFolder: boolean;
}

export interface JournalOrder extends JournalPlace {
  readonly about: ExportSubject;
  /** Begins anew, whatever is there. */
  readonly fresh: boolean;
  /** What is done about a journal of another subject. It is replaced; whoever wants to keep it throws. */
  onOther(differs: readonly ExportDifference[], kept: KeptRecords): void;
}

export interface KeptRecords {
  readonly about: ExportSubject;
  readonly records: readonly ExportRecord[];
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
  readonly #about: ExportSubject;
  #file: LineFile;
  #records: ExportRecord[];

  private constructor(
    place: { readonly state: string; readonly about: ExportSubject },
    open: { readonly lock: BatchLock; readonly output: OutputFolder; readonly file: LineFile },
    records: ExportRecord[],
  ) {
    this.state = place.state;
    this.#about = place.about;
    this.#lock = open.lock;
    this.output = open.output;
    this.#file = open.file;
    this.#records = records;
  }

  /** @throws AppError BATCH_BUSY, EXPORT_DISK_FULL, EXPORT_READ_ONLY, EXPORT_FAILED, and what `onOther` throws */
  static async open({ out, isFolder, about, fresh, onOther }: JournalOrder): Promise<ExportJournal> {
    const folder = isFolder ? out : dirname(out);
    const state = stateOf({ out, isFolder });
    const lock = await BatchLock.take(state, out);
    try {
      const output = await OutputFolder.open(folder, state);
      const found = fresh ? null : await readRecords(state);
      const differs = found === null ? [] : differences(found.about, about);
      if (found !== null && differs.length > 0) onOther(differs, found);
      const known = differs.length > 0 ? null : found;
      if (known === null) await rm(join(state, JOURNAL), { force: true });
      const file = await LineFile.open(join(state, JOURNAL));
      if (known === null) await file.append(JSON.stringify({ about }));
      return new ExportJournal({ state, about }, { lock, output, file }, [...(known?.records ?? [])]);
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
    await this.#file.append(JSON.stringify({ about: this.#about }));
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

/** What is kept of an export that has broken off, or is at work; null where there is nothing to go on with. */
export async function keptRecords(place: JournalPlace): Promise<(KeptRecords & { readonly busy: boolean }) | null> {
  const state = stateOf(place);
  const found = await readRecords(state);
  if (found === null) return null;
  const busy = await isLocked(state);
  return found.records.length > 0 || busy ? { ...found, busy } : null;
}

/** @throws AppError BATCH_BUSY */
export async function discardRecords(place: JournalPlace): Promise<void> {
  const state = stateOf(place);
  if ((await stat(state).catch(() => null)) === null) return;
  const lock = await BatchLock.take(state, place.out);
  await rm(state, { recursive: true, force: true }).catch(() => undefined);
  await lock.release();
}

function stateOf({ out, isFolder }: JournalPlace): string {
  return isFolder ? join(out, '.maskforge-video') : join(dirname(out), `.${basename(out)}.maskforge`);
}

/** Frames that are done, as the records have it: pictures and rows by their numbers, encoded ones by how many they are. */
export function doneFrames(records: readonly ExportRecord[]): number {
  const frames = new Set(records.flatMap((record) => ('frame' in record ? [record.frame] : [])));
  return records.reduce((sum, record) => sum + ('part' in record ? record.frames : 0), frames.size);
}

/** In what an export of then is another one than that of now. */
export function differences(then: ExportSubject, now: ExportSubject): ExportDifference[] {
  const alike = (pick: (subject: ExportSubject) => unknown): boolean =>
    JSON.stringify(pick(then)) === JSON.stringify(pick(now));
  return exportDifferenceSchema.options.filter((part) =>
    part === 'settings' ? !alike(({ settings, format }) => [settings, format]) : then[part] !== now[part],
  );
}

/** Null where there is no journal of ours. A line that a kill has cut short is passed over. */
async function readRecords(state: string): Promise<KeptRecords | null> {
  const records: ExportRecord[] = [];
  let about: ExportSubject | null = null;
  let isFirst = true;
  await readLines(join(state, JOURNAL), (line) => {
    const content = parsed(line);
    if (isFirst) about = headSchema.safeParse(content).data?.about ?? null;
    isFirst = false;
    const record = recordSchema.safeParse(content).data;
    if (record !== undefined) records.push(record);
  });
  return about === null ? null : { about, records };
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
