import { z } from 'zod';
import {
  buildOrderSchema,
  engineSummarySchema,
  imageShapeSchema,
  recipeSchema,
  rehearsalSchema,
} from './domain/engine';
import {
  benchOptionsSchema,
  benchReportSchema,
  engineInspectionSchema,
  engineProfileSchema,
} from './domain/engine-measurement';
import { engineKeptSchema, engineNameSchema, memoryEstimateSchema } from './domain/engine-kept';
import { calibrationPreviewSchema } from './domain/quantization';
import { bytesSchema } from './domain/mask';
import { keptTuningSchema, tuneOrderSchema } from './domain/tuning';
import { engineVerificationSchema } from './domain/verification';

const engineId = z.object({
  /** An id, or as many of its first characters as are unique. */
  engineId: z.string().min(1),
});

/** What a shell may ask of the engine library; part of the contract. */
export const engineCalls = {
  'engines.list': { args: z.object({}), result: z.array(engineSummarySchema) },
  /** What a build with this order would do, without building. */
  'engines.draft': { args: z.object({ modelId: z.string(), order: buildOrderSchema }), result: recipeSchema },
  /** What the order's passes find and change, checked on ONNX Runtime; needs no TensorRT. */
  'engines.rehearse': { args: z.object({ modelId: z.string(), order: buildOrderSchema }), result: rehearsalSchema },
  /** A job; its only result is the engine's id. Builds for one device queue. */
  'engines.build': {
    args: z.object({ modelId: z.string(), order: buildOrderSchema }),
    result: z.object({ jobId: z.string() }),
  },
  /**
   * A job that finds out what of the network bears 8 bits; its only result is the tuning's key. Takes its turn among the
   * builds of its device. One that was broken off goes on where it was.
   */
  'engines.tune': {
    args: z.object({ modelId: z.string(), order: buildOrderSchema, tune: tuneOrderSchema }),
    result: z.object({ jobId: z.string() }),
  },
  /** What tunings of this network found, unfinished ones included; the newest first. */
  'engines.tunings': { args: z.object({ modelId: z.string() }), result: z.array(keptTuningSchema) },
  'engines.inspect': { args: engineId, result: engineInspectionSchema },
  'engines.profile': {
    args: engineId.extend({ runs: z.int().positive().max(10_000).default(50), shape: imageShapeSchema.optional() }),
    result: engineProfileSchema,
  },
  'engines.bench': { args: engineId.extend({ options: benchOptionsSchema }), result: benchReportSchema },
  /** Moves the engine to the library's trash; `engines.restore` brings it back. */
  'engines.remove': { args: engineId, result: z.object({ engineId: z.string() }) },
  'engines.restore': { args: engineId, result: engineSummarySchema },
  /** Says that an engine from elsewhere may run here: an engine is code. */
  'engines.trust': { args: engineId, result: engineSummarySchema },
  /** Copies an engine's files to a folder, for another machine or another program. */
  'engines.export': {
    args: engineId.extend({ directory: z.string() }),
    result: z.object({ files: z.array(z.string()) }),
  },
  /** Takes in an engine's folder that was exported elsewhere; it is not trusted yet. */
  'engines.import': { args: z.object({ path: z.string() }), result: engineSummarySchema },
  /**
   * A job that compares with ONNX Runtime on the pictures of a folder, or on pictures that are open;
   * `engines.verification` has what it found.
   */
  'engines.verify': {
    args: engineId
      .extend({
        images: z.string().optional(),
        pictureIds: z.array(z.string()).min(1).optional(),
        masks: z.string().optional(),
        limit: z.int().positive().optional(),
      })
      .refine(({ images, pictureIds }) => (images === undefined) !== (pictureIds === undefined), {
        message: 'name either a folder or pictures',
      }),
    result: z.object({ jobId: z.string() }),
  },
  /** The name of every engine, and what was last measured of it. */
  'engines.kept': { args: z.object({}), result: z.array(engineKeptSchema) },
  /** Small pictures of where the worst pictures of the last comparison differ, the worst first. */
  'engines.differences': {
    args: engineId,
    result: z.array(z.object({ name: z.string(), mime: z.string(), bytes: bytesSchema })),
  },
  /** An empty name takes the name away. */
  'engines.rename': { args: engineId.extend({ name: engineNameSchema }), result: z.object({ engineId: z.string() }) },
  /** What an engine of this order will need, from shapes alone. */
  'engines.estimate': {
    args: z.object({ modelId: z.string(), order: buildOrderSchema }),
    result: memoryEstimateSchema,
  },
  /** Which pictures a calibration of this order would take, and how much of it is there; runs nothing. */
  'engines.previewCalibration': {
    args: z.object({ modelId: z.string(), order: buildOrderSchema }),
    result: calibrationPreviewSchema,
  },
  /** Takes in a calibration that the user brought along; `file` is then what an order names. */
  'engines.addCalibration': {
    args: z.object({ name: z.string(), text: z.string().max(256 * 2 ** 20) }),
    result: z.object({ file: z.string(), modelName: z.string(), pictures: z.int().nonnegative() }),
  },
  /** Of the last comparison; null when there was none. */
  'engines.verification': { args: engineId, result: engineVerificationSchema.nullable() },
} as const;
