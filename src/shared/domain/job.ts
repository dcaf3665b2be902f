import { z } from 'zod';

export const errorReportSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  stack: z.string().optional(),
});

/** What we say ourselves, which shells translate by its code: a warning unless it says otherwise. */
const saidSchema = errorReportSchema.extend({ severity: z.literal('info').optional() });

/** A line as a library or a tool wrote it, or one of ours. */
export const logLineSchema = z.union([z.string(), saidSchema]);
export type LogLine = z.infer<typeof logLineSchema>;

/** A line in English, as logs on disk have it: `warning: text`. */
export function logText(line: LogLine): string {
  return typeof line === 'string' ? line : `${line.severity ?? 'warning'}: ${line.message}`;
}

/** Long work. Seconds left are a range, because a single number is never true. */
export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['download', 'export', 'build', 'tune', 'calibrate', 'verify', 'compare', 'batch', 'import']),
  title: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  /** Name of the phase under way. */
  phase: z.string(),
  done: z.number().nonnegative(),
  /** 0 while unknown. */
  total: z.number().nonnegative(),
  unit: z.enum(['files', 'bytes', 'steps', 'frames']),
  secondsLeft: z.tuple([z.number(), z.number()]).nullable(),
  /** Units a second lately, where the job counts them. */
  perSecond: z.number().positive().optional(),
  /** Newest last, at most 200 lines. */
  log: z.array(logLineSchema),
  /** Items that failed while the rest went on. */
  failures: z.array(z.object({ item: z.string(), error: errorReportSchema })),
  error: errorReportSchema.nullable(),
  /** What the job made: paths, ids. */
  results: z.array(z.string()),
});
export type Job = z.infer<typeof jobSchema>;
