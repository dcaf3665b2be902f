import { z } from 'zod';
import {
  comparedPictureSchema,
  comparisonFormatSchema,
  comparisonResultSchema,
  comparisonSideSchema,
  openComparisonSchema,
  reportFileSchema,
  reportLanguageSchema,
} from './domain/comparison';
import { maskStyleSchema } from './domain/export';

const comparisonId = z.object({ comparisonId: z.string() });

/** The part of the contract that is about laying engines side by side. */
export const compareCalls = {
  /**
   * Opens all sides, which must have the same classes. At most a few comparisons are open at once: past them the longest
   * unused one is closed, and is COMPARISON_UNKNOWN from then on.
   */
  'compare.open': {
    args: z.object({
      /** Two to four. */
      sides: z.array(comparisonSideSchema),
      /** Index of the side that the others are compared with. */
      reference: z.int().nonnegative().default(0),
    }),
    result: openComparisonSchema,
  },
  /** Cancels its run, if any; unknown ones are left alone. */
  'compare.close': { args: comparisonId, result: z.null() },
  /** Measures against another side from now on; what a run found is told against it without running again. */
  'compare.setReference': {
    args: comparisonId.extend({
      /** Index of a side. */
      reference: z.int().nonnegative(),
    }),
    result: openComparisonSchema,
  },
  /** One picture through all sides. Fails only where the picture itself cannot be read. */
  'compare.picture': {
    args: comparisonId.extend({
      pictureId: z.string(),
      /** Runs again even when masks are kept. */
      fresh: z.boolean().default(false),
    }),
    result: comparedPictureSchema,
  },
  /** A job over many pictures; `compare.result` has what it found, also while it runs. A new run replaces the old one. */
  'compare.run': {
    args: comparisonId
      .extend({
        pictureIds: z.array(z.string()).min(1).optional(),
        /** Absolute folder, granted; pictures at any depth. */
        directory: z.string().optional(),
        /** Takes only so many pictures, evenly over all. */
        limit: z.int().positive().optional(),
      })
      .refine(({ pictureIds, directory }) => (pictureIds === undefined) !== (directory === undefined), {
        message: 'name either a folder or pictures',
      }),
    result: z.object({ jobId: z.string() }),
  },
  /** Of the last run; null when there was none. */
  'compare.result': {
    args: comparisonId.extend({
      /** Leaves out the pictures before this one, for those who have them already. */
      since: z.int().nonnegative().default(0),
    }),
    result: comparisonResultSchema.nullable(),
  },
  /** What the last run found, as files; a job, since the page runs the worst pictures again, to show them. */
  'compare.export': {
    args: comparisonId.extend({
      formats: z.array(comparisonFormatSchema).min(1),
      /** Absolute folder, granted; null answers with bytes. */
      directory: z.string().nullable(),
      /** Of the files, without ending. */
      name: z.string().min(1).max(120).default('comparison'),
      language: reportLanguageSchema.default('en'),
      /** Colours and opacity of the masks in the page. */
      style: maskStyleSchema.default({ opacity: 0.55, mode: 'fill', outlineWidth: 2, colors: {}, hidden: [] }),
    }),
    result: z.object({ jobId: z.string() }),
  },
  /** What an export has made, once it is done; bytes are handed out once. */
  'compare.exported': { args: z.object({ jobId: z.string() }), result: z.array(reportFileSchema) },
  /** The page of an engine's last comparison with the reference. */
  'engines.verificationReport': {
    args: z.object({
      /** An id, or as many of its first characters as are unique. */
      engineId: z.string().min(1),
      /** Absolute folder, granted; null answers with bytes. */
      directory: z.string().nullable(),
      language: reportLanguageSchema.default('en'),
    }),
    result: reportFileSchema,
  },
} as const;
