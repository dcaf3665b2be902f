import type { Segmentation } from '../../shared/contract';
import type { PictureFile } from '../../media/picture-file';
import { classShares } from '../class-shares';
import type { PictureRegistry } from '../pictures/picture-registry';
import type { MaskCache } from './mask-cache';
import type { OpenSession } from './session-registry';

export interface SegmentRequest {
  readonly pictureId: string;
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

/** One picture through one open engine: file, pixels, mask, shares. Masks of unchanged files are kept. */
export class PictureSegmenter {
  readonly #pictures: PictureRegistry;
  readonly #cache: MaskCache;

  constructor(pictures: PictureRegistry, cache: MaskCache) {
    this.#pictures = pictures;
    this.#cache = cache;
  }

  async segment(open: OpenSession, { pictureId, fresh, signal }: SegmentRequest): Promise<Segmentation> {
    const { sizeBytes, modifiedMs } = await this.#pictures.version(pictureId);
    const key = [open.info.id, pictureId, sizeBytes, modifiedMs].join('|');
    const kept = fresh ? null : this.#cache.get(key);
    if (kept !== null) return { ...kept, cached: true };
    const { segmentation } = await segmentFile(open, pictureId, () => this.#pictures.open(pictureId), signal);
    this.#cache.set(key, segmentation);
    return segmentation;
  }
}

/** A picture that need not be on any film strip: opened, segmented, counted. `id` only names it in the answer. */
export async function segmentFile(
  open: OpenSession,
  id: string,
  openFile: () => Promise<PictureFile>,
  signal: AbortSignal,
): Promise<{ segmentation: Segmentation; file: PictureFile }> {
  const start = process.hrtime.bigint();
  const file = await openFile();
  const opening = Number(process.hrtime.bigint() - start);
  const { mask, timings } = await open.session.segment(file, { signal });
  const segmentation: Segmentation = {
    pictureId: id,
    sessionId: open.info.id,
    picture: { id, ...file.facts },
    mask,
    classes: classShares(mask, open.model.labels),
    timings: { ...timings, decode: timings.decode + opening, total: timings.total + opening },
    cached: false,
    notes: [...file.notes],
  };
  return { segmentation, file };
}
