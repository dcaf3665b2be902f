import { z } from 'zod';
import { errorReportSchema } from './job';
import { bytesSchema, classShareSchema, maskSchema, timingsSchema } from './mask';
import { labelSchema, sizePolicySchema } from './model';
import { pictureInfoSchema } from './picture';
import { runtimeIdSchema } from './runtime';
import { maskComparisonSchema } from './verification';

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

export const FEWEST_SIDES = 2;
export const MOST_SIDES = 4;

/**
 * What can be compared:
 * - `model`: a model of the library as it is; on ONNX Runtime it is the usual reference.
 * - `engine`: an engine of the library, whichever runtime it was built for.
 * - `masks`: drawn masks, a PNG of class ids for each picture, of its name.
 */
export const comparisonSideSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('model'),
    modelId: z.string().min(1),
    runtime: runtimeIdSchema.default('onnxruntime'),
  }),
  z.strictObject({
    kind: z.literal('engine'),
    /** An id, or as many of its first characters as are unique. */
    engineId: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('masks'), directory: z.string().min(1) }),
]);
export type ComparisonSide = z.output<typeof comparisonSideSchema>;

/** A side that is open. What drawn masks do not have is null or empty. */
export const openSideSchema = z.object({
  kind: z.enum(['model', 'engine', 'masks']),
  /** For people; no two sides of a comparison have the same. */
  name: z.string(),
  modelId: z.string().nullable(),
  modelName: z.string().nullable(),
  engineId: z.string().nullable(),
  directory: z.string().nullable(),
  runtimeId: runtimeIdSchema.nullable(),
  /** With its version, for example `ONNX Runtime 1.30.0`. */
  runtime: z.string(),
  device: z.string(),
  precision: z.string(),
  /** Closes with the comparison; other calls may use it until then. */
  sessionId: z.string().nullable(),
  /** The sizes at which the network sees pictures. */
  size: sizePolicySchema.nullable(),
  /** ISO 8601, of engines. */
  builtAt: z.string().nullable(),
  /** What is worth saying: sees pictures at another size than the reference, … */
  notes: z.array(errorReportSchema),
});
export type OpenSide = z.infer<typeof openSideSchema>;

export const openComparisonSchema = z.object({
  comparisonId: z.string(),
  /** In the order in which they were named. */
  sides: z.array(openSideSchema),
  /** Index of a side. */
  reference: count,
  /** Classes that all sides share. */
  labels: z.array(labelSchema),
});
export type OpenComparison = z.infer<typeof openComparisonSchema>;

/** One picture's mask against another mask of it. */
export const pictureScoreSchema = z.object({
  /** Pixels that were compared; those that nobody drew are not. */
  pixels: count,
  agreement: share,
  /** Over the classes that either mask has; null where nothing was compared. */
  meanIou: share.nullable(),
  classes: z.array(
    z.object({ id: count, name: z.string(), iou: share.nullable(), pixels: count, referencePixels: count }),
  ),
});
export type PictureScore = z.infer<typeof pictureScoreSchema>;

/** What one side says of one picture. A side that fails does not keep the others from answering. */
export const sideOfPictureSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('mask'),
    mask: maskSchema,
    classes: z.array(classShareSchema),
    /** Null for drawn masks. */
    timings: timingsSchema.nullable(),
    /** True when the mask was kept from an earlier run; timings are then that run's. */
    cached: z.boolean(),
    /** Against the reference; null for the reference itself and where the reference failed. */
    score: pictureScoreSchema.nullable(),
    /** Against the drawn masks; null without such a side, and for that side itself. */
    accuracy: pictureScoreSchema.nullable(),
  }),
  z.object({ outcome: z.literal('failed'), error: errorReportSchema }),
]);
export type SideOfPicture = z.output<typeof sideOfPictureSchema>;

export const comparedPictureSchema = z.object({
  pictureId: z.string(),
  picture: pictureInfoSchema,
  /** One for each side, in their order. */
  sides: z.array(sideOfPictureSchema),
});
export type ComparedPicture = z.output<typeof comparedPictureSchema>;

/** Nanoseconds by stage, over the pictures that a side answered; its first picture was run once before, uncounted. */
export const sideLatencySchema = z.object({ pictures: count, median: timingsSchema, p95: timingsSchema });
export type SideLatency = z.infer<typeof sideLatencySchema>;

export const sideResultSchema = z.object({
  /** Pictures of which both this side and the reference have a mask. */
  compared: count,
  /** With the reference's masks; null for the reference itself and where nothing was compared. */
  agreement: maskComparisonSchema.nullable(),
  /** With the drawn masks; null without such a side, and for that side itself. */
  accuracy: maskComparisonSchema.nullable(),
  /** Null for drawn masks, and where no picture was answered. */
  latency: sideLatencySchema.nullable(),
});
export type SideResult = z.infer<typeof sideResultSchema>;

export const pictureResultSchema = z.object({
  pictureId: z.string(),
  name: z.string(),
  width: count,
  height: count,
  /**
   * The least agreement of any network with the reference, of the drawn masks where there is nothing else: what a strip is
   * sorted by. Null when nothing was compared.
   */
  worst: share.nullable(),
  /** One for each side; null where it failed. */
  sides: z.array(
    z
      .object({
        /** With the reference; null for the reference, and where that failed. */
        agreement: share.nullable(),
        meanIou: share.nullable(),
        /** Mean IoU with the drawn mask. */
        accuracy: share.nullable(),
        /** Nanoseconds; null for drawn masks. */
        total: z.number().nonnegative().nullable(),
      })
      .nullable(),
  ),
});
export type PictureResult = z.infer<typeof pictureResultSchema>;

export const comparisonResultSchema = z.object({
  comparisonId: z.string(),
  jobId: z.string(),
  /** Figures are of the pictures so far while it runs. */
  running: z.boolean(),
  /** ISO 8601, when it began. */
  at: z.string(),
  /** The folder; empty where pictures were named one by one. */
  images: z.string(),
  /** Pictures that were gone through, failed ones too, and how many there are. */
  done: count,
  total: count,
  /** One for each side, in their order. */
  sides: z.array(sideResultSchema),
  /** In the order in which they were compared, from the one that was asked for on. */
  pictures: z.array(pictureResultSchema),
  /** Sides that could not answer for a picture; `side` is null where the picture itself could not be read. */
  failures: z.array(z.object({ name: z.string(), side: count.nullable(), code: z.string(), message: z.string() })),
});
export type ComparisonResult = z.infer<typeof comparisonResultSchema>;

export const reportLanguageSchema = z.enum(['en', 'zh']);
export type ReportLanguage = z.infer<typeof reportLanguageSchema>;

/** `html`: one page with pictures in it; `csv`: a table of sides and one of pictures; `json`: all figures. */
export const comparisonFormatSchema = z.enum(['html', 'csv', 'json']);
export type ComparisonFormat = z.infer<typeof comparisonFormatSchema>;

export const reportFileSchema = z.object({
  format: comparisonFormatSchema,
  name: z.string(),
  /** Absolute path when written to a folder, else null. */
  path: z.string().nullable(),
  mime: z.string(),
  /** Content when no folder was given, else null. */
  bytes: bytesSchema.nullable(),
});
export type ReportFile = z.infer<typeof reportFileSchema>;
