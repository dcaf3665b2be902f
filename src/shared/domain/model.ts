import { z } from 'zod';
import { errorReportSchema } from './job';

const positiveInt = z.int().positive();
const byte = z.int().min(0).max(255);

/** Red, green, blue, each 0–255. */
export const rgbSchema = z.tuple([byte, byte, byte]);
export type Rgb = z.infer<typeof rgbSchema>;

/**
 * How a picture of any size becomes the network's input.
 *
 * - `stretch`: resized to exactly width x height, aspect ratio not kept (what SegFormer's own preprocessor does).
 * - `pad`: resized to fit, aspect ratio kept, the rest (right and bottom) filled with `fill`.
 * - `tile`: not resized; cut into width x height tiles that overlap, logits of overlapping parts averaged.
 * - `native`: not resized but when longer than `maxSide`; sides padded to a multiple of `multipleOf`.
 */
export const sizePolicySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('stretch'), width: positiveInt, height: positiveInt }),
  z.strictObject({
    mode: z.literal('pad'),
    width: positiveInt,
    height: positiveInt,
    fill: rgbSchema.default([0, 0, 0]),
  }),
  z.strictObject({ mode: z.literal('tile'), width: positiveInt, height: positiveInt, overlap: z.int().nonnegative() }),
  z.strictObject({ mode: z.literal('native'), multipleOf: positiveInt.default(32), maxSide: positiveInt }),
]);
export type SizePolicy = z.infer<typeof sizePolicySchema>;

/** The only definition of preprocessing. A network sees `(pixel * scale - mean[c]) / std[c]`, pixel in 0–255. */
export const preprocessingSchema = z.strictObject({
  size: sizePolicySchema,
  resample: z.enum(['bilinear', 'bicubic', 'nearest']).default('bilinear'),
  channelOrder: z.enum(['rgb', 'bgr']).default('rgb'),
  scale: z.number().positive(),
  /** In the network's channel order. */
  mean: z.tuple([z.number(), z.number(), z.number()]),
  /** In the network's channel order. */
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
});
export type Preprocessing = z.infer<typeof preprocessingSchema>;

export const labelSchema = z.strictObject({
  /** Class id: the value in the mask. */
  id: z.int().min(0).max(65534),
  name: z.string().min(1),
  color: rgbSchema,
});
export type Label = z.infer<typeof labelSchema>;

export const licenceSchema = z.object({ name: z.string(), url: z.string().optional(), text: z.string().optional() });
export type Licence = z.infer<typeof licenceSchema>;

export const outputKindSchema = z.enum(['logits', 'class-ids']);
export type OutputKind = z.infer<typeof outputKindSchema>;

/** `model.json`, the optional file beside an ONNX file. `file` defaults to the only ONNX file beside it. */
export const modelManifestSchema = z.object({
  format: z.literal(1),
  name: z.string().min(1),
  file: z.string().optional(),
  labels: z.array(labelSchema).optional(),
  preprocessing: preprocessingSchema.optional(),
  output: z.object({ kind: outputKindSchema, name: z.string().optional() }).optional(),
  licence: licenceSchema.optional(),
  provenance: z.record(z.string(), z.unknown()).optional(),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;

/** Where labels or preprocessing came from, in the order they are looked for; `assumed` asks for the user's eye. */
export const metadataSourceSchema = z.enum(['user', 'manifest', 'onnx-metadata', 'huggingface', 'assumed']);
export type MetadataSource = z.infer<typeof metadataSourceSchema>;

const dimSchema = positiveInt.nullable();

/** The image input as the ONNX file declares it; `null` stands for a dynamic dimension. */
export const modelInputSchema = z.object({
  name: z.string(),
  layout: z.enum(['NCHW', 'NHWC']),
  type: z.enum(['float32', 'float16', 'uint8']),
  batch: dimSchema,
  channels: z.union([z.literal(1), z.literal(3)]),
  height: dimSchema,
  width: dimSchema,
});
export type ModelInput = z.infer<typeof modelInputSchema>;

export const modelOutputSchema = z.object({
  name: z.string(),
  kind: outputKindSchema,
  /** Layout of logits; class ids have none. */
  layout: z.enum(['NCHW', 'NHWC']).optional(),
  /** Number of classes where the graph tells, else null. */
  classes: positiveInt.nullable(),
});
export type ModelOutput = z.infer<typeof modelOutputSchema>;

export const modelSummarySchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Absolute path of the ONNX file. */
  path: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** True for the model that ships with the studio. */
  bundled: z.boolean(),
  irVersion: z.int(),
  opset: z.int(),
  producer: z.string(),
  input: modelInputSchema,
  output: modelOutputSchema,
  labels: z.array(labelSchema),
  labelsSource: metadataSourceSchema,
  preprocessing: preprocessingSchema,
  preprocessingSource: metadataSourceSchema,
  licence: licenceSchema.optional(),
  /** What was assumed, what contradicts what. Codes in small letters are no errors; see shared/remark.ts. */
  warnings: z.array(errorReportSchema),
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;
