import { z } from 'zod';
import { modelInputSchema, modelOutputSchema, modelSummarySchema, preprocessingSchema } from './model';
import { calibrationOrderSchema, quantizeStepSchema } from './quantization';

const positiveInt = z.int().positive();
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

export const runtimeFamilySchema = z.enum(['tensorrt-10', 'tensorrt-11', 'tensorrt-rtx']);

/**
 * What the network computes in. It is written into the graph by passes; only TF32 is a flag of the builder. With `int8`
 * and `fp8` (E4M3) linear layers and convolutions compute in 8 bits and the rest in FP16.
 */
export const precisionSchema = z.enum(['fp32', 'tf32', 'fp16', 'bf16', 'int8', 'fp8']);
export type Precision = z.infer<typeof precisionSchema>;

export function isEightBit(precision: Precision): precision is 'int8' | 'fp8' {
  return precision === 'int8' || precision === 'fp8';
}

/** Batch and size of the pictures that go in; channels and layout are the network's. */
export const imageShapeSchema = z.strictObject({ batch: positiveInt, height: positiveInt, width: positiveInt });
export type ImageShape = z.infer<typeof imageShapeSchema>;

/** Three equal shapes make a static engine. */
export const shapeRangeSchema = z
  .strictObject({ min: imageShapeSchema, opt: imageShapeSchema, max: imageShapeSchema })
  .refine(isOrdered, { message: 'min must not exceed opt, nor opt max' });
export type ImageShapeRange = z.infer<typeof shapeRangeSchema>;

export function isStatic({ min, max }: ImageShapeRange): boolean {
  return min.batch === max.batch && min.height === max.height && min.width === max.width;
}

function isOrdered({ min, opt, max }: { min: ImageShape; opt: ImageShape; max: ImageShape }): boolean {
  const keys = ['batch', 'height', 'width'] as const;
  return keys.every((key) => min[key] <= opt[key] && opt[key] <= max[key]);
}

/** Passes that hand a part of the network to a plugin of ours; only where they were found to pay. */
export const extraPassSchema = z.enum(['fuse-decode-head', 'fuse-mixffn']);

/** Parts of a network that plugins of ours do in one kernel each, in 16 bits. */
export const pluginPartSchema = z.enum(['head', 'mixffn']);
export type PluginPart = z.infer<typeof pluginPartSchema>;

const pixelFormSchema = preprocessingSchema.omit({ size: true, resample: true });

/** One rewriting of the graph with all it needs, so that it can be done again. A new kind of pass is one more member. */
export const passStepSchema = z.discriminatedUnion('pass', [
  z.strictObject({ pass: z.literal('simplify') }),
  z.strictObject({ pass: z.literal('shape-reshape') }),
  z.strictObject({ pass: z.literal('dynamic-flatten') }),
  z.strictObject({ pass: z.literal('make-dynamic') }),
  z.strictObject({ pass: z.literal('set-shapes'), ...imageShapeSchema.shape }),
  z.strictObject({
    pass: z.literal('fuse-layernorm'),
    form: z.enum(['native', 'plugin']),
    /** Names of nodes or values: only the LayerNorms that hold one of them. */
    only: z.array(z.string()).optional(),
    /** With `plugin`: the addition in front of a norm goes into its node. */
    residual: z.boolean().optional(),
  }),
  z.strictObject({ pass: z.literal('fold-decode-head') }),
  z.strictObject({ pass: extraPassSchema }),
  z.strictObject({ pass: z.literal('image-input'), preprocessing: pixelFormSchema }),
  z.strictObject({ pass: z.literal('mask-output'), size: z.enum(['input', 'logits']) }),
  z.strictObject({
    pass: z.literal('to-float16'),
    /** Whether input and output stay float32, with casts beside them. */
    keepIo: z.boolean(),
  }),
  z.strictObject({ pass: z.literal('to-bfloat16') }),
  quantizeStepSchema,
]);
export type PassStep = z.infer<typeof passStepSchema>;

export const builderOptionsSchema = z.strictObject({
  /** `fp16-flag` is how builds were made before precision was written into graphs; to compare with, TensorRT 10 only. */
  typing: z.enum(['strong', 'fp16-flag']),
  tf32: z.boolean(),
  /** 0–5; null leaves the library's own. */
  level: z.int().min(0).max(5).nullable(),
  /** Null: as much as the device has. */
  workspaceBytes: positiveInt.nullable(),
  versionCompatible: z.boolean(),
  hardwareCompatibility: z.enum(['none', 'ampere-plus', 'same-compute-capability']),
  /** Ahead-of-time targets of TensorRT for RTX, such as 89 for sm_89; empty takes the library's own. */
  targets: z.array(z.int().min(50).max(999)),
});
export type BuilderOptions = z.infer<typeof builderOptionsSchema>;

/** `anywhere`: built without a device, for the targets that the builder options name. */
export const engineDeviceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gpu'), name: z.string(), computeCapability: positiveInt }),
  z.strictObject({ kind: z.literal('anywhere') }),
]);
export type EngineDevice = z.infer<typeof engineDeviceSchema>;

/** What was done to a model to make an engine of it: everything the engine depends on, and nothing else. */
export const recipeSchema = z.strictObject({
  format: z.literal(1),
  model: z.strictObject({
    sha256: sha256Schema,
    /** Of the weights that lie in files beside the model, in the order of the files' names; empty where there are none. */
    weights: z.array(sha256Schema),
    /** For people; not part of the key. */
    name: z.string(),
  }),
  passes: z.array(passStepSchema),
  shapes: shapeRangeSchema,
  precision: precisionSchema,
  builder: builderOptionsSchema,
  runtime: z.strictObject({ family: runtimeFamilySchema, version: z.string() }),
  device: engineDeviceSchema,
});
export type Recipe = z.infer<typeof recipeSchema>;

/** What a user decides; the rest of a recipe follows from the model and the machine. */
export const buildOrderSchema = z.strictObject({
  runtime: z.union([runtimeFamilySchema, z.literal('auto')]).default('auto'),
  precision: precisionSchema.default('fp16'),
  /** Left out: what the model's input and size policy say. */
  shapes: shapeRangeSchema.optional(),
  layerNorm: z.enum(['native', 'plugin', 'keep']).default('native'),
  /** With `plugin`: the LayerNorms that become plugins; the others become native ones. */
  pluginOnly: z.array(z.string()).optional(),
  foldHead: z.boolean().default(true),
  /** `auto`: those that were measured to pay, where device and precision allow them. */
  plugins: z.union([z.literal('auto'), z.array(pluginPartSchema)]).default('auto'),
  /** Whether the engine itself normalises 8-bit pixels, and whether it ends in class ids at the input's size. */
  imageInput: z.boolean().default(false),
  maskOutput: z.boolean().default(false),
  /** No passes at all: the graph as it was exported, for comparison. */
  plain: z.boolean().default(false),
  /** With `plain`: TensorRT 10's own choice of FP16 layers. */
  fp16Flag: z.boolean().default(false),
  level: builderOptionsSchema.shape.level.default(null),
  workspaceBytes: builderOptionsSchema.shape.workspaceBytes.default(null),
  versionCompatible: z.boolean().default(false),
  hardwareCompatibility: builderOptionsSchema.shape.hardwareCompatibility.default('none'),
  targets: builderOptionsSchema.shape.targets.default([]),
  /** CUDA device. */
  device: z.int().nonnegative().default(0),
  /** For `int8` and `fp8`. */
  calibration: calibrationOrderSchema.optional(),
  /**
   * Does again what this recipe says; of the other settings only runtime and device are then read, and of the calibration
   * where it comes from: with a folder it is made anew.
   */
  recipe: recipeSchema.optional(),
  /** Builds even when the library has this very engine. */
  fresh: z.boolean().default(false),
});
export type BuildOrder = z.output<typeof buildOrderSchema>;
export type BuildOrderInput = z.input<typeof buildOrderSchema>;

/** What an order's passes do to a network, tried out without TensorRT and without narrowing its numbers. */
export const rehearsalSchema = z.object({
  nodesBefore: z.int(),
  nodesAfter: z.int(),
  /** In the order in which they run. */
  steps: z.array(
    z.object({
      pass: z.string(),
      count: z.int().nonnegative(),
      /** The first of them. `reason` is a sentence for people. */
      findings: z.array(
        z.object({
          nodes: z.array(z.string()),
          reason: z.string(),
          before: z.string().optional(),
          after: z.string().optional(),
        }),
      ),
      nodesBefore: z.int(),
      nodesAfter: z.int(),
    }),
  ),
  /** Both graphs on ONNX Runtime; it cannot run plugins. */
  check: z.discriminatedUnion('outcome', [
    z.object({
      outcome: z.enum(['same', 'differs']),
      /** Share of pixels with the same class, 0–1. */
      pixelAgreement: z.number().nullable(),
      /** Largest difference over the largest magnitude. */
      relativeDifference: z.number().nullable(),
    }),
    z.object({ outcome: z.literal('plugins') }),
    z.object({ outcome: z.literal('not-run'), reason: z.string() }),
  ]),
});
export type Rehearsal = z.infer<typeof rehearsalSchema>;

export const engineTensorSchema = z.object({
  name: z.string(),
  isInput: z.boolean(),
  type: z.string(),
  /** -1: told at run time. */
  dims: z.array(z.int()),
});
export type EngineTensor = z.infer<typeof engineTensorSchema>;

const filePartSchema = z.object({ file: z.string(), bytes: z.int().nonnegative(), sha256: sha256Schema });

/** `engine.json` in an engine's folder: what was built, of what, how long it took, and what its files must be. */
export const engineRecordSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  /** ISO 8601. */
  builtAt: z.string(),
  recipe: recipeSchema,
  /** As it was at the build. */
  model: modelSummarySchema,
  /** Input and output of the graph that the engine was built from. */
  input: modelInputSchema,
  output: modelOutputSchema,
  tensors: z.array(engineTensorSchema),
  plan: filePartSchema,
  /** The rewritten graph. */
  graph: filePartSchema,
  layers: z.int().nonnegative(),
  passes: z.array(
    z.object({
      pass: z.string(),
      findings: z.int().nonnegative(),
      nodesBefore: z.int(),
      nodesAfter: z.int(),
      milliseconds: z.number(),
    }),
  ),
  /** Seconds. */
  times: z.object({ passes: z.number(), build: z.number(), total: z.number() }),
  /** Whether a timing cache of this runtime and device stood ready. */
  warmCache: z.boolean(),
  warnings: z.array(z.string()),
});
export type EngineRecord = z.infer<typeof engineRecordSchema>;

/**
 * - `ready`: can be opened here.
 * - `stale`: the model's file is another than it was built from.
 * - `foreign`: built for another runtime version or another device.
 * - `untrusted`: not built here, and nobody said that it may run.
 * - `damaged`: its files are not what they were.
 */
export const engineStateSchema = z.enum(['ready', 'stale', 'foreign', 'untrusted', 'damaged']);
export type EngineState = z.infer<typeof engineStateSchema>;

export const engineSummarySchema = z.object({
  id: z.string(),
  /** Absolute path of its folder. */
  path: z.string(),
  modelId: z.string(),
  modelName: z.string(),
  /** Absolute path of the ONNX file that it was built from. */
  modelPath: z.string(),
  precision: precisionSchema,
  layerNorm: z.enum(['native', 'plugin', 'mixed', 'as exported']),
  /** Without passes, as exported. */
  plain: z.boolean(),
  shapes: shapeRangeSchema,
  runtime: recipeSchema.shape.runtime,
  device: z.string(),
  planBytes: z.int().nonnegative(),
  layers: z.int().nonnegative(),
  builtAt: z.string(),
  buildSeconds: z.number(),
  state: engineStateSchema,
  /** What the state means here and what to do; empty when ready. */
  reason: z.string(),
  warnings: z.array(z.string()),
});
export type EngineSummary = z.infer<typeof engineSummarySchema>;

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
  gpuComputeTime: distributionSchema,
  h2dLatency: distributionSchema.nullable(),
  d2hLatency: distributionSchema.nullable(),
  enqueueTime: distributionSchema,
  latency: distributionSchema,
  /** Batches a second. */
  throughputQps: z.number(),
  imagesPerSecond: z.number(),
  deviceBytes: z.int().nonnegative(),
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
