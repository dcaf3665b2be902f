import { readdir } from 'node:fs/promises';
import type { BatchOrder } from '../../shared/batch-contract';
import { AppError } from '../../shared/app-error';
import type { BatchItem } from './batch-item';
import { contentHash, countFiles, filesAreThere, filesOf, fits, type Wish } from './fitting';
import type { JournalEntry } from './journal';
import type { Span } from './line-file';

/** What is to become of each picture of a batch. */
export interface SortedPictures {
  /** In order, but what lost the GPU the last time comes last: it would be the end of the others again. */
  readonly toDo: readonly BatchItem[];
  readonly done: number;
  /** Of the pictures that are done: where the journal tells of them. */
  readonly spans: ReadonlyMap<string, Span>;
  /** Pictures that are done without the journal knowing what is in them: tables cannot have them. */
  readonly unknown: number;
  readonly failedBefore: number;
  /** Files in the way that no journal knows, relative to the output folder. */
  readonly taken: readonly string[];
}

/** Pictures looked after at once: what is waited for is the disk. */
const AT_ONCE = 16;

export async function sortPictures(
  order: BatchOrder,
  items: readonly BatchItem[],
  { wish, journal }: { readonly wish: Wish; readonly journal: ReadonlyMap<string, JournalEntry> },
  signal: AbortSignal,
): Promise<SortedPictures> {
  const spans = new Map<string, Span>();
  const fates: (Fate | undefined)[] = [];
  const taken: string[] = [];
  // Whose folder it is: a journal makes all planned names ours, for a kill may have kept the last of them out of it.
  const isOurs = journal.size > 0 || order.existing !== 'resume' || (await isFresh(order.output));
  for (let from = 0; from < items.length; from += AT_ONCE) {
    if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
    const some = items.slice(from, from + AT_ONCE);
    fates.push(...(await Promise.all(some.map((item) => fateOf(order, item, wish, journal.get(item.name))))));
    if (isOurs) continue;
    const there = await Promise.all(some.map((item) => countFiles(order.output, item, wish)));
    some.forEach((item, index) => {
      if ((there[index] ?? 0) > 0) taken.push(...filesOf(item, wish.pictures).values());
    });
  }
  const toDo: BatchItem[] = [];
  const last: BatchItem[] = [];
  let unknown = 0;
  items.forEach((item, index) => {
    const fate = fates[index] ?? 'do';
    if (fate === 'do') (hasLostDevice(journal.get(item.name)) ? last : toDo).push(item);
    else if (fate === 'there') unknown += 1;
    else if (fate !== 'pass') spans.set(item.name, fate);
  });
  const failedBefore = items.filter(({ name }) => journal.get(name)?.kind === 'failed').length;
  return { toDo: [...toDo, ...last], done: spans.size + unknown, spans, unknown, failedBefore, taken };
}

/** Whether there is nothing in it that anybody sees. */
async function isFresh(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => null);
  return names?.every((name) => name.startsWith('.')) === true;
}

function hasLostDevice(entry: JournalEntry | undefined): boolean {
  return entry?.kind === 'failed' && entry.record.error.code === 'DEVICE_LOST';
}

/** To do, done as the journal tells there, there without a word of it, or not asked for this time. */
type Fate = 'do' | Span | 'there' | 'pass';

async function fateOf(
  { existing, onlyFailed, output }: BatchOrder,
  item: BatchItem,
  wish: Wish,
  entry: JournalEntry | undefined,
): Promise<Fate> {
  if (onlyFailed && entry?.kind === 'failed') return 'do';
  const isFitting = entry?.kind === 'done' && (await fitsNow(entry.record, item, wish, output));
  if (onlyFailed) return isFitting && entry.kind === 'done' ? entry.span : 'pass';
  switch (existing) {
    case 'overwrite':
      return 'do';
    case 'resume':
      return isFitting && entry.kind === 'done' ? entry.span : 'do';
    case 'keep': {
      if (isFitting && entry.kind === 'done') return entry.span;
      const all = wish.pictures.length;
      return all > 0 && (await countFiles(output, item, wish)) === all ? 'there' : 'do';
    }
  }
}

async function fitsNow(
  record: Parameters<typeof fits>[0],
  item: BatchItem,
  wish: Wish,
  output: string,
): Promise<boolean> {
  // What cannot be read is told when it is its turn.
  const hash = wish.byContent ? await contentHash(item.path).catch(() => null) : null;
  return fits(record, item, wish, hash) && (await filesAreThere(output, item, wish, record));
}
