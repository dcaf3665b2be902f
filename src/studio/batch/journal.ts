import { createHash } from 'node:crypto';
import { mkdir, open, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { exportFormatSchema } from '../../shared/domain/export';
import { errorReportSchema } from '../../shared/domain/job';
import { exportError } from '../export/save-new-file';
import type { Span } from './line-file';
import { LineFile } from './line-file';
import { realPath } from './paths';
import { readLines } from './read-lines';

const doneSchema = z.object({
  /** Name of the picture, see `BatchItem`. */
  file: z.string(),
  size: z.number(),
  modified: z.number(),
  /** Of the picture's content; only where it was asked for. */
  hash: z.string().optional(),
  /** Of what made the mask: network, preprocessing, runtime. */
  maker: z.string(),
  /** Of how coloured files look. */
  look: z.string(),
  /** Folder and start of the names of its files. */
  place: z.string(),
  /** Bytes of each file. */
  files: z.partialRecord(exportFormatSchema, z.number()),
  width: z.number(),
  height: z.number(),
  /** Class ids with their pixels, most frequent first. */
  classes: z.array(z.tuple([z.number(), z.number()])),
  /** Where its COCO regions lie in the file beside the journal. */
  regions: z.tuple([z.number(), z.number()]).optional(),
});
export type DoneRecord = z.infer<typeof doneSchema>;

const failedSchema = z.object({ file: z.string(), error: errorReportSchema });
export type FailedRecord = z.infer<typeof failedSchema>;

const recordSchema = z.union([doneSchema, failedSchema]);

/** What is known of a picture: its last line. */
export type JournalEntry =
  | { readonly kind: 'done'; readonly record: DoneRecord; readonly span: Span }
  | { readonly kind: 'failed'; readonly record: FailedRecord };

const JOURNAL = 'journal.jsonl';
const REGIONS = 'regions.jsonl';
/** Below this many bytes a journal is not worth tidying. */
const TIDY_BYTES = 1024 * 1024;

/**
 * Where the journal of one input folder lies: two that go into one output have pictures of the same names.
 * @param state the output's state folder
 */
export async function journalFolder(state: string, input: string): Promise<string> {
  const id = createHash('sha256')
    .update(await realPath(input))
    .digest('hex');
  return join(state, id.slice(0, 12));
}

/**
 * The last entry of each picture. Lines that a kill cut short, or that are none of ours, are passed over: their pictures
 * are done again.
 */
export async function readJournal(folder: string): Promise<Map<string, JournalEntry>> {
  const entries = new Map<string, JournalEntry>();
  await readLines(join(folder, JOURNAL), (line, span) => {
    const parsed = parse(line);
    if (parsed === null) return;
    const entry: JournalEntry =
      'error' in parsed ? { kind: 'failed', record: parsed } : { kind: 'done', record: parsed, span };
    entries.set(parsed.file, entry);
  });
  return entries;
}

function parse(line: string): DoneRecord | FailedRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/**
 * What has been done, one line for each picture, appended when its files are in place. Whole lines are one write, so that
 * a kill leaves at most the last one cut short. Beside it lie the COCO regions, which would make it large.
 */
export class Journal {
  readonly #journal: LineFile;
  readonly #regions: LineFile;

  private constructor(journal: LineFile, regions: LineFile) {
    this.#journal = journal;
    this.#regions = regions;
  }

  /** @param fresh forgets what was done before */
  static async open(folder: string, fresh: boolean): Promise<Journal> {
    await mkdir(folder, { recursive: true }).catch((error: unknown) => Promise.reject(exportError(error, folder)));
    const paths = [JOURNAL, REGIONS].map((name) => join(folder, name));
    if (fresh) await Promise.all(paths.map((path) => truncate(path).catch(() => undefined)));
    const [journal, regions] = await Promise.all(paths.map((path) => LineFile.open(path)));
    if (journal === undefined || regions === undefined) throw new Error('There are two files.');
    return new Journal(journal, regions);
  }

  /** Answers with where the line lies. */
  done(record: DoneRecord): Promise<Span> {
    return this.#journal.append(JSON.stringify(record));
  }

  async failed(record: FailedRecord): Promise<void> {
    await this.#journal.append(JSON.stringify(record));
  }

  /** @param content one line of JSON */
  regions(content: string): Promise<Span> {
    return this.#regions.append(content);
  }

  async doneAt(span: Span): Promise<DoneRecord> {
    return doneSchema.parse(JSON.parse(await this.#journal.read(span)));
  }

  async regionsAt(span: Span): Promise<unknown> {
    return JSON.parse(await this.#regions.read(span));
  }

  async close(): Promise<void> {
    await Promise.all([this.#journal.close(), this.#regions.close()]);
  }
}

/**
 * Leaves out lines that later ones have replaced, once they are most of a large journal. To be called before it is opened;
 * answers whether spans have moved.
 */
export async function tidyJournal(folder: string, entries: ReadonlyMap<string, JournalEntry>): Promise<boolean> {
  const path = join(folder, JOURNAL);
  const lines = [...entries.values()].map(({ record }) => `${JSON.stringify(record)}\n`);
  const kept = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line), 0);
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return false;
  const { size } = await file.stat();
  await file.close();
  if (size < TIDY_BYTES || size < 2 * kept) return false;
  const temporary = `${path}.tmp`;
  const tidy = await open(temporary, 'w');
  try {
    await tidy.writeFile(lines.join(''));
  } finally {
    await tidy.close();
  }
  await rename(temporary, path);
  return true;
}
