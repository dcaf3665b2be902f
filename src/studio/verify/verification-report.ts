import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { CallArgs } from '../../shared/contract';
import type { ReportFile } from '../../shared/domain/comparison';
import { engineVerificationSchema } from '../../shared/domain/verification';
import type { EngineLibrary } from '../engines/engine-library';
import { saveNewFile } from '../export/save-new-file';
import { readTextIfPresent } from '../library/json-file';
import { plainBytes } from '../plain-bytes';
import { verificationFiles } from './save-verification';
import { imagesOfPage, verificationPage } from './verification-page';

/**
 * The page of an engine's last verification.
 *
 * @throws AppError ENGINE_NOT_FOUND, ENGINE_CORRUPT, ENGINE_NOT_VERIFIED, EXPORT_DISK_FULL, EXPORT_READ_ONLY
 */
export async function verificationReport(
  engines: Pick<EngineLibrary, 'read'>,
  { engineId, directory, language }: CallArgs<'engines.verificationReport'>,
): Promise<ReportFile> {
  const { record, folder } = await engines.read(engineId);
  const figures = await readTextIfPresent(join(folder, verificationFiles.figures));
  if (figures === null) {
    throw new AppError('ENGINE_NOT_VERIFIED', `The engine ${record.id} was not compared with the reference yet.`, {
      hint: `Do it first: maskforge verify ${record.id} --images FOLDER`,
      details: { engine: record.id },
    });
  }
  // Not there beside engines that were verified before pages were made.
  const kept = await readFile(join(folder, verificationFiles.page), 'utf8').catch(() => '');
  const verification = engineVerificationSchema.parse(JSON.parse(figures));
  const page = verificationPage(record, verification, imagesOfPage(kept), language);
  const bytes = Buffer.from(page, 'utf8');
  const stem = `verification-${record.id}`;
  const file = { format: 'html', mime: 'text/html' } as const;
  if (directory === null) return { ...file, name: `${stem}.html`, path: null, bytes: plainBytes(bytes) };
  const path = await saveNewFile(directory, stem, '.html', bytes);
  return { ...file, name: path.slice(directory.length).replace(/^[\\/]+/, ''), path, bytes: null };
}
