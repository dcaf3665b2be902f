import type { Mask, Timings } from '../../shared/domain/mask';
import type { PictureFile } from '../../media/picture-file';
import { readDrawnMask } from '../verify/drawn-masks';
import type { SideInUse } from './open-sides';

export interface SideAnswer {
  readonly mask: Mask;
  /** Null for drawn masks. */
  readonly timings: Timings | null;
}

/** One side's mask of a picture, made anew. @throws what reading the drawn mask or segmenting throws */
export async function askSide(
  side: SideInUse,
  path: string,
  file: PictureFile,
  signal: AbortSignal,
): Promise<SideAnswer> {
  if (side.kind === 'masks') return { mask: await readDrawnMask(side.directory, path, file), timings: null };
  return side.open.session.segment(file, { signal });
}
