import { z } from 'zod';
import { timingsSchema } from './mask';

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

/** One class against one reference; null where neither side has the class. */
const classScoreSchema = z.object({
  id: count,
  name: z.string(),
  /** Intersection over union, 0–1. */
  iou: share.nullable(),
  /** The same, of the pixels near the borders of regions only. */
  boundaryIou: share.nullable(),
  pixels: count,
  referencePixels: count,
});
export type ClassScore = z.infer<typeof classScoreSchema>;

/** Masks against reference masks: another runtime's (agreement) or drawn ones (accuracy). */
export const maskComparisonSchema = z.object({
  /** Pixels that were compared; those that the reference ignores are not. */
  pixels: count,
  /** Share of pixels with the same class. */
  pixelAgreement: share,
  /** Mean of the IoU of the classes that occur, over all pictures together. */
  meanIou: share.nullable(),
  meanBoundaryIou: share.nullable(),
  classes: z.array(classScoreSchema),
  /** Rows: the reference's class, columns: the mask's; ids in `confusionIds`. */
  confusionIds: z.array(count),
  confusion: z.array(z.array(count)),
  /**
   * Differences of class ids as numbers: what the first write-ups of such conversions report. A class id is a name, so
   * they say little; kept so that figures can be laid side by side.
   */
  idDifference: z.object({ max: z.number(), median: z.number(), mean: z.number() }),
});
export type MaskComparison = z.infer<typeof maskComparisonSchema>;

export const verifiedPictureSchema = z.object({
  name: z.string(),
  width: count,
  height: count,
  agreement: share,
  /** IoU with the drawn mask, mean over its classes; null without one. */
  meanIou: share.nullable(),
  timings: timingsSchema,
});
export type VerifiedPicture = z.infer<typeof verifiedPictureSchema>;

export const engineVerificationSchema = z.object({
  format: z.literal(1),
  engineId: z.string(),
  modelName: z.string(),
  precision: z.string(),
  /** ISO 8601. */
  at: z.string(),
  images: z.string(),
  pictures: count,
  runtime: z.string(),
  device: z.string(),
  reference: z.object({ runtime: z.string(), precision: z.string() }),
  /** With the reference runtime's masks. */
  agreement: maskComparisonSchema,
  /** With drawn masks, of the engine and of the reference; null without masks. */
  accuracy: z.object({ engine: maskComparisonSchema, reference: maskComparisonSchema }).nullable(),
  /** The pictures that agree least, at most ten. */
  worst: z.array(verifiedPictureSchema),
  /** Medians over the pictures, nanoseconds. */
  timings: z.object({ engine: timingsSchema, reference: timingsSchema }),
  /** 95th percentiles; absent in files of earlier versions. */
  p95: z.object({ engine: timingsSchema, reference: timingsSchema }).optional(),
  /** Pictures that could not be read or segmented. */
  failures: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })),
});
export type EngineVerification = z.infer<typeof engineVerificationSchema>;
