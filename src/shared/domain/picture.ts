import { z } from 'zod';

/** A picture or video that the user has put on the film strip. Nothing of it is read before it is needed. */
export const pictureEntrySchema = z.object({
  id: z.string(),
  /** File name without folder. */
  name: z.string(),
  /** Absolute path; null for pasted or uploaded pictures. */
  path: z.string().nullable(),
  sizeBytes: z.int().nonnegative(),
  kind: z.enum(['image', 'video']),
});
export type PictureEntry = z.infer<typeof pictureEntrySchema>;

export const pictureInfoSchema = z.object({
  id: z.string(),
  /** Pixels, after EXIF orientation: what is shown and what the mask has. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** `jpeg`, `png`, `webp`, `tiff`, … as found in the content, whatever the file is called. */
  format: z.string(),
  bitDepth: z.int().positive(),
  channels: z.int().positive(),
  /** EXIF orientation 1–8, already applied to width and height. */
  orientation: z.int().min(1).max(8),
  /** Number of frames of an animation; only the first is segmented. */
  frames: z.int().positive(),
});
export type PictureInfo = z.infer<typeof pictureInfoSchema>;
