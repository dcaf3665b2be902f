import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import { remark } from '../../shared/remark';
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
  /** Searched with all its folders; beside `files`, what they lie below. */
  readonly folder: string;
  /** Absolute paths to choose from, in place of all pictures below the folder. */
  readonly files?: readonly string[];
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
  /** All that is kept of it. */
  readonly record: CalibrationRecord;
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
  readonly warnings: readonly ErrorReport[];
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
  const { files, unlisted, chosen, source, key, file, before } = await planCalibration(options);
  const isWhole = before !== undefined && before.done === chosen.length;
  const record = isWhole ? before : await collect(options, chosen, { key, source, file, before });
  const pictures = chosen.length - record.skipped.length;
  return {
    statistics: statisticsOf(record),
    record,
    file: file.path,
    key,
    cached: isWhole ? 'whole' : before === undefined ? 'none' : 'partly',
    pictures,
    found: files.length,
    skipped: [...unlisted, ...record.skipped],
    warnings: warningsFor(pictures),
  };
}

/** What a calibration will run on, where it will be kept, and what of it was done before. */
export async function planCalibration(options: CalibrateOptions): Promise<CalibrationPlan> {
  const { model, form, folder, signal, cache } = options;
  const unlisted: SkippedPicture[] = [];
  const onProblem = (path: string, error: unknown): void => {
    const { code, message } = toErrorReport(error);
    unlisted.push({ file: relative(folder, path) || path, code, message });
  };
  const files = options.files ?? (await findPictures(folder, onProblem));
  const chosen = choose(files, options.count ?? DEFAULT_COUNT, options.seed ?? 1);
  const source: CalibrationSource = {
    model: hashModel(model),
    preprocessing: form.preprocessing,
    kinds: [...(options.kinds ?? DEFAULT_COLLECTED)],
    samplesPerPicture: SAMPLES_PER_PICTURE,
    pictures: await hashAll(chosen, folder, signal),
  };
  const key = calibrationKey(source);
  const file =
    'file' in cache
      ? new CalibrationFile(cache.file, true)
      : new CalibrationFile(join(cache.directory, `${key}.json`), false);
  return { files, unlisted, chosen, source, key, file, before: await file.load(source) };
}

interface CalibrationPlan extends Run {
  /** All that there were to choose from, and those that were chosen, in the order in which they run. */
  readonly files: readonly string[];
  /** What of the folder could not be chosen from: folders that cannot be read, names that are not UTF-8. */
  readonly unlisted: readonly SkippedPicture[];
  readonly chosen: readonly string[];
}

interface Run {
  readonly key: string;
  readonly source: CalibrationSource;
  readonly file: CalibrationFile;
  readonly before: CalibrationRecord | undefined;
}

async function collect(options: CalibrateOptions, chosen: readonly string[], run: Run): Promise<CalibrationRecord> {
  const { model, form, folder, signal, threads } = options;
  await run.file.prepare();
  const progress = new RunProgress(options, chosen.length, run);
  const pictures = pictureInputs(chosen.slice(progress.done), form, async (path, error) => {
    if (isAbort(error)) throw error;
    await checkFolderIsThere(folder);
    progress.skip(path, error);
  });
  try {
    await collectStatistics(model, {
      inputs: progress.watch(pictures),
      statistics: progress.statistics,
      inputsBefore: progress.inputs,
      kinds: run.source.kinds,
      ...(threads === undefined ? {} : { threads }),
      ...(signal === undefined ? {} : { signal }),
      onInput: (path) => progress.ran(path),
    });
  } catch (error) {
    await progress.save(true).catch(() => undefined);
    throw error;
  }
  if (progress.inputs === 0) throw allUnreadable(folder, progress.skipped);
  const result = progress.record();
  await run.file.finish(result);
  return result;
}

/** Where a run stands, and what of it is worth keeping. */
class RunProgress {
  readonly statistics: Map<string, ValueStatistics>;
  readonly skipped: SkippedPicture[];
  done: number;
  inputs: number;
  readonly #options: CalibrateOptions;
  readonly #total: number;
  readonly #run: Run;
  /** Between the tiles of a picture there is no whole state to save. */
  #isBetweenPictures = true;
  #isLastTile = true;

  constructor(options: CalibrateOptions, total: number, run: Run) {
    const { before } = run;
    this.#options = options;
    this.#total = total;
    this.#run = run;
    this.statistics = before === undefined ? new Map() : statisticsOf(before);
    this.skipped = [...(before?.skipped ?? [])];
    this.done = before?.done ?? 0;
    this.inputs = before?.inputs ?? 0;
  }

  async *watch<T extends { readonly isLast: boolean }>(inputs: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const input of inputs) {
      this.#isLastTile = input.isLast;
      yield input;
    }
  }

  async ran(path: string): Promise<void> {
    this.inputs += 1;
    this.#isBetweenPictures = this.#isLastTile;
    if (!this.#isBetweenPictures) return;
    this.#advance(path);
    await this.save(false);
  }

  skip(path: string, error: unknown): void {
    const { code, message } = toErrorReport(error);
    this.skipped.push({ file: relative(this.#options.folder, path), code, message });
    this.#advance(path);
  }

  async save(force: boolean): Promise<void> {
    if (this.#isBetweenPictures) await this.#run.file.saveProgress(this.done, () => this.record(), force);
  }

  record(): CalibrationRecord {
    const { key, source } = this.#run;
    const { done, inputs, skipped } = this;
    const { fileName: modelName } = this.#options.model;
    return { format: 1, key, modelName, source, done, inputs, skipped, values: valuesOf(this.statistics) };
  }

  #advance(path: string): void {
    this.done += 1;
    const { folder, onProgress } = this.#options;
    onProgress?.({ done: this.done, total: this.#total, picture: relative(folder, path) });
  }
}

/** Pictures below a folder, in natural order. @throws CALIBRATION_FOLDER_MISSING, CALIBRATION_FOLDER_EMPTY */
export async function findPictures(
  folder: string,
  onProblem: (path: string, error: unknown) => void = () => undefined,
): Promise<string[]> {
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory() !== true) {
    throw new AppError('CALIBRATION_FOLDER_MISSING', `${folder} is no folder that can be opened.`, {
      hint: 'Choose a folder of pictures such as the network will see at work.',
      details: { folder },
    });
  }
  const files = (await walkFolder(folder, onProblem)).filter(({ kind }) => kind === 'image');
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

export async function hashAll(
  paths: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
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

export function allUnreadable(folder: string, skipped: readonly SkippedPicture[]): AppError {
  const [first] = skipped;
  const example = first === undefined ? '' : ` The first: ${first.message}`;
  return new AppError(
    'CALIBRATION_ALL_UNREADABLE',
    `None of the ${skipped.length} pictures chosen from ${folder} could be read.${example}`,
    { hint: 'Choose another folder, or more pictures of this one.', details: { folder, pictures: skipped.length } },
  );
}

export function warningsFor(pictures: number): ErrorReport[] {
  if (pictures >= FEW_PICTURES) return [];
  const count = pictures === 1 ? 'one picture' : `${pictures} pictures`;
  const what = `Ranges from ${count} are a matter of luck: take ${DEFAULT_COUNT} or more, as different as at work.`;
  return [remark('few-pictures', what, { pictures, wanted: DEFAULT_COUNT })];
}
