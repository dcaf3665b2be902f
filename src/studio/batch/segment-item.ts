import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PictureFile } from '../../media/picture-file';
import { encodeRegions } from '../../media/coco-rle';
import type { BatchOrder } from '../../shared/batch-contract';
import type { ExportFormat } from '../../shared/domain/export';
import { renderExport } from '../export/render-export';
import { segmentFile } from '../sessions/segment-picture';
import type { OpenSession } from '../sessions/session-registry';
import type { BatchItem } from './batch-item';
import { contentHash, filesOf, placeOf, type Wish } from './fitting';
import type { Journal, Span } from './journal';
import type { OutputFolder } from './output-folder';

/** What all pictures of a run share. */
export interface BatchRun {
  readonly order: BatchOrder;
  readonly open: OpenSession;
  readonly wish: Wish;
  readonly output: OutputFolder;
  readonly journal: Journal;
}

/** One picture: read, segmented, its files in place, then told to the journal. Answers with where that tells of it. */
export async function segmentItem(run: BatchRun, item: BatchItem, signal: AbortSignal): Promise<Span> {
  const { open, wish, output, journal, order } = run;
  const hash = wish.byContent ? await contentHash(item.path) : null;
  const { segmentation, file } = await segmentFile(
    open,
    item.name,
    () => PictureFile.open({ path: item.path }),
    signal,
  );
  const subject = {
    fileName: item.name,
    segmentation,
    labels: open.model.labels,
    modelName: open.model.name,
    style: order.style,
    openPicture: async () => file,
  };
  const files: Partial<Record<ExportFormat, number>> = {};
  for (const [format, name] of filesOf(item, wish.pictures)) {
    const kept = order.existing === 'keep' ? await stat(join(output.path, name)).catch(() => null) : null;
    if (kept !== null) {
      files[format] = kept.size;
      continue;
    }
    const bytes = await renderExport(format, subject);
    await output.write(name, bytes);
    files[format] = bytes.byteLength;
  }
  const regions = wish.wantsRegions ? await journal.regions(encodeRegions(segmentation.mask)) : null;
  const { width, height } = segmentation.mask;
  return journal.done({
    file: item.name,
    size: item.sizeBytes,
    modified: item.modifiedMs,
    ...(hash === null ? {} : { hash }),
    maker: wish.maker,
    look: wish.look,
    place: placeOf(item),
    files,
    width,
    height,
    classes: segmentation.classes.map(({ id, pixels }) => [id, pixels]),
    ...(regions === null ? {} : { regions: [...regions] }),
  });
}
