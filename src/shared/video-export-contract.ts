import { z } from 'zod';
import { maskStyleSchema } from './domain/export';
import { bytesSchema, maskSchema } from './domain/mask';

/**
 * The part of the contract that is about a window's own export of a video. The window decodes and encodes; the studio
 * keeps what is done, frame by frame, so that an export that was cancelled or whose window or host died goes on there.
 */
export const videoFormatSchema = z.enum(['overlay', 'mask', 'png', 'csv']);
export type VideoFormat = z.infer<typeof videoFormatSchema>;

/** What the user chose. An export that goes on does so with what it was begun with. */
export const exportSettingsSchema = z.object({
  /** Number of the first frame. */
  from: z.int().nonnegative(),
  /** Number of the last frame; null: to the end. */
  to: z.int().nonnegative().nullable(),
  /** Every n-th frame only. */
  every: z.int().positive(),
  smoothing: z.int().min(1).max(9),
  /** How masks are drawn, with the colour of every class that has one; null where nothing is drawn. */
  style: maskStyleSchema.nullable(),
});
export type ExportSettings = z.infer<typeof exportSettingsSchema>;

/** Where an export leads; the first three also name what is kept of one that has broken off. */
const placeShape = {
  /** Absolute folder, granted; null: kept by the studio until the window has it all as a download. */
  directory: z.string().nullable(),
  /** File name without its ending. */
  stem: z.string(),
  format: videoFormatSchema,
};

const orderShape = {
  ...placeShape,
  sessionId: z.string(),
  /** A file of the studio's, or what a window knows of one of its own. */
  video: z.union([
    z.object({ pictureId: z.string() }),
    z.object({ name: z.string(), sizeBytes: z.number().nonnegative(), modifiedMs: z.number() }),
  ]),
  /** What frames are encoded as, for example `avc 1280x720`; empty where they are not. */
  encoding: z.string(),
};
export const exportOrderSchema = z.object(orderShape);
export type ExportOrder = z.infer<typeof exportOrderSchema>;

/** What may have changed since an export was begun, so that frames of then and now do not belong together. */
export const exportDifferenceSchema = z.enum(['video', 'engine', 'encoding', 'settings']);
export type ExportDifference = z.infer<typeof exportDifferenceSchema>;

export const keptExportSchema = z.object({
  /** Frames that are done, as the journal has them. */
  frames: z.int().nonnegative(),
  settings: exportSettingsSchema,
  /** Name and precision of what it was begun with. */
  engineName: z.string(),
  /** Apart from settings: those it was begun with are at hand. */
  differs: z.array(exportDifferenceSchema),
  /** Another window, or this one, is at work on it. */
  busy: z.boolean(),
});
export type KeptExport = z.infer<typeof keptExportSchema>;

/** One step of an export, kept before the answer. */
export const exportStepSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('picture'), frame: z.int().nonnegative(), mask: maskSchema }),
  /** Rows of the table, with their line ends. */
  z.object({ kind: z.literal('rows'), frame: z.int().nonnegative(), rows: z.string() }),
  /** The next so many frames, encoded; can be decoded without what is before. */
  z.object({ kind: z.literal('part'), frames: z.int().positive(), bytes: bytesSchema }),
]);
export type ExportStep = z.input<typeof exportStepSchema>;

const exportId = z.string();
const none = z.null();

export const videoExportCalls = {
  /** What is kept of an export that has broken off; null where there is nothing. */
  'videoExport.kept': { args: z.object(orderShape), result: keptExportSchema.nullable() },
  /**
   * Opens an export for this window alone. `begin` goes on with what is kept of the same one and refuses to replace that
   * of another; `continue` refuses where nothing is kept; `again` forgets what is kept.
   */
  'videoExport.open': {
    args: z.object({ ...orderShape, settings: exportSettingsSchema, how: z.enum(['begin', 'continue', 'again']) }),
    result: z.object({
      exportId,
      /** Numbers of the frames that are done and whole. */
      done: z.array(z.int().nonnegative()),
      /** Names for `videoExport.read`: of encoded parts, in order, or of pictures. */
      parts: z.array(z.string()),
    }),
  },
  /** Answers with the name of what was kept; null where it is no file. */
  'videoExport.add': {
    args: z.object({ exportId, step: exportStepSchema }),
    result: z.object({ name: z.string().nullable() }),
  },
  'videoExport.read': { args: z.object({ exportId, name: z.string() }), result: z.object({ bytes: bytesSchema }) },
  /** A piece of the new file, which has no name before `videoExport.finish`. */
  'videoExport.write': {
    args: z.object({ exportId, position: z.int().nonnegative(), bytes: bytesSchema }),
    result: none,
  },
  /**
   * What was made gets its name, and what was kept goes. Answers with the paths of what was made; without a folder with
   * the content of a table, while all else is the window's already.
   */
  'videoExport.finish': {
    args: z.object({ exportId, ending: z.string() }),
    result: z.object({ paths: z.array(z.string()), bytes: bytesSchema.nullable() }),
  },
  /** Lets go of an export; what is done stays. */
  'videoExport.close': { args: z.object({ exportId }), result: none },
  /** Forgets what is kept. */
  'videoExport.discard': { args: z.object(placeShape), result: none },
} as const;
