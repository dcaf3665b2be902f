import { z } from 'zod';
import { maskStyleSchema } from './domain/export';
import { bytesSchema, classShareSchema, maskSchema, timingsSchema } from './domain/mask';
import { pictureEntrySchema } from './domain/picture';
import { rawFrameSchema } from './domain/raw-frame';
import { videoExportCalls, videoFormatSchema } from './video-export-contract';

/** The part of the contract that is about video: frames in, masks out. */

/** The mask of one frame, under the number that the frame was sent with. */
export const frameSegmentationSchema = z.object({
  frame: z.int().nonnegative(),
  sessionId: z.string(),
  mask: maskSchema,
  classes: z.array(classShareSchema),
  timings: timingsSchema,
  /** Nanoseconds that the frame waited for the engine, before `timings` begin. */
  waited: z.number().nonnegative(),
});
export type FrameSegmentation = z.infer<typeof frameSegmentationSchema>;

export const videoCalls = {
  /** The video that ships with the studio; null where it was left out. */
  'video.sample': { args: z.object({}), result: pictureEntrySchema.nullable() },
  /** Bytes `start` up to but not including `end` of a video's file, at most 16 MiB; fewer at its end. */
  'video.read': {
    args: z.object({ pictureId: z.string(), start: z.int().nonnegative(), end: z.int().positive() }),
    result: z.object({ bytes: bytesSchema, sizeBytes: z.int().nonnegative() }),
  },
  'session.segmentFrame': {
    args: z.object({
      sessionId: z.string(),
      /** Comes back with the mask, so that a mask never meets another frame. */
      frame: z.int().nonnegative(),
      picture: rawFrameSchema,
      /** Names the video, for what is kept from frame to frame; null keeps nothing. */
      stream: z.string().nullable().default(null),
      /** The class of most of this many frames, the newest last, wins at each pixel; 1 is off. */
      smoothing: z.int().min(1).max(9).default(1),
    }),
    result: frameSegmentationSchema,
  },
  /** A whole video through a session, decoded and encoded by the ffmpeg of this machine; as a job. */
  'video.export': {
    args: z.object({
      sessionId: z.string(),
      path: z.string(),
      /** A file for `overlay`, `mask` and `csv`, a folder for `png`. */
      out: z.string(),
      format: videoFormatSchema,
      /** Every n-th frame only. */
      every: z.int().positive().default(1),
      smoothing: z.int().min(1).max(9).default(1),
      style: maskStyleSchema,
      /** Begins anew where an earlier start of the same export has broken off, rather than going on there. */
      fresh: z.boolean().default(false),
    }),
    result: z.object({ jobId: z.string() }),
  },
  ...videoExportCalls,
} as const;
