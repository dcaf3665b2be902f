import { z } from 'zod';
import { catalogueEntrySchema } from './domain/catalogue';
import { engineSummarySchema } from './domain/engine';
import { exportedFileSchema, exportFormatSchema, maskStyleSchema } from './domain/export';
import { errorReportSchema, jobSchema } from './domain/job';
import { bytesSchema, classShareSchema, maskSchema, timingsSchema } from './domain/mask';
import { modelSummarySchema, preprocessingSchema } from './domain/model';
import { pictureEntrySchema, pictureInfoSchema } from './domain/picture';
import { doctorItemSchema, runtimeIdSchema, runtimeStatusSchema, sessionInfoSchema } from './domain/runtime';
import { settingsChangeSchema, settingsSchema } from './domain/settings';
import { batchCalls } from './batch-contract';
import { runtimeCalls } from './runtime-calls';
import { videoCalls } from './video-contract';
import { engineCalls } from './engine-calls';
import { compareCalls } from './compare-contract';

/**
 * Everything a shell may ask of the studio: one schema for each call and event. Types on both sides are inferred from
 * here, and the receiver parses, so a renderer can neither send nor be sent anything else.
 */
const nothing = z.object({});
const none = z.null();

function call<A extends z.ZodType, R extends z.ZodType>(args: A, result: R): { args: A; result: R } {
  return { args, result };
}

export const segmentationSchema = z.object({
  pictureId: z.string(),
  sessionId: z.string(),
  picture: pictureInfoSchema,
  mask: maskSchema,
  classes: z.array(classShareSchema),
  timings: timingsSchema,
  /** True when the mask was kept from an earlier run; timings are then that run's. */
  cached: z.boolean(),
  /** Things worth saying about this picture (only the first of 12 frames, 16 bit reduced to 8, …). */
  notes: z.array(errorReportSchema),
});
export type Segmentation = z.infer<typeof segmentationSchema>;

const rejectedSchema = z.object({ name: z.string(), error: errorReportSchema });

export const calls = {
  'app.info': call(
    nothing,
    z.object({
      version: z.string(),
      /** Process id of the engine host. */
      hostPid: z.int(),
      platform: z.string(),
      runtimes: z.array(runtimeStatusSchema),
    }),
  ),
  'app.doctor': call(nothing, z.array(doctorItemSchema)),
  'settings.get': call(nothing, settingsSchema),
  /** Merges; answers with the whole. */
  'settings.update': call(settingsChangeSchema, settingsSchema),

  'models.list': call(nothing, z.array(modelSummarySchema)),
  /** Adds an ONNX file (or a folder that holds one) to the library, where it stays at its place. */
  'models.add': call(z.object({ path: z.string() }), modelSummarySchema),
  /** Adds an ONNX file from its bytes (a browser's drop), with the JSON files dropped beside it, if any. */
  'models.addBytes': call(
    z.object({ files: z.array(z.object({ name: z.string(), bytes: bytesSchema })).min(1) }),
    modelSummarySchema,
  ),
  'models.remove': call(z.object({ modelId: z.string() }), none),
  /** What the user picked where nothing told; kept beside the library, never written into the user's folder. */
  'models.configure': call(
    z.object({
      modelId: z.string(),
      preprocessing: preprocessingSchema.optional(),
      labels: z
        .array(z.object({ id: z.int(), name: z.string(), color: z.tuple([z.int(), z.int(), z.int()]) }))
        .optional(),
    }),
    modelSummarySchema,
  ),
  /** What the network would see: its input turned back into a picture (PNG). */
  'models.preview': call(
    z.object({ modelId: z.string(), pictureId: z.string(), preprocessing: preprocessingSchema }),
    z.object({ png: bytesSchema, width: z.int(), height: z.int() }),
  ),

  'catalogue.list': call(nothing, z.array(catalogueEntrySchema)),
  'catalogue.pull': call(
    z.object({
      repo: z.string(),
      revision: z.string().optional(),
      file: z.string().optional(),
      /** The user has seen the licence. Without it the call is refused. */
      licenceAccepted: z.boolean(),
    }),
    z.object({ jobId: z.string() }),
  ),

  /** Files and folders (walked in depth, natural order). Nothing is decoded yet. */
  'pictures.add': call(
    z.object({ paths: z.array(z.string()).min(1) }),
    z.object({ added: z.array(pictureEntrySchema), rejected: z.array(rejectedSchema) }),
  ),
  'pictures.addBytes': call(
    z.object({ name: z.string(), bytes: bytesSchema }),
    z.object({ added: z.array(pictureEntrySchema), rejected: z.array(rejectedSchema) }),
  ),
  /** The pictures that ship with the studio. */
  'pictures.samples': call(nothing, z.array(pictureEntrySchema)),
  'pictures.open': call(z.object({ pictureId: z.string() }), pictureInfoSchema),
  'pictures.remove': call(z.object({ pictureIds: z.array(z.string()) }), none),
  /** Encoded bytes a browser can show, oriented and in sRGB; `maxSide` bounds the longer side. */
  'pictures.read': call(
    z.object({ pictureId: z.string(), maxSide: z.int().positive().optional() }),
    z.object({ mime: z.string(), bytes: bytesSchema }),
  ),

  'session.open': call(
    z.object({
      modelId: z.string(),
      runtime: runtimeIdSchema.default('onnxruntime'),
      threads: z.int().nonnegative().default(0),
      /** With `tensorrt`: the engine to open; left out, the newest one of the model that runs here. */
      engineId: z.string().optional(),
    }),
    sessionInfoSchema,
  ),
  'session.close': call(z.object({ sessionId: z.string() }), none),
  'session.segment': call(
    z.object({
      sessionId: z.string(),
      pictureId: z.string(),
      /** Runs again even when the mask is kept. */
      fresh: z.boolean().default(false),
    }),
    segmentationSchema,
  ),

  ...engineCalls,

  ...compareCalls,

  'export.picture': call(
    z.object({
      sessionId: z.string(),
      pictureId: z.string(),
      formats: z.array(exportFormatSchema).min(1),
      style: maskStyleSchema,
      /** Absolute folder, granted; null answers with bytes. */
      directory: z.string().nullable(),
    }),
    z.array(exportedFileSchema),
  ),
  /** The same for many pictures, as a job. */
  'export.pictures': call(
    z.object({
      sessionId: z.string(),
      pictureIds: z.array(z.string()).min(1),
      formats: z.array(exportFormatSchema).min(1),
      style: maskStyleSchema,
      directory: z.string(),
    }),
    z.object({ jobId: z.string() }),
  ),

  ...batchCalls,

  ...videoCalls,

  ...runtimeCalls,

  'jobs.list': call(nothing, z.array(jobSchema)),
  'jobs.cancel': call(z.object({ jobId: z.string() }), none),
} as const;

export const events = {
  'jobs.changed': jobSchema,
  'models.changed': z.array(modelSummarySchema),
  'engines.changed': z.array(engineSummarySchema),
  'settings.changed': settingsSchema,
} as const;

export type CallName = keyof typeof calls;
/** What a caller passes: defaults may be left out. */
export type CallInput<K extends CallName> = z.input<(typeof calls)[K]['args']>;
/** What an implementation receives: parsed. */
export type CallArgs<K extends CallName> = z.output<(typeof calls)[K]['args']>;
export type CallResult<K extends CallName> = z.output<(typeof calls)[K]['result']>;

export type EventName = keyof typeof events;
export type EventPayload<K extends EventName> = z.output<(typeof events)[K]>;

export interface CallContext {
  /** Aborted when the caller cancels or goes away. */
  readonly signal: AbortSignal;
  /** Aborted when the caller goes away, long after the call perhaps; absent where callers stay. */
  readonly gone?: AbortSignal;
}

/** What `studio` implements. */
export type StudioHandlers = {
  readonly [K in CallName]: (args: CallArgs<K>, context: CallContext) => Promise<CallResult<K>>;
};

export type EmitEvent = <K extends EventName>(name: K, payload: EventPayload<K>) => void;
