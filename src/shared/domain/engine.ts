import { z } from 'zod';
import { errorReportSchema, logLineSchema } from './job';
import { modelInputSchema, modelOutputSchema, modelSummarySchema, preprocessingSchema } from './model';
import { calibrationOrderSchema, quantizeStepSchema, quantizedKindSchema } from './quantization';

const positiveInt = z.int().positive();
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** What engines are built for and run on. `onnxruntime` needs no GPU: its engines run on the processor. */
export const runtimeFamilySchema = z.enum(['tensorrt-10', 'tensorrt-11', 'tensorrt-rtx', 'onnxruntime']);
export type EngineFamily = z.infer<typeof runtimeFamilySchema>;

/** The runtime that opens an engine of this family: what `session.open` is told. */
export function runtimeOfFamily(family: EngineFamily): 'onnxruntime' | 'tensorrt' {
  return family === 'onnxruntime' ? 'onnxruntime' : 'tensorrt';
}

/**
 * What the network computes in. It is written into the graph by passes; only TF32 is a flag of the builder. With `int8`
 * and `fp8` (E4M3) linear layers (convolutions where there are none) compute in 8 bits and the rest in FP16.
 */
export const precisionSchema = z.enum(['fp32', 'tf32', 'fp16', 'bf16', 'int8', 'fp8']);
export type Precision = z.infer<typeof precisionSchema>;

export function isEightBit(precision: Precision): precision is 'int8' | 'fp8' {
  return precision === 'int8' || precision === 'fp8';
}

/** Batch and size of the pictures that go in; channels and layout are the network's. */
const side = positiveInt.max(65_536);
export const imageShapeSchema = z.strictObject({ batch: side, height: side, width: side });
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
    /** Names of nodes that stay in 32 bits: what their values reach on pictures would overflow. */
    keep: z.array(z.string()).optional(),
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

/**
 * - `anywhere`: built without a device, for the targets that the builder options name.
 * - `cpu`: ONNX Runtime's; any processor of the architecture (`x64`, `arm64`), since its kernels are chosen at run time.
 */
export const engineDeviceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('gpu'), name: z.string(), computeCapability: positiveInt }),
  z.strictObject({ kind: z.literal('anywhere') }),
  z.strictObject({ kind: z.literal('cpu'), arch: z.string().min(1) }),
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
  passes: z.array(passStepSchema).max(64),
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
  /** Left out: FP16 on a device; FP32 on a processor, and where the network is built as it was exported. */
  precision: precisionSchema.optional(),
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
   * For `int8` and `fp8`, with pictures: least share of pixels whose class shall be the reference's, above 0 and up to 1. The
   * blocks that stand against it are found and stay out of 8 bits.
   */
  targetAgreement: z.number().positive().max(1).optional(),
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

/** A small part of a graph, laid out from top to bottom; pixels. */
const graphPictureSchema = z.object({
  width: z.number(),
  height: z.number(),
  nodes: z.array(
    z.object({
      /** The operator. */
      title: z.string(),
      name: z.string(),
      /** `around`: not concerned; shows where the others stand. */
      kind: z.enum(['changed', 'plugin', 'around']),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
    }),
  ),
  edges: z.array(z.array(z.object({ x: z.number(), y: z.number() }))),
});
export type GraphPicture = z.infer<typeof graphPictureSchema>;

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
          /** Of which shells make their own sentence. */
          code: z.string(),
          details: z.record(z.string(), z.union([z.string(), z.number()])),
          before: z.string().optional(),
          after: z.string().optional(),
        }),
      ),
      nodesBefore: z.int(),
      nodesAfter: z.int(),
      /** The place of the first finding, before and after; null where there is nothing to draw. */
      picture: z.object({ before: graphPictureSchema, after: graphPictureSchema }).nullable(),
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
    /** `reason` is the message of an error of this code. */
    z.object({ outcome: z.literal('not-run'), code: z.string(), reason: z.string() }),
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

export const engineProofSchema = z.object({
  /** Share of pixels with the same class, 0–1. */
  pixelAgreement: z.number().min(0).max(1),
  pictures: z.int().positive(),
});
export type EngineProof = z.infer<typeof engineProofSchema>;

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
  /** Lines of the runtime's log, and what we say ourselves. */
  warnings: z.array(logLineSchema),
  /** Of its masks with those of the network on ONNX Runtime, right after the build; null where they were not compared. */
  proof: engineProofSchema.nullable().default(null),
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
  /** What the state means here and what to do; empty when ready. `why` is what shells in other languages make theirs of. */
  reason: z.string(),
  why: errorReportSchema.nullable(),
  warnings: engineRecordSchema.shape.warnings,
  proof: engineRecordSchema.shape.proof,
  /** Parts that plugins compute. */
  plugins: z.array(z.enum(['layernorm', 'head', 'mixffn'])),
  /** Null where nothing computes in 8 bits. `kept` are blocks and nodes that stay wide. */
  eightBits: z.object({ kinds: z.array(quantizedKindSchema), kept: z.array(z.string()) }).nullable(),
});
export type EngineSummary = z.infer<typeof engineSummarySchema>;
