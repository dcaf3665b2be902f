import { z } from 'zod';
import { bytesSchema } from './mask';

/**
 * Uncompressed pixels of one video frame, 8 bit, oriented as shown, planes and rows without padding:
 * - `i420`: Y, then U, then V, chroma halved in both directions (rounded up);
 * - `nv12`: Y, then U and V interleaved;
 * - `rgba`: sRGB, alpha ignored.
 */
export const rawFormatSchema = z.enum(['i420', 'nv12', 'rgba']);
export type RawFormat = z.infer<typeof rawFormatSchema>;

export const rawFrameSchema = z
  .object({
    format: rawFormatSchema,
    /** Pixels. 8K is the largest that decoders give. */
    width: z.int().positive().max(16_384),
    height: z.int().positive().max(16_384),
    /** How Y, U and V become red, green and blue; of no meaning for `rgba`. */
    matrix: z.enum(['bt601', 'bt709']).default('bt709'),
    /** Y from 0 to 255 instead of 16 to 235. */
    fullRange: z.boolean().default(false),
    data: bytesSchema,
  })
  .refine((frame) => frame.data.byteLength === rawFrameBytes(frame), {
    message: 'frame data must hold exactly the planes of its format and size',
  });
export type RawFrame = z.output<typeof rawFrameSchema>;

/** Bytes that a frame of this format and size has. */
export function rawFrameBytes(frame: {
  readonly format: RawFormat;
  readonly width: number;
  readonly height: number;
}): number {
  const { format, width, height } = frame;
  if (format === 'rgba') return width * height * 4;
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}
