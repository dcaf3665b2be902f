import { z } from 'zod';
import { errorReportSchema } from './job';
import { bytesSchema } from './mask';

const positiveInt = z.int().positive();
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** How the range of a value follows from what it was on the calibration pictures. */
export const rangeMethodSchema = z.enum(['mse', 'min-max', 'percentile', 'entropy']);

/** Layers that can compute in 8 bits. */
export const quantizedKindSchema = z.enum([
  'linear',
  'convolution',
  'depthwise',
  'attention',
  'classifier',
  'residual',
]);
export type QuantizedKind = z.infer<typeof quantizedKindSchema>;

/** The pass that writes 8 bits into a graph; see the recipe. */
export const quantizeStepSchema = z.strictObject({
  /** Always the last: it needs the ranges of a network that computes in 32 bits. */
  pass: z.literal('quantize'),
  format: z.enum(['int8', 'fp8']),
  method: rangeMethodSchema,
  kinds: z.array(quantizedKindSchema),
  /** Blocks and nodes that stay as they are. */
  keep: z.array(z.string()),
  /** Content hash of the calibration, `calibration.json` beside the engine; null: the build collects it. */
  statistics: sha256Schema.nullable(),
});
export type QuantizeStep = z.infer<typeof quantizeStepSchema>;

/** Where the ranges for 8 bits come from: pictures of a folder, or a file of ranges that were collected before. */
export const calibrationOrderSchema = z.strictObject({
  /** Absolute path; searched with all folders below it. */
  folder: z.string().min(1).optional(),
  /** In place of a folder: ids of open pictures, or absolute paths. */
  pictures: z.array(z.string().min(1)).min(1).optional(),
  /** Pictures that are chosen. */
  count: positiveInt.default(128),
  /** Which ones, where there are more. */
  seed: z.int().nonnegative().default(1),
  method: rangeMethodSchema.default('mse'),
  /** Names of blocks and nodes that stay in 16 bits. */
  keep: z.array(z.string()).default([]),
  /** Layers that compute in 8 bits; what suits the network and the runtime when left out. */
  kinds: z.array(quantizedKindSchema).min(1).optional(),
  /** Absolute path of a calibration; with a folder it is made from that where it is not there yet. */
  file: z.string().min(1).optional(),
});
export type CalibrationOrder = z.output<typeof calibrationOrderSchema>;

/** What a calibration would do, told before it is done. */
export const calibrationPreviewSchema = z.object({
  /** Pictures that there are to choose from, and how many are chosen. */
  found: z.int().nonnegative(),
  chosen: z.int().nonnegative(),
  /** The first of those chosen that can be read. */
  pictures: z.array(
    z.object({
      name: z.string(),
      width: positiveInt,
      height: positiveInt,
      /** A small picture that a browser shows; null where that many were shown already. */
      thumbnail: z.object({ mime: z.string(), bytes: bytesSchema }).nullable(),
    }),
  ),
  /** Of those chosen: what cannot be read, and why. A picture whose pixels are damaged may show only at work. */
  skipped: z.array(z.object({ file: z.string(), code: z.string(), message: z.string() })),
  /** How much of it was done before and is kept. */
  cached: z.enum(['none', 'partly', 'whole']),
  /** Pictures of it that were dealt with before. */
  done: z.int().nonnegative(),
  /** Blocks of the network that could stay in 16 bits, each with the number of its layers. */
  blocks: z.array(z.object({ name: z.string(), layers: positiveInt })),
  /** Each kind of layer that could compute in 8 bits, with how many the network has, and whether it does unless asked. */
  kinds: z.array(z.object({ kind: quantizedKindSchema, layers: z.int().nonnegative(), isDefault: z.boolean() })),
  warnings: z.array(errorReportSchema),
});
export type CalibrationPreview = z.infer<typeof calibrationPreviewSchema>;
