import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../shared/app-error';
import { preprocessingSchema } from '../shared/domain/model';
import { SITE_KINDS } from './sites';
import { ValueStatistics, valueRecordSchema } from './value-statistics';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What ranges were collected from. Two calibrations with equal sources have equal ranges. */
export const calibrationSourceSchema = z.strictObject({
  /** {@link hashModel} of the model that ran. */
  model: sha256,
  preprocessing: preprocessingSchema,
  kinds: z.array(z.enum(SITE_KINDS)),
  samplesPerPicture: z.int().positive(),
  /** SHA-256 of each picture file that was chosen, in the order in which they ran. */
  pictures: z.array(sha256).min(1),
});
export type CalibrationSource = z.infer<typeof calibrationSourceSchema>;

const skippedSchema = z.strictObject({ file: z.string(), code: z.string(), message: z.string() });
export type SkippedPicture = z.infer<typeof skippedSchema>;

/**
 * A calibration as a JSON file. It holds statistics, from which ranges of every method follow, so that another method
 * needs no other run. `done` counts the chosen pictures that were dealt with: all, or some where a run was broken off.
 */
export const calibrationRecordSchema = z.strictObject({
  format: z.literal(1),
  key: z.string(),
  modelName: z.string(),
  source: calibrationSourceSchema,
  done: z.int().nonnegative(),
  /** Inputs that ran: pictures, or tiles of them. */
  inputs: z.int().nonnegative(),
  skipped: z.array(skippedSchema),
  values: z.record(z.string(), valueRecordSchema),
});
export type CalibrationRecord = z.infer<typeof calibrationRecordSchema>;

/** Names a calibration: equal for equal models, preprocessing, ways of collecting and contents of pictures. */
export function calibrationKey(source: CalibrationSource): string {
  return createHash('sha256')
    .update(JSON.stringify(calibrationSourceSchema.parse(source)))
    .digest('hex')
    .slice(0, 32);
}

/** The record as text: one line for each value, so that it can be read and compared. */
export function calibrationToText(record: CalibrationRecord): string {
  const { values, ...head } = record;
  const lines = Object.entries(values).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  const start = JSON.stringify(head, null, 2).replace(/\n}$/, '');
  return `${start},\n  "values": {\n${lines.join(',\n')}\n  }\n}\n`;
}

/** @throws CALIBRATION_CACHE_DAMAGED when the text is no calibration, or was edited into none. */
export function calibrationFromText(text: string, fileName: string): CalibrationRecord {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw damaged(fileName, 'it is no JSON', cause);
  }
  const parsed = calibrationRecordSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(fileName, issue === undefined ? 'it is damaged' : `${issue.path.join('.')}: ${issue.message}`);
  }
  const record = parsed.data;
  if (record.key !== calibrationKey(record.source)) throw damaged(fileName, 'its key does not fit what it says');
  if (record.done > record.source.pictures.length) throw damaged(fileName, 'more pictures are done than were chosen');
  return record;
}

/** @throws CALIBRATION_CACHE_FOREIGN when the record was made for something else, and says for what. */
export function checkSource(record: CalibrationRecord, wanted: CalibrationSource, fileName: string): void {
  if (record.key === calibrationKey(wanted)) return;
  const { source } = record;
  const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  let other = 'other pictures';
  if (source.model !== wanted.model) other = `another model (${record.modelName})`;
  else if (!isSame(source.preprocessing, wanted.preprocessing)) other = 'another preprocessing';
  else if (isSame(source.pictures, wanted.pictures)) other = 'other layers';
  throw new AppError('CALIBRATION_CACHE_FOREIGN', `${fileName} was calibrated with ${other}.`, {
    hint: 'Name another cache file, or delete this one to calibrate again.',
    details: { file: fileName },
  });
}

export function statisticsOf(record: CalibrationRecord): Map<string, ValueStatistics> {
  return new Map(Object.entries(record.values).map(([name, value]) => [name, ValueStatistics.fromRecord(value)]));
}

export function valuesOf(statistics: ReadonlyMap<string, ValueStatistics>): CalibrationRecord['values'] {
  return Object.fromEntries([...statistics].map(([name, value]) => [name, value.toRecord()]));
}

function damaged(fileName: string, why: string, cause?: unknown): AppError {
  return new AppError('CALIBRATION_CACHE_DAMAGED', `${fileName} cannot be used as a calibration: ${why}.`, {
    hint: 'Delete it and calibrate again.',
    cause,
    details: { file: fileName },
  });
}
