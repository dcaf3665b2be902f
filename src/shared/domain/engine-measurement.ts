import { z } from 'zod';
import { engineRecordSchema, engineSummarySchema, engineTensorSchema, imageShapeSchema, recipeSchema } from './engine';

const positiveInt = z.int().positive();

export const engineLayerSchema = z.object({
  name: z.string(),
  /** TensorRT's word, such as `conv_act_pool` or `kgen`. */
  kind: z.string(),
  /** Types of what it reads and gives, such as `fp16`, each once. */
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  /** 8 bits where it reads them, else the narrowest type that it gives; what it computes in as far as TensorRT tells. */
  precision: z.string(),
  /** Names of the nodes of the rewritten graph that it computes. */
  nodes: z.array(z.string()),
});
export type EngineLayer = z.infer<typeof engineLayerSchema>;

export const engineInspectionSchema = z.object({
  engine: engineSummarySchema,
  recipe: recipeSchema,
  tensors: z.array(engineTensorSchema),
  profiles: z.array(
    z.array(z.object({ name: z.string(), min: z.array(z.int()), opt: z.array(z.int()), max: z.array(z.int()) })),
  ),
  layers: z.array(engineLayerSchema),
  /** Number of layers by precision. */
  precisions: z.record(z.string(), z.int()),
  /** Layers that compute wider than was asked for, without being a conversion at the edge. */
  notHonoured: z.array(z.object({ name: z.string(), precision: z.string(), nodes: z.array(z.string()) })),
  /** Bytes; null where the engine was not opened on this machine. */
  memory: z.object({ plan: z.int(), device: z.int().nullable(), weights: z.int().nullable() }),
  passes: engineRecordSchema.shape.passes,
  /** Why something above is missing; empty otherwise. */
  note: z.string(),
});
export type EngineInspection = z.infer<typeof engineInspectionSchema>;

export const engineProfileSchema = z.object({
  engineId: z.string(),
  shape: imageShapeSchema,
  runs: positiveInt,
  /** Sum of the layers' medians, milliseconds. Timing each layer slows the whole down. */
  totalMs: z.number(),
  /** The slowest first. */
  layers: z.array(
    z.object({
      name: z.string(),
      medianMs: z.number(),
      /** Of the sum, 0–1. */
      share: z.number(),
      precision: z.string(),
      nodes: z.array(z.string()),
    }),
  ),
});
export type EngineProfile = z.infer<typeof engineProfileSchema>;

/** Milliseconds over all timed iterations, in trtexec's words. */
export const distributionSchema = z.object({
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  median: z.number(),
  p90: z.number(),
  p95: z.number(),
  p99: z.number(),
});
export type Distribution = z.infer<typeof distributionSchema>;

export const gpuConditionSchema = z.object({
  smClockMHz: z.number().nullable(),
  memoryClockMHz: z.number().nullable(),
  temperatureC: z.number().nullable(),
  powerW: z.number().nullable(),
});
export type GpuCondition = z.infer<typeof gpuConditionSchema>;

/** From pixels in host memory to a mask in host memory, through the session that pictures go through. */
const endToEndSchema = z.object({
  /** Whether pixels and masks lie in memory that the device reads directly. */
  pinned: z.boolean(),
  iterations: positiveInt,
  stages: z.object({
    preprocess: distributionSchema,
    transferIn: distributionSchema,
    infer: distributionSchema,
    postprocess: distributionSchema,
    transferOut: distributionSchema,
    /** The whole, by the wall clock of the program that asks. */
    total: distributionSchema,
  }),
  /** Total less the network itself, medians. */
  overheadMs: z.number(),
});
export type EndToEnd = z.infer<typeof endToEndSchema>;

export const benchReportSchema = z.object({
  engine: engineSummarySchema,
  device: z.string(),
  driver: z.string(),
  shape: imageShapeSchema,
  iterations: positiveInt,
  warmUpMs: z.number(),
  cudaGraph: z.boolean(),
  /** Of the network alone: by the device's events or, on a processor, by the clock. */
  gpuComputeTime: distributionSchema,
  h2dLatency: distributionSchema.nullable(),
  d2hLatency: distributionSchema.nullable(),
  /** Null on a processor. */
  enqueueTime: distributionSchema.nullable(),
  latency: distributionSchema,
  /** Batches a second. */
  throughputQps: z.number(),
  imagesPerSecond: z.number(),
  /** Memory of the device; null on a processor. */
  deviceBytes: z.int().nonnegative().nullable(),
  /** Of the processor; null on a device. */
  threads: positiveInt.nullable(),
  endToEnd: z.array(endToEndSchema),
  /** Null without nvidia-smi. */
  before: gpuConditionSchema.nullable(),
  after: gpuConditionSchema.nullable(),
});
export type BenchReport = z.infer<typeof benchReportSchema>;

export const benchOptionsSchema = z.strictObject({
  shape: imageShapeSchema.optional(),
  iterations: positiveInt.default(200),
  warmUpMs: z.int().nonnegative().default(200),
  minSeconds: z.number().nonnegative().default(0),
  cudaGraph: z.boolean().default(true),
  transfers: z.boolean().default(true),
  endToEnd: z.boolean().default(false),
});
export type BenchOrder = z.output<typeof benchOptionsSchema>;
