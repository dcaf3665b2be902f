import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { EngineRecord } from '../../shared/domain/engine';
import { maskStyleSchema } from '../../shared/domain/export';
import { maskSchema } from '../../shared/domain/mask';
import type { Label } from '../../shared/domain/model';
import type { EngineVerification } from '../../shared/domain/verification';
import { PictureFile } from '../../media/picture-file';
import type { Difference } from '../engines/kept-measurements';
import { keepDifferences } from '../engines/kept-measurements';
import { writeFileAtomically } from '../library/json-file';
import { drawPictures } from '../report/draw-pictures';
import type { ReportImages } from '../report/report-data';
import type { WorstPicture } from './verify-engine';
import { REFERENCE, verificationPage } from './verification-page';

/** What lies beside an engine that was verified. */
export const verificationFiles = { figures: 'verification.json', page: 'verification.html' } as const;

const MOST_DIFFERENCES = 4;

export interface VerifiedEngine {
  readonly record: EngineRecord;
  readonly folder: string;
  /** The pictures of `worst`. */
  readonly worstFiles: readonly WorstPicture[];
  readonly labels: readonly Label[];
  readonly signal: AbortSignal;
}

/**
 * Writes what a verification found beside the engine: as JSON, and as a page with the worst pictures in it.
 *
 * @throws AppError CANCELLED, DISK_FULL, FILE_NOT_WRITABLE
 */
export async function saveVerification(engine: VerifiedEngine, verification: EngineVerification): Promise<void> {
  const images: (ReportImages | null)[] = [];
  for (const picture of engine.worstFiles) images.push(await drawOne(picture, engine));
  const page = verificationPage(engine.record, verification, images, 'en');
  const figures = `${JSON.stringify(verification, null, 2)}\n`;
  // The page first: where there are figures there is their page.
  await writeFileAtomically(join(engine.folder, verificationFiles.page), page);
  await keepDifferences(engine.folder, differencesOf(verification, images));
  await writeFileAtomically(join(engine.folder, verificationFiles.figures), figures);
}

/** The page's pictures of what differs, for whoever shows the worst ones elsewhere. */
function differencesOf({ worst }: EngineVerification, images: readonly (ReportImages | null)[]): Difference[] {
  return worst.slice(0, MOST_DIFFERENCES).flatMap(({ name }, index) => {
    const address = images[index]?.sides[1 - REFERENCE]?.difference ?? '';
    const [, base64] = address.split(';base64,');
    return base64 === undefined ? [] : [{ name, jpeg: Buffer.from(base64, 'base64') }];
  });
}

async function drawOne(
  { path, masks }: WorstPicture,
  { labels, signal }: VerifiedEngine,
): Promise<ReportImages | null> {
  if (signal.aborted) throw new AppError('CANCELLED', 'The comparison was cancelled.');
  try {
    const picture = await PictureFile.open({ path });
    const [theirs, mine] = [maskSchema.parse(masks.reference), maskSchema.parse(masks.engine)];
    const style = { labels, style: maskStyleSchema.parse({}) };
    return await drawPictures(picture, [theirs, mine], REFERENCE, style, new Set());
  } catch (error) {
    // It could be read a moment ago; without it the page still has the figures.
    if (error instanceof AppError) return null;
    throw error;
  }
}
