import { readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ErrorReport } from '../../shared/app-error';
import { remark } from '../../shared/remark';
import { pointKey } from '../../quantization/tune-trials';
import { AppError } from '../../shared/app-error';
import type { PassStep, Recipe } from '../../shared/domain/engine';
import type { NumberedPoint, TunePoint, Tuning } from '../../shared/domain/tuning';
import { tuningSchema } from '../../shared/domain/tuning';
import { readTextIfPresent, writeFileAtomically } from '../library/json-file';

/** Tunings of large networks hold hundreds of points with dozens of names each. */
const MOST_BYTES = 32 * 2 ** 20;

/** Keeps tunings as one readable JSON file each, so that they can be gone on with, looked at and picked from. */
export class TuningStore {
  readonly folder: string;

  constructor(dataDirectory: string) {
    this.folder = join(dataDirectory, 'tunings');
  }

  fileOf(key: string): string {
    return join(this.folder, `${key}.json`);
  }

  /**
   * What was kept under this key; null where there is nothing. What is no tuning, or one of something else, is never
   * trusted: it is put aside, and `warn` says so.
   */
  async load(key: string, warn: (said: ErrorReport) => void): Promise<Tuning | null> {
    const file = this.fileOf(key);
    try {
      const tuning = await readTuning(file);
      if (tuning.key === key) return tuning;
      throw damaged(file, 'it is about another network or other pictures');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'FILE_NOT_FOUND') return null;
      await rename(file, `${file}.damaged`).catch(() => undefined);
      const aside = `${basename(file)}.damaged`;
      warn(
        remark('tuning-put-aside', `${error.message} It was put aside as ${aside}, and tuning starts anew.`, {
          file,
          aside,
        }),
      );
      return null;
    }
  }

  async save(tuning: Tuning): Promise<void> {
    await writeFileAtomically(this.fileOf(tuning.key), tuningToText(tuning));
  }

  /** All that can be read, the newest first. */
  async list(): Promise<Tuning[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
    const found = await Promise.all(
      names.map((name) => readTuning(join(this.folder, name)).catch((error: unknown) => skipped(error))),
    );
    return found.flatMap((tuning) => tuning ?? []).sort((one, other) => other.at.localeCompare(one.at));
  }
}

function skipped(error: unknown): null {
  if (error instanceof AppError) return null;
  throw error;
}

/** @throws AppError FILE_NOT_FOUND, TUNING_DAMAGED that names the place in the file, FILE_UNREADABLE, FILE_TOO_LARGE */
export async function readTuning(file: string): Promise<Tuning> {
  const text = await readTextIfPresent(file, MOST_BYTES);
  if (text === null) {
    throw new AppError('FILE_NOT_FOUND', `The tuning ${file} cannot be found.`, { hint: 'Check the path.' });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, 'it is no JSON', cause);
  }
  const parsed = tuningSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`, parsed.error);
  }
  const numbers = new Set(parsed.data.points.map(({ number }) => number));
  if (numbers.size !== parsed.data.points.length) throw damaged(file, 'two of its points have the same number');
  return parsed.data;
}

/** Points in lines of their own, so that a person can read and compare them. */
function tuningToText({ points, ...rest }: Tuning): string {
  const lines = points.map((point) => `    ${JSON.stringify(point)}`).join(',\n');
  const head = JSON.stringify(rest, null, 2).replace(/\n}$/, '');
  return `${head},\n  "points": [${lines === '' ? '' : `\n${lines}\n  `}]\n}\n`;
}

/** Points with those of an earlier run, each under the number that it always had. */
export function numbered(before: readonly NumberedPoint[], tried: readonly TunePoint[]): NumberedPoint[] {
  const points = new Map(before.map((point) => [pointKey(point), point]));
  let last = before.reduce((most, { number }) => Math.max(most, number), 0);
  for (const point of tried) {
    const { number = ++last, time, isConfirmed } = points.get(pointKey(point)) ?? {};
    // Who ran without a clock takes nobody's time away.
    const timing = time === undefined || point.time !== undefined ? {} : { time, ...(isConfirmed && { isConfirmed }) };
    points.set(pointKey(point), { ...timing, ...point, number });
  }
  return [...points.values()];
}

/**
 * The recipe of one of a tuning's points; of the one that suits best when no number is given, `wide` for that without 8 bits.
 * @throws AppError TUNING_POINT_UNKNOWN
 */
export function recipeOfPoint(tuning: Tuning, number: number | 'wide' | null, file: string): Recipe {
  const { recipe, points, chosen } = tuning;
  if (number === 'wide') return tuning.wideRecipe;
  const wanted = number ?? chosen;
  const point = points.find((each) => each.number === wanted);
  if (point === undefined || point.kind !== 'without') {
    const numbers = points.filter(({ kind }) => kind === 'without').map((each) => `#${each.number}`);
    const what = wanted === null ? 'holds no point yet' : `has no point #${wanted} that can be built`;
    throw new AppError('TUNING_POINT_UNKNOWN', `The tuning ${file} ${what}.`, {
      hint: numbers.length === 0 ? 'Tune first: maskforge tune.' : `It has ${numbers.join(', ')} and #wide.`,
    });
  }
  return withKept(recipe, point.blocks);
}

/** The recipe with these blocks out of 8 bits beside those that it names. */
export function withKept(recipe: Recipe, blocks: readonly string[]): Recipe {
  const passes = recipe.passes.map((step): PassStep => {
    return step.pass === 'quantize' ? { ...step, keep: [...new Set([...step.keep, ...blocks])].sort() } : step;
  });
  return { ...recipe, passes };
}

function damaged(file: string, why: string, cause?: unknown): AppError {
  return new AppError('TUNING_DAMAGED', `${file} is no tuning that can be used: ${why}.`, {
    hint: 'Tune again with maskforge tune; what a newer version wrote needs that version.',
    ...(cause === undefined ? {} : { cause }),
    details: { file },
  });
}
