import { z } from 'zod';
import { rgbSchema } from './model';
import { bytesSchema } from './mask';

/**
 * - `index`: PNG whose grey value is the class id (16 bit past 255 classes).
 * - `palette`: PNG with a colour table; the index is still the class id.
 * - `overlay`: the picture with the mask over it, as shown.
 * - `coco`: JSON in COCO's format, one run-length encoded annotation for each class.
 * - `csv`: class areas, one row for each picture and class.
 */
export const exportFormatSchema = z.enum(['index', 'palette', 'overlay', 'coco', 'csv']);
export type ExportFormat = z.infer<typeof exportFormatSchema>;

/** How masks are drawn; what the user sees is what the palette and overlay exports hold. */
export const maskStyleSchema = z.object({
  opacity: z.number().min(0).max(1).default(0.55),
  mode: z.enum(['fill', 'outline']).default('fill'),
  /** Pixels of the picture within which another class must lie for a pixel to be part of an outline. */
  outlineWidth: z.number().min(1).max(256).default(2),
  /** Colours that differ from the model's, by class id. */
  colors: z.record(z.string(), rgbSchema).default({}),
  hidden: z.array(z.int().nonnegative()).default([]),
});
export type MaskStyle = z.infer<typeof maskStyleSchema>;

export const exportedFileSchema = z.object({
  format: exportFormatSchema,
  /** File name, for example `street.index.png`. */
  name: z.string(),
  /** Absolute path when written to a folder, else null. */
  path: z.string().nullable(),
  mime: z.string(),
  /** Content when no folder was given (browser downloads), else null. */
  bytes: bytesSchema.nullable(),
});
export type ExportedFile = z.infer<typeof exportedFileSchema>;
