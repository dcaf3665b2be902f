import { AppError, toErrorReport } from '../../shared/app-error';
import type { ComparedPicture, SideOfPicture } from '../../shared/domain/comparison';
import type { Mask } from '../../shared/domain/mask';
import type { PictureFile } from '../../media/picture-file';
import { classShares } from '../class-shares';
import type { PictureRegistry } from '../pictures/picture-registry';
import type { PictureSegmenter } from '../sessions/segment-picture';
import { readDrawnMask } from '../verify/drawn-masks';
import type { Comparison } from './comparisons';
import type { SideInUse } from './open-sides';
import { scorePicture } from './pair-scores';

export interface PictureParts {
  readonly pictures: PictureRegistry;
  readonly segmenter: PictureSegmenter;
}

interface Request {
  readonly pictureId: string;
  readonly fresh: boolean;
  readonly signal: AbortSignal;
}

type Answer = Extract<SideOfPicture, { outcome: 'mask' }>;

/**
 * One picture through all sides, one after another, so that none is timed while another computes.
 *
 * @throws AppError PICTURE_UNKNOWN, CANCELLED, and what opening the picture throws; sides fail each by itself
 */
export async function comparePicture(
  parts: PictureParts,
  { sides, labels, reference }: Comparison,
  request: Request,
): Promise<ComparedPicture> {
  const { pictureId } = request;
  const file = await parts.pictures.open(pictureId);
  const answers: SideOfPicture[] = [];
  for (const side of sides) answers.push(await answerOf(parts, side, labels, file, request));
  const maskOf = (index: number): Mask | null => {
    const answer = index < 0 ? undefined : answers[index];
    return answer?.outcome === 'mask' ? answer.mask : null;
  };
  const drawn = sides.findIndex(({ kind }) => kind === 'masks');
  const against = (mask: Mask, other: number, index: number): Answer['score'] => {
    const theirs = other === index ? null : maskOf(other);
    return theirs === null ? null : scorePicture(mask, theirs, labels);
  };
  const scored = answers.map((answer, index): SideOfPicture => {
    if (answer.outcome === 'failed') return answer;
    const { mask } = answer;
    return { ...answer, score: against(mask, reference, index), accuracy: against(mask, drawn, index) };
  });
  return { pictureId, picture: { id: pictureId, ...file.facts }, sides: scored };
}

async function answerOf(
  { pictures, segmenter }: PictureParts,
  side: SideInUse,
  labels: Comparison['labels'],
  file: PictureFile,
  request: Request,
): Promise<SideOfPicture> {
  try {
    const nothing = { outcome: 'mask', score: null, accuracy: null } as const;
    if (side.kind === 'masks') {
      const mask = await readDrawnMask(side.directory, pictures.fileOf(request.pictureId).path, file);
      return { ...nothing, mask, classes: classShares(mask, labels), timings: null, cached: false };
    }
    const { mask, classes, timings, cached } = await segmenter.segment(side.open, request);
    return { ...nothing, mask, classes, timings, cached };
  } catch (error) {
    if (request.signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
    return { outcome: 'failed', error: toErrorReport(error) };
  }
}
