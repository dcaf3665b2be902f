import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import { writeError } from './json-file';

export interface DroppedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface StoredModel {
  /** Absolute path of the ONNX file. */
  readonly path: string;
  readonly folder: string;
  /** False when the same bytes were stored before. */
  readonly fresh: boolean;
}

/**
 * Puts one ONNX file and what was dropped with it into a folder named after its content. Rejects with MODEL_NO_ONNX,
 * MODEL_AMBIGUOUS, FILE_NAME_INVALID, DISK_FULL; a failure leaves nothing behind.
 */
export async function storeDropped(files: readonly DroppedFile[], root: string): Promise<StoredModel> {
  const models = files.filter((file) => file.name.toLowerCase().endsWith('.onnx'));
  const [model] = models;
  if (model === undefined) {
    const names = files.map((file) => file.name).join(', ');
    throw new AppError('MODEL_NO_ONNX', `There is no ONNX file among ${names}.`, { hint: 'Drop the .onnx file too.' });
  }
  if (models.length > 1) {
    const names = models.map((file) => file.name).join(', ');
    throw new AppError('MODEL_AMBIGUOUS', `${models.length} ONNX files were dropped at once: ${names}.`, {
      hint: 'Drop them one by one, each with its own files.',
    });
  }
  for (const file of files) checkName(file.name);
  const folder = join(root, contentKey(files));
  const path = join(folder, model.name);
  if ((await stat(path).catch(() => null)) !== null) return { path, folder, fresh: false };
  await storeAll(files, root, folder);
  return { path, folder, fresh: true };
}

async function storeAll(files: readonly DroppedFile[], root: string, folder: string): Promise<void> {
  const staging = join(root, `.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(staging, { recursive: true });
    for (const file of files) await writeFile(join(staging, file.name), file.bytes);
    await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(error, folder);
  }
}

function checkName(name: string): void {
  if (/^[^\\/:*?"<>|\0]{1,200}$/.test(name) && !/^\.+$/.test(name)) return;
  throw new AppError('FILE_NAME_INVALID', `"${name}" is not the plain name of a file.`, {
    hint: 'Rename the file and drop it again.',
    details: { name },
  });
}

/** One key for the same files in any order. */
function contentKey(files: readonly DroppedFile[]): string {
  const hash = createHash('sha256');
  for (const file of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    hash.update(`${file.name}\0${file.bytes.byteLength}\0`).update(file.bytes);
  }
  return hash.digest('hex').slice(0, 16);
}
