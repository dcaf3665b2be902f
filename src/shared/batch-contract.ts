import { z } from 'zod';
import { exportFormatSchema, maskStyleSchema } from './domain/export';
import { errorReportSchema } from './domain/job';

/** The part of the contract that is about folders: pictures in, masks out, resumed where the last run ended. */

/**
 * What becomes of pictures that have masks already:
 * - `resume`: those that the journal knows are skipped while picture, network, style and files are as they were.
 * - `keep`: nothing that exists is touched; a picture is done when its files are there, whoever wrote them.
 * - `overwrite`: everything is made anew.
 */
export const batchExistingSchema = z.enum(['resume', 'keep', 'overwrite']);
export type BatchExisting = z.infer<typeof batchExistingSchema>;

export const batchOrderSchema = z.object({
  sessionId: z.string(),
  /** Absolute, granted, as is `output`. */
  input: z.string(),
  output: z.string(),
  formats: z.array(exportFormatSchema).min(1),
  style: maskStyleSchema,
  recursive: z.boolean().default(true),
  /** False puts all files into the output folder itself. */
  keepFolders: z.boolean().default(true),
  existing: batchExistingSchema.default('resume'),
  /** How a picture is known to be the same: by size and time of change, or by its content (which reads every file). */
  unchanged: z.enum(['time', 'content']).default('time'),
  /** Only those that failed last time. */
  onlyFailed: z.boolean().default(false),
  /** Pictures in work at once; 0 goes by the runtime. */
  workers: z.int().min(0).max(64).default(0),
  /** Where the table of class areas goes; null puts it into the output folder. Used with the format `csv`. */
  table: z.string().nullable().default(null),
});
export type BatchOrder = z.output<typeof batchOrderSchema>;

const failureSchema = z.object({ item: z.string(), error: errorReportSchema });
export type BatchFailure = z.infer<typeof failureSchema>;

const count = z.int().nonnegative();

export const batchPlanSchema = z.object({
  pictures: count,
  /** Of the pictures: those that would be skipped. */
  done: count,
  /** Of the pictures: those that would be segmented. */
  toDo: count,
  /** Of the pictures: those that failed last time. */
  failedBefore: count,
  /** Files that are left out. */
  videos: count,
  /** Folders that cannot be read. */
  problems: z.array(failureSchema),
  /** Files in the way that no journal knows: the batch would refuse to start. The first few by name. */
  taken: z.object({ count, names: z.array(z.string()) }),
  /** Of the pictures to be segmented. */
  bytesIn: count,
  /** What the files will take, from samples; null while nothing is known. */
  bytesOut: z.number().nonnegative().nullable(),
  /** Room on the output's disk; null where the system does not tell. */
  bytesFree: z.number().nonnegative().nullable(),
  /** Of the first picture, then the tables; relative to the output folder. */
  names: z.array(z.string()),
  /** Another batch is at work in this output folder. */
  busy: z.boolean(),
});
export type BatchPlan = z.infer<typeof batchPlanSchema>;

export const batchReportSchema = z.object({
  input: z.string(),
  output: z.string(),
  pictures: count,
  /** Segmented in this run. */
  done: count,
  /** Done before, and still fitting. */
  skipped: count,
  failed: count,
  /** Left when the run was cancelled or broke off. */
  left: count,
  /** From the first picture to the last. */
  seconds: z.number().nonnegative(),
  picturesPerSecond: z.number().nonnegative(),
  workers: count,
  tables: z.array(z.string()),
  /** Folders that could not be read; what is in them is unknown. */
  problems: z.array(failureSchema),
});
export type BatchReport = z.infer<typeof batchReportSchema>;

const started = z.object({ jobId: z.string() });

export const batchCalls = {
  /** What a batch with this order would do. Writes nothing. */
  'batch.plan': { args: batchOrderSchema, result: batchPlanSchema },
  /** A job; its first result is the output folder, then come the tables. */
  'batch.start': { args: batchOrderSchema, result: started },
  /** How a batch went; null while it runs, or when the engine host was started anew since. */
  'batch.report': { args: z.object({ jobId: z.string() }), result: batchReportSchema.nullable() },
  /** What the last batch from one folder into the other could not do, at most `limit` of `count`. */
  'batch.failures': {
    args: z.object({ input: z.string(), output: z.string(), limit: z.int().positive().default(1000) }),
    result: z.object({ count, failures: z.array(failureSchema) }),
  },
  /** A batch of this host once more, for what failed in it; through the session named when its own is closed. */
  'batch.retry': { args: z.object({ jobId: z.string(), sessionId: z.string().optional() }), result: started },
} as const;
