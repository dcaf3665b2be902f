import type { BatchOrder } from '../../shared/batch-contract';
import type { FrameSource } from '../../shared/domain/frame';
import type { OpenSession } from '../sessions/session-registry';
import type { BatchItem } from './batch-item';
import { placeOf, type Wish } from './fitting';
import type { Journal } from './journal';
import type { Span } from './line-file';
import type { OutputFolder } from './output-folder';
import type { FinishedPicture, PictureWork } from './picture-desk';
import { MaskGone } from './picture-lane';
import type { PixelBudget } from './pixel-budget';

/** What all pictures of a run share. */
export interface BatchRun {
  readonly order: BatchOrder;
  readonly open: OpenSession;
  readonly wish: Wish;
  readonly output: OutputFolder;
  readonly journal: Journal;
  readonly work: PictureWork;
  readonly budget: PixelBudget;
}

/** One picture: read, segmented, its files in place, then told to the journal. Answers with where that tells of it. */
export async function segmentItem(run: BatchRun, item: BatchItem, signal: AbortSignal): Promise<Span> {
  const { wish, journal } = run;
  const { width, height, hash, finished } = await masked(run, item, signal);
  const regions = finished.regions === null ? null : await journal.regions(finished.regions);
  return journal.done({
    file: item.name,
    size: item.sizeBytes,
    modified: item.modifiedMs,
    ...(hash === null ? {} : { hash }),
    maker: wish.maker,
    look: wish.look,
    place: placeOf(item),
    files: finished.files,
    width,
    height,
    classes: finished.classes,
    ...(regions === null ? {} : { regions: [...regions] }),
  });
}

interface Masked {
  readonly width: number;
  readonly height: number;
  readonly hash: string | null;
  readonly finished: FinishedPicture;
}

async function masked(run: BatchRun, item: BatchItem, signal: AbortSignal): Promise<Masked> {
  try {
    return await maskedOnce(run, item, signal);
  } catch (error) {
    if (!(error instanceof MaskGone)) throw error;
    return maskedOnce(run, item, signal);
  }
}

async function maskedOnce(run: BatchRun, item: BatchItem, signal: AbortSignal): Promise<Masked> {
  const { open, work, budget } = run;
  const { width, height, hash } = await work.open(item);
  let taken = 0;
  try {
    await budget.enter(width * height, signal);
    taken = width * height;
    const source: FrameSource = { width, height, read: (size) => work.read(item, size) };
    const { mask } = await open.session.segment(source, { signal });
    return { width, height, hash, finished: await work.finish(item, mask) };
  } catch (error) {
    work.forget(item);
    throw error;
  } finally {
    budget.leave(taken);
  }
}
