import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CalibrationRecord, CalibrationSource, SkippedPicture } from '../../quantization/calibration-record';
import { calibrationKey, statisticsOf, valuesOf } from '../../quantization/calibration-record';
import { collectStatistics, DEFAULT_COLLECTED, SAMPLES_PER_PICTURE } from '../../quantization/collect-statistics';
import { hashModel } from '../../quantization/hash-model';
import type { SiteKind } from '../../quantization/sites';
import type { ValueStatistics } from '../../quantization/value-statistics';
import type { OnnxModel } from '../../onnx/model';
import { AppError, isAbort, toErrorReport } from '../../shared/app-error';
import { walkFolder } from '../pictures/walk-folder';
import { CalibrationFile } from './calibration-file';
import { pictureInputs } from './picture-inputs';
import type { InputForm } from './picture-inputs';

export interface CalibrateOptions {
  /** In float32, as the passes left it. */
  readonly model: OnnxModel;
  readonly form: InputForm;
  /** Searched with all its folders. */
  readonly folder: string;
  /** Pictures to choose; {@link DEFAULT_COUNT} when left out. */
  readonly count?: number;
  /** Which ones are chosen, where there are more; 1 when left out. */
  readonly seed?: number;
  readonly kinds?: readonly SiteKind[];
  /** A file of the user's, or a folder of the studio's that holds one file for each calibration. */
  readonly cache: { readonly file: string } | { readonly directory: string };
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CalibrationProgress) => void;
}

export interface CalibrationProgress {
  /** Pictures dealt with, of those chosen. */
  readonly done: number;
  readonly total: number;
  readonly picture: string;
}

export interface Calibration {
  readonly statistics: ReadonlyMap<string, ValueStatistics>;
  /** Where it is kept, and under which key. */
  readonly file: string;
  readonly key: string;
  /** How much of it lay there already. */
  readonly cached: 'none' | 'partly' | 'whole';
  /** Pictures that were used. */
  readonly pictures: number;
  /** Pictures below the folder, of which some were chosen. */
  readonly found: number;
  readonly skipped: readonly SkippedPicture[];
  /** Sentences for the user. */
  readonly warnings: readonly string[];
}

export const DEFAULT_COUNT = 128;

/** Below so many, ranges are a matter of luck. */
const FEW_PICTURES = 16;

/**
 * Ranges of a model's activations from a folder of pictures, in memory that does not grow with their number. Pictures
 * that cannot be read are skipped and listed. What was done is saved while it goes on: a run that was broken off, in
 * whatever way, goes on where it stopped, and ends with the same numbers.
 *
 * @throws CALIBRATION_FOLDER_MISSING, CALIBRATION_FOLDER_EMPTY, CALIBRATION_FOLDER_GONE (taken away meanwhile; progress is
 *   kept), CALIBRATION_ALL_UNREADABLE, what {@link collectStatistics} throws, and for a cache that the user named
 *   CALIBRATION_CACHE_DAMAGED and CALIBRATION_CACHE_FOREIGN.
 */
export async function calibrateFolder(options: CalibrateOptions): Promise<Calibration> {
  const { model, form, folder, signal } = options;
  const files = await findPictures(folder);
  const chosen = choose(files, options.count ?? DEFAULT_COUNT, options.seed ?? 1);
  const source: CalibrationSource = {
    model: hashModel(model),
    preprocessing: form.preprocessing,
    kinds: [...(options.kinds ?? DEFAULT_COLLECTED)],
    samplesPerPicture: SAMPLES_PER_PICTURE,
    pictures: await hashAll(chosen, folder, signal),
  };
  const key = calibrationKey(source);
  const { cache } = options;
  const file =
    'file' in cache
      ? new CalibrationFile(cache.file, true)
      : new CalibrationFile(join(cache.directory, `${key}.json`), false);
  const before = await file.load(source);
  const isWhole = before !== undefined && before.done === chosen.length;
  const record = isWhole ? before : await collect(options, chosen, { key, source, file, before });
  const pictures = chosen.length - record.skipped.length;
  return {
    statistics: statisticsOf(record),
    file: file.path,
    key,
    cached: isWhole ? 'whole' : before === undefined ? 'none' : 'partly',
    pictures,
    found: files.length,
    skipped: record.skipped,
    warnings: warningsFor(pictures),
  };
}

interface Run {
  readonly key: string;
  readonly source: CalibrationSource;
  readonly file: CalibrationFile;
  readonly before: CalibrationRecord | undefined;
}

async function collect(
  options: CalibrateOptions,
  chosen: readonly string[],
  { key, source, file, before }: Run,
): Promise<CalibrationRecord> {
  const { model, form, folder, signal, threads } = options;
  const statistics = before === undefined ? new Map<string, ValueStatistics>() : statisticsOf(before);
  const skipped = [...(before?.skipped ?? [])];
  let [done, inputs] = [before?.done ?? 0, before?.inputs ?? 0];
  const record = (): CalibrationRecord => ({
    format: 1,
    key,
    modelName: model.fileName,
    source,
    done,
    inputs,
    skipped,
    values: valuesOf(statistics),
  });
  const advance = (path: string): void => {
    done += 1;
    options.onProgress?.({ done, total: chosen.length, picture: relative(folder, path) });
  };
  const pictures = pictureInputs(chosen.slice(done), form, async (path, error) => {
    if (isAbort(error)) throw error;
    await checkFolderIsThere(folder);
    const { code, message } = toErrorReport(error);
    skipped.push({ file: relative(folder, path), code, message });
    advance(path);
  });
  let current: { readonly label: string; readonly isLast: boolean } | undefined;
  const watched = (async function* () {
    for await (const input of pictures) {
      current = input;
      yield input;
    }
  })();
  try {
    await collectStatistics(model, {
      inputs: watched,
      statistics,
      inputsBefore: inputs,
      kinds: source.kinds,
      ...(threads === undefined ? {} : { threads }),
      ...(signal === undefined ? {} : { signal }),
      onInput: async (label) => {
        inputs += 1;
        // Between the tiles of a picture there is no whole state to save.
        if (current?.isLast !== true) return;
        advance(label);
        await file.saveProgress(done, record);
      },
    });
  } catch (error) {
    if (current?.isLast !== false) await file.saveProgress(done, record, true).catch(() => undefined);
    throw error;
  }
  if (inputs === 0) throw allUnreadable(folder, skipped);
  const result = record();
  await file.finish(result);
  return result;
}

async function findPictures(folder: string): Promise<string[]> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new AppError('CALIBRATION_FOLDER_MISSING', `${folder} is no folder that can be opened.`, {
      hint: 'Choose a folder of pictures such as the network will see at work.',
      details: { folder },
    });
  }
  const files = (await walkFolder(folder, () => undefined)).filter(({ kind }) => kind === 'image');
  if (files.length > 0) return files.map(({ path }) => path);
  throw new AppError('CALIBRATION_FOLDER_EMPTY', `There is no picture in ${folder} or below it.`, {
    hint: 'Choose a folder with JPEG, PNG, WebP, TIFF, GIF, AVIF or BMP files.',
    details: { folder },
  });
}

/** `count` of the files, the same for the same seed, in an order that mixes folders. */
export function choose(files: readonly string[], count: number, seed: number): string[] {
  const order = [...files];
  let state = (Math.imul(seed, 2_654_435_761) ^ 0x9e37_79b9) >>> 0;
  for (let last = order.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other] ?? '', order[last] ?? ''];
  }
  return order.slice(0, count);
}

async function hashAll(paths: readonly string[], folder: string, signal: AbortSignal | undefined): Promise<string[]> {
  const hashes: string[] = [];
  for (const path of paths) {
    signal?.throwIfAborted();
    const hash = createHash('sha256');
    try {
      for await (const part of createReadStream(path) as AsyncIterable<Buffer>) hash.update(part);
    } catch {
      // Who may not read a file hears of it when its turn comes; it counts by its name until then.
      await checkFolderIsThere(folder);
      hash.update(path);
    }
    hashes.push(hash.digest('hex'));
  }
  return hashes;
}

async function checkFolderIsThere(folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() === true) return;
  throw new AppError('CALIBRATION_FOLDER_GONE', `${folder} was taken away while it was being read.`, {
    hint: 'Bring it back and start again: what was done is kept.',
    details: { folder },
  });
}

function allUnreadable(folder: string, skipped: readonly SkippedPicture[]): AppError {
  const [first] = skipped;
  const example = first === undefined ? '' : ` The first: ${first.message}`;
  return new AppError(
    'CALIBRATION_ALL_UNREADABLE',
    `None of the ${skipped.length} pictures chosen from ${folder} could be read.${example}`,
    { hint: 'Choose another folder, or more pictures of this one.', details: { folder, pictures: skipped.length } },
  );
}

function warningsFor(pictures: number): string[] {
  if (pictures >= FEW_PICTURES) return [];
  const count = pictures === 1 ? 'one picture' : `${pictures} pictures`;
  return [`Ranges from ${count} are a matter of luck: take ${DEFAULT_COUNT} or more, as different as at work.`];
}
