import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../shared/app-error';
import { preprocessingSchema } from '../shared/domain/model';
import { quantizedKindSchema } from '../shared/domain/quantization';
import { binStart } from './magnitude-histogram';
import { ValueStatistics, valueRecordSchema } from './value-statistics';
import type { ValueRecord } from './value-statistics';

/** Far more than the largest networks have. */
const MOST_VALUES = 20_000;
const LARGEST_FLOAT = 3.402_823_466_385_288_6e38;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What ranges were collected from. Two calibrations with equal sources have equal ranges. */
export const calibrationSourceSchema = z.strictObject({
  /** {@link hashModel} of the model that ran. */
  model: sha256,
  preprocessing: preprocessingSchema,
  kinds: z.array(quantizedKindSchema),
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
  const wrong = refuseAtOnce(content);
  if (wrong !== null) throw damaged(fileName, wrong);
  const parsed = calibrationRecordSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(fileName, issue === undefined ? 'it is damaged' : `${issue.path.join('.')}: ${issue.message}`);
  }
  const odd = contradiction(parsed.data);
  if (odd !== null) throw damaged(fileName, odd);
  return parsed.data;
}

/** What needs no look at every number: each wrong one of millions would be reported. */
function refuseAtOnce(content: unknown): string | null {
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return 'it is another kind of JSON';
  if ('format' in content && typeof content.format === 'number' && content.format > 1) {
    return `it is of format ${content.format}, which a newer Maskforge writes`;
  }
  const values = 'values' in content ? content.values : undefined;
  if (typeof values !== 'object' || values === null) return 'it holds no values';
  return Object.keys(values).length > MOST_VALUES ? 'it holds more values than a network has' : null;
}

/** What no run of pictures can have left behind, though each number by itself could be. */
function contradiction(record: CalibrationRecord): string | null {
  const { key, source, done, inputs, skipped, values } = record;
  if (key !== calibrationKey(source)) return 'its key does not fit what it says';
  if (done > source.pictures.length) return 'more pictures are done than were chosen';
  if (skipped.length > done) return 'more pictures were skipped than are done';
  if (inputs > 0 !== done > skipped.length) return 'it does not fit together which pictures ran';
  for (const [name, value] of Object.entries(values)) {
    const odd = oddValue(value, inputs * source.samplesPerPicture);
    if (odd !== null) return `${name}: ${odd}`;
  }
  return null;
}

/** @param wanted samples that were asked for; a short value gives up to twice as many */
function oddValue({ low, high, histogram }: ValueRecord, wanted: number): string | null {
  const largest = Math.max(...low.map(Math.abs), ...high.map(Math.abs));
  if (largest > LARGEST_FLOAT) return 'it is beyond 32-bit floats';
  const total = histogram.counts.reduce((sum, count) => sum + count, histogram.zeros);
  if (total === 0 || total > 2 * wanted) return 'its histogram does not fit the pictures that ran';
  let last = histogram.counts.length - 1;
  while (histogram.counts[last] === 0) last -= 1;
  if (last >= 0 && binStart(histogram.first + last) > largest) return 'its histogram goes beyond its range';
  return null;
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
