import { join, relative, sep } from 'node:path';
import { stat } from 'node:fs/promises';
import type { BatchFailure, BatchOrder } from '../../shared/batch-contract';
import { AppError, toErrorReport } from '../../shared/app-error';
import { fileError } from '../../media/picture-errors';
import { walkFolder } from '../pictures/walk-folder';
import { planOutputs } from './output-plan';
import { isWithin, realPath } from './paths';

/** A picture of a batch, and where its files go. */
export interface BatchItem {
  readonly path: string;
  /** Below the input folder, with `/` on every system: its name in the journal, in tables and in messages. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Below the output folder; empty for the folder itself. */
  readonly directory: string;
  readonly stem: string;
}

export interface FoundPictures {
  readonly items: readonly BatchItem[];
  readonly videos: number;
  readonly problems: readonly BatchFailure[];
}

/**
 * The pictures below the input folder in natural order, each with the place of its files. An output folder within the
 * input is not looked into.
 *
 * @throws AppError FILE_NOT_FOUND, FOLDER_WITHOUT_PICTURES, BATCH_INPUT_IS_FILE, BATCH_FOLDERS_SAME
 */
export async function findPictures(order: BatchOrder, signal: AbortSignal): Promise<FoundPictures> {
  const { input, recursive } = order;
  const facts = await stat(input).catch((error: unknown) => Promise.reject(fileError(error, input)));
  if (!facts.isDirectory()) throw inputIsFile(input);
  const [realInput, realOutput] = await Promise.all([realPath(input), realPath(order.output)]);
  if (realInput === realOutput) throw sameFolder(input);
  const problems: BatchFailure[] = [];
  const onProblem = (path: string, error: unknown): void => {
    problems.push({ item: nameBelow(input, path) || '.', error: toErrorReport(error) });
  };
  const inside = isWithin(realOutput, realInput);
  const except = inside ? { except: join(input, relative(realInput, realOutput)) } : {};
  const files = await walkFolder(input, onProblem, { recursive, signal, ...except });
  const pictures = files.filter(({ kind }) => kind === 'image');
  if (pictures.length === 0) throw problems.length > 0 ? unreadable(input, problems) : noPictures(input, recursive);
  const places = planOutputs(
    pictures.map(({ path, name }) => ({ path, name, folder: order.keepFolders ? input : null })),
  );
  const items = pictures.map(({ path, sizeBytes, modifiedMs }, index): BatchItem => {
    const { directory = '', stem = '' } = places[index] ?? {};
    return { path, name: nameBelow(input, path), sizeBytes, modifiedMs, directory, stem };
  });
  if (!inside) refuseOwnInput(items, realInput, realOutput);
  return { items, videos: files.length - pictures.length, problems };
}

/** Masks among the pictures would be taken for pictures by the next run. */
function refuseOwnInput(items: readonly BatchItem[], input: string, output: string): void {
  if (!isWithin(input, output)) return;
  if (items.some(({ directory }) => isWithin(join(output, directory), input))) throw sameFolder(input);
}

function nameBelow(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

function noPictures(folder: string, recursive: boolean): AppError {
  return new AppError('FOLDER_WITHOUT_PICTURES', `There are no pictures in ${folder}.`, {
    hint: recursive
      ? 'Choose a folder with JPEG, PNG, WebP, TIFF, GIF, AVIF or BMP files, at any depth.'
      : 'Choose a folder with pictures in it, or include the folders below it.',
    details: { path: folder },
  });
}

function unreadable(folder: string, problems: readonly BatchFailure[]): AppError {
  return new AppError('FILE_UNREADABLE', `Nothing in ${folder} can be read: ${problems[0]?.error.message ?? ''}`, {
    hint: 'Change the permissions of the folder, or copy the pictures to a place of your own.',
    details: { path: folder },
  });
}

function inputIsFile(path: string): AppError {
  return new AppError('BATCH_INPUT_IS_FILE', `${path} is a file, not a folder.`, {
    hint: 'Name the folder that the pictures lie in. Single pictures go through "maskforge segment".',
    details: { path },
  });
}

function sameFolder(path: string): AppError {
  return new AppError('BATCH_FOLDERS_SAME', `The masks would lie among the pictures in ${path}.`, {
    hint: 'Choose another folder for the masks; one below the pictures will do, it is not looked into.',
    details: { path },
  });
}
