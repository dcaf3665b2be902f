import { constants } from 'node:fs';
import { access, mkdir, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { CalibrationRecord, CalibrationSource } from '../../quantization/calibration-record';
import { calibrationFromText, calibrationToText, checkSource } from '../../quantization/calibration-record';
import { AppError } from '../../shared/app-error';
import { readTextIfPresent, writeError, writeFileAtomically } from '../library/json-file';

/** Progress is saved when so much was done since the last time, whichever comes first. */
const SAVE_PICTURES = 32;
const SAVE_MS = 10_000;

/** A calibration on disk: the finished file, and beside it what a run that was broken off had done. */
export class CalibrationFile {
  readonly path: string;
  readonly #isNamed: boolean;
  #savedAt = Date.now();
  #savedDone = 0;

  /** @param isNamed whether the user named this very file: then what is wrong with it is told, not mended. */
  constructor(path: string, isNamed: boolean) {
    this.path = path;
    this.#isNamed = isNamed;
  }

  /**
   * The finished calibration, or how far the last run came.
   *
   * @throws CALIBRATION_CACHE_DAMAGED, CALIBRATION_CACHE_FOREIGN for a file that the user named.
   */
  async load(source: CalibrationSource): Promise<CalibrationRecord | undefined> {
    const finished = await this.#read(this.path, source, this.#isNamed);
    if (finished?.done === source.pictures.length) return finished;
    if (finished !== undefined && this.#isNamed) throw brokenOff(this.path);
    const partial = await this.#read(this.#partial, source, false);
    this.#savedDone = partial?.done ?? 0;
    return partial;
  }

  /**
   * Looks whether there will be a place for what is about to be collected, before it is.
   *
   * @throws FILE_NOT_WRITABLE
   */
  async prepare(): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true });
      await access(dirname(this.path), constants.W_OK);
    } catch (error) {
      throw writeError(error, this.path);
    }
  }

  async finish(record: CalibrationRecord): Promise<void> {
    await writeFileAtomically(this.path, calibrationToText(record));
    await rm(this.#partial, { force: true }).catch(() => undefined);
  }

  /** Keeps what was done so far, now and then. `force` does at once. */
  async saveProgress(done: number, record: () => CalibrationRecord, force = false): Promise<void> {
    const isDue = done - this.#savedDone >= SAVE_PICTURES || Date.now() - this.#savedAt >= SAVE_MS;
    if (done === this.#savedDone || !(isDue || force)) return;
    await writeFileAtomically(this.#partial, calibrationToText(record()));
    this.#savedAt = Date.now();
    this.#savedDone = done;
  }

  get #partial(): string {
    return `${this.path}.partial`;
  }

  async #read(path: string, source: CalibrationSource, isStrict: boolean): Promise<CalibrationRecord | undefined> {
    try {
      const text = await readTextIfPresent(path, MOST_CALIBRATION_BYTES);
      if (text === null) return undefined;
      const record = calibrationFromText(text, basename(path));
      checkSource(record, source, basename(path));
      return record;
    } catch (error) {
      // What the studio keeps for itself it makes again.
      if (!isStrict && error instanceof AppError && error.code !== 'FILE_IS_FOLDER') return undefined;
      throw error;
    }
  }
}

/** Some hundreds of values with a histogram each. */
export const MOST_CALIBRATION_BYTES = 128 * 2 ** 20;

/** @returns CALIBRATION_CACHE_DAMAGED */
export function brokenOff(file: string): AppError {
  return new AppError('CALIBRATION_CACHE_DAMAGED', `${basename(file)} is a calibration that was broken off.`, {
    hint: 'Delete it, or name another file, and calibrate again.',
    details: { file },
  });
}
