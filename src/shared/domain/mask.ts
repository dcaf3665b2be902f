import { z } from 'zod';
import { decodeRuns, encodeRuns } from '../mask-runs';

export const bytesSchema = z.instanceof(Uint8Array);

const maskSizeShape = {
  width: z.int().positive(),
  height: z.int().positive(),
  bytesPerId: z.union([z.literal(1), z.literal(2)]),
};

const plainMaskSchema = z
  .object({ ...maskSizeShape, data: bytesSchema })
  .refine((mask) => mask.data.byteLength === mask.width * mask.height * mask.bytesPerId, {
    message: 'mask data must hold width x height x bytesPerId bytes',
  });

/** A mask on its way between processes, see {@link packMask}. */
const packedMaskSchema = z.object({ ...maskSizeShape, runs: bytesSchema }).transform((packed, context) => {
  const { runs, ...size } = packed;
  const data = decodeRuns(runs, size);
  if (data !== null) return { ...size, data };
  context.addIssue({ code: 'custom', message: 'mask runs must fill width x height ids' });
  return z.NEVER;
});

/**
 * Class ids, row-major, top row first, at the frame's size. Never colour: that is the renderer's business.
 * `data` holds width * height * bytesPerId bytes; two-byte ids (past 255 classes) are little-endian.
 */
export const maskSchema = z.union([packedMaskSchema, plainMaskSchema]);
export type Mask = z.output<typeof plainMaskSchema>;

/** The same mask in the form that crosses processes fastest: as runs where they are much smaller. */
export function packMask(mask: Mask): z.input<typeof maskSchema> {
  const { data, ...size } = mask;
  const runs = encodeRuns(data, size.bytesPerId);
  return runs === null ? mask : { ...size, runs };
}

/** Share of a mask's pixels, 0–1, most frequent first; classes with no pixel are left out. */
export const classShareSchema = z.object({
  id: z.int().nonnegative(),
  label: z.string(),
  pixels: z.int().nonnegative(),
  share: z.number().min(0).max(1),
});
export type ClassShare = z.infer<typeof classShareSchema>;

const nanoseconds = z.number().nonnegative();

/**
 * Nanoseconds of a monotonic clock, one frame. Stages that a runtime does not have are 0. `total` is wall time from the
 * encoded picture (or raw frame) to the mask, so it is at least the sum of the stages. Warm-up runs are never counted.
 */
export const timingsSchema = z.object({
  decode: nanoseconds,
  preprocess: nanoseconds,
  transferIn: nanoseconds,
  infer: nanoseconds,
  postprocess: nanoseconds,
  transferOut: nanoseconds,
  total: nanoseconds,
});
export type Timings = z.infer<typeof timingsSchema>;
