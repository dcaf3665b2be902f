import { z } from 'zod';

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
  /** Pictures that are chosen. */
  count: positiveInt.default(128),
  /** Which ones, where there are more. */
  seed: z.int().nonnegative().default(1),
  method: rangeMethodSchema.default('mse'),
  /** Names of blocks and nodes that stay in 16 bits. */
  keep: z.array(z.string()).default([]),
  /** Absolute path of a calibration; with a folder it is made from that where it is not there yet. */
  file: z.string().min(1).optional(),
});
export type CalibrationOrder = z.output<typeof calibrationOrderSchema>;
