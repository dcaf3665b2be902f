import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.int().nonnegative();

/** What is kept beside an engine: its name, and what was last measured of it. */
export const engineKeptSchema = z.object({
  engineId: z.string(),
  /** Given by the user; empty where none was. */
  name: z.string(),
  /** Of the last comparison with the reference. */
  agreement: z
    .object({
      pixelAgreement: share,
      meanIou: share.nullable(),
      pictures: count,
      /** Such as `ONNX Runtime 1.30.0 FP32`. */
      reference: z.string(),
      /** ISO 8601. */
      at: z.string(),
      /** Medians over the pictures, from pixels to mask, milliseconds. */
      engineMs: z.number(),
      referenceMs: z.number(),
    })
    .nullable(),
  /** Of the last benchmark: the network alone. */
  latency: z
    .object({
      medianMs: z.number(),
      p99Ms: z.number(),
      iterations: count,
      device: z.string(),
      at: z.string(),
    })
    .nullable(),
});
export type EngineKept = z.infer<typeof engineKeptSchema>;

export const engineNameSchema = z.string().trim().max(80);

const sizedSchema = z.object({
  /** All activations that are held at once, at the fullest moment. */
  activationBytes: z.number().nonnegative(),
  inputBytes: z.number().nonnegative(),
});

/** Computed from the shapes of the rewritten graph; what a runtime takes beside them is not known beforehand. */
export const memoryEstimateSchema = z.object({
  weightBytes: z.number().nonnegative(),
  opt: sizedSchema,
  max: sizedSchema,
  /** Nodes whose output sizes do not follow from the input's: the estimate is then too low. */
  unknown: count,
});
export type MemoryEstimate = z.infer<typeof memoryEstimateSchema>;
