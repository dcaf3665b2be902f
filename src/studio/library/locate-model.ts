import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { ModelManifest } from '../../shared/domain/model';
import { readError, readTextIfPresent } from './json-file';
import { parseManifest } from './manifest';

/** An ONNX file and the folders in which files about it may lie, nearest first. */
export interface LocatedModel {
  readonly path: string;
  readonly folders: readonly string[];
}

export interface FoundManifest {
  readonly file: string;
  readonly content: ModelManifest;
}

/** The folder name that tools for Hugging Face's layout put ONNX files into; its JSON files lie one folder up. */
const ONNX_FOLDER = 'onnx';

/** Of several files in Hugging Face's layout the one that is meant when nobody says which: full precision. */
const USUAL_NAME = 'model.onnx';

/**
 * Finds the ONNX file that a path means: the file itself, the only one of a folder, or the one its `model.json` names.
 * Rejects with FILE_NOT_FOUND, FILE_NO_PERMISSION, MODEL_NO_ONNX or MODEL_AMBIGUOUS.
 */
export async function locateModel(path: string): Promise<LocatedModel> {
  const absolute = resolve(path);
  const info = await stat(absolute).catch((error: unknown) => {
    throw readError(error, absolute);
  });
  if (info.isDirectory()) return locateInFolder(absolute);
  if (!info.isFile()) {
    throw new AppError('MODEL_NO_ONNX', `${absolute} is no regular file.`, { hint: 'Choose an ONNX file.' });
  }
  if (basename(absolute) === 'model.json') return locateInFolder(dirname(absolute));
  return located(absolute);
}

export function located(path: string): LocatedModel {
  const folder = dirname(path);
  return { path, folders: basename(folder) === ONNX_FOLDER ? [folder, dirname(folder)] : [folder] };
}

/**
 * The `model.json` that speaks of this ONNX file, or null. One that names another file is not about it; one without a
 * name is, when it lies beside the file.
 */
export async function findManifest({ path, folders }: LocatedModel): Promise<FoundManifest | null> {
  for (const folder of folders) {
    const file = join(folder, 'model.json');
    const text = await readTextIfPresent(file);
    if (text === null) continue;
    const content = parseManifest(text, file);
    if (content.file === undefined ? folder === dirname(path) : resolve(folder, content.file) === path) {
      return { file, content };
    }
  }
  return null;
}

/** The nearest file of that name. */
export async function readSidecar(
  { folders }: LocatedModel,
  name: string,
): Promise<{ file: string; text: string } | null> {
  for (const folder of folders) {
    const file = join(folder, name);
    const text = await readTextIfPresent(file);
    if (text !== null) return { file, text };
  }
  return null;
}

/**
 * One name for a file, whatever links lead to its folder. A link that is the file itself is kept: in Hugging Face's
 * cache every file is one, and what it points to lies apart from its JSON files.
 */
export async function canonicalPath(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => dirname(path));
  return join(folder, basename(path));
}

async function locateInFolder(folder: string): Promise<LocatedModel> {
  const manifestFile = join(folder, 'model.json');
  const text = await readTextIfPresent(manifestFile);
  const named = text === null ? undefined : parseManifest(text, manifestFile).file;
  if (named !== undefined) return locateNamed(folder, named, manifestFile);
  const candidates = [...(await onnxFilesOf(folder)), ...(await onnxFilesOf(join(folder, ONNX_FOLDER)))];
  const [first, second] = candidates;
  if (first === undefined) {
    throw new AppError('MODEL_NO_ONNX', `There is no ONNX file in ${folder}.`, {
      hint: 'Choose the folder that holds the .onnx file, or the file itself.',
      details: { path: folder },
    });
  }
  const usual = candidates.find((file) => basename(file) === USUAL_NAME);
  if (second === undefined || usual !== undefined) return located(usual ?? first);
  const names = candidates.map((file) => basename(file));
  throw new AppError('MODEL_AMBIGUOUS', `There are ${names.length} ONNX files in ${folder}: ${shorten(names)}.`, {
    hint: 'Choose one of the files, or name it under "file" in model.json.',
    details: { path: folder },
  });
}

async function locateNamed(folder: string, named: string, manifestFile: string): Promise<LocatedModel> {
  const path = resolve(folder, named);
  const info = await lstat(path).catch(() => null);
  if (info === null) {
    throw new AppError(
      'MODEL_MANIFEST_CONTRADICTS',
      `${manifestFile} names "${named}" under "file", and there is none.`,
      {
        hint: 'Correct the name, or put the file there.',
        details: { file: manifestFile, key: 'file' },
      },
    );
  }
  return { path, folders: [...new Set([folder, ...located(path).folders])] };
}

async function onnxFilesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (basename(folder) === ONNX_FOLDER) return [];
    throw readError(error, folder);
  });
  return names
    .filter((name) => extname(name).toLowerCase() === '.onnx' && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

function shorten(names: readonly string[]): string {
  return names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')}, …`;
}
