import { z } from 'zod';
import { logLineSchema } from './job';
import { recipeSchema } from './engine';

const share = z.number().min(0).max(1);
const positiveInt = z.int().positive();

/** Medians of a candidate and of the wide network, in milliseconds, run in turns. */
export const candidateTimeSchema = z.strictObject({
  milliseconds: z.number().positive(),
  float: z.number().positive(),
});
export type CandidateTime = z.infer<typeof candidateTimeSchema>;

/**
 * Whose masks were compared with the reference's: those of the very engine that was built and timed, or those of the same
 * graph on ONNX Runtime. Where it is left out by an older version: ONNX Runtime's.
 */
export const judgeSchema = z.enum(['device', 'onnxruntime']);
export type Judge = z.infer<typeof judgeSchema>;

/** One choice of what is in 8 bits, and what came of it. */
export const tunePointSchema = z.strictObject({
  /** `alone`: one block in 8 bits. `without`: all but the blocks kept. */
  kind: z.enum(['alone', 'without']),
  /** The block, or the blocks kept in higher precision, sorted. */
  blocks: z.array(z.string()),
  /** Share of pixels whose class is the reference's. */
  agreement: share,
  judgedOn: judgeSchema.optional(),
  /** Gain of what is in 8 bits, of the gain of everything in 8 bits: estimated from multiplications. */
  gain: share,
  /** Where it was measured. */
  time: candidateTimeSchema.optional(),
  /** It came out fastest and was timed once more: the slower of both counts, since the best of many is partly luck. */
  isConfirmed: z.literal(true).optional(),
  /** Why it could not be timed: the others go on. */
  failure: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});
export type TunePoint = z.infer<typeof tunePointSchema>;

/** A point with its number: what `--keep-from FILE#NUMBER` names. Numbers never change. */
export const numberedPointSchema = tunePointSchema.extend({ number: positiveInt });
export type NumberedPoint = z.infer<typeof numberedPointSchema>;

export const blockDiagnosisSchema = z.strictObject({
  block: z.string(),
  /** Agreement lost when it alone is in 8 bits; where that is estimated, what rounding does to its numbers instead. */
  harm: z.number(),
  /** There was no time to compare masks for each block: rounding errors of weights and activations, relative to them. */
  isEstimated: z.literal(true).optional(),
  /** Its part of the whole gain: of what was measured, where it was. */
  gain: share,
  /** Milliseconds that the network saves with it alone in 8 bits, negative where it loses; null where nobody measured. */
  savedMs: z.number().nullable(),
});
export type BlockDiagnosis = z.infer<typeof blockDiagnosisSchema>;

/** How a tuning is done, beside the order of the build that it is for. */
export const tuneOrderSchema = z.strictObject({
  /** Least share of pixels whose class shall be the reference's. */
  target: z.number().positive().max(1).default(0.99),
  /** Pictures to compare masks on, others than those that ranges come from. */
  compared: positiveInt.default(24),
  /** Times candidates where the runtime is at hand; else gains are estimated. */
  timing: z.boolean().default(true),
  /** Seconds that timing candidates may take, building them included, beside those that have to be timed. */
  seconds: z.number().nonnegative().default(900),
  /** Seconds that comparing masks for single blocks may take: where that is not enough, their harm is estimated. */
  rankSeconds: z.number().nonnegative().default(900),
  /** Seconds for all of it, calibration included; what was found until then is kept. None when left out. */
  maxSeconds: z.number().positive().optional(),
});
export type TuneOrder = z.output<typeof tuneOrderSchema>;
export type TuneOrderInput = z.input<typeof tuneOrderSchema>;

/** What comes of a tuning, and what it needs to be gone on with. */
export const tuningSchema = z.strictObject({
  format: z.literal(1),
  /** Equal for equal models, preprocessing, pictures, ways of quantising, runtimes and devices. */
  key: z.string().regex(/^[0-9a-f]{32}$/),
  /** ISO 8601. */
  at: z.string(),
  modelId: z.string(),
  modelName: z.string(),
  /** Of the engine with everything in 8 bits; `keep` of its last step names the blocks that the user had kept before. */
  recipe: recipeSchema,
  /** Of the engine without 8 bits that candidates are timed against: what is built where 8 bits are not worth it. */
  wideRecipe: recipeSchema,
  /** What blocks that are kept compute in. */
  wide: z.enum(['fp16', 'fp32']),
  target: share,
  /** Pictures that masks were compared on. */
  compared: z.int().nonnegative(),
  /** What candidates were timed on; null where none was. */
  timedOn: z.string().nullable(),
  /** Share of pixels that keep their class with everything in the wide precision; null until it was looked at. */
  wideAgreement: share.nullable(),
  /** Where that was looked at. */
  wideJudgedOn: judgeSchema.optional(),
  points: z.array(numberedPointSchema),
  /** The most harmful for what they gain first. */
  ranking: z.array(blockDiagnosisSchema),
  /** False while it goes on, or where it was broken off. */
  isFinished: z.boolean(),
  /** Its time was up before everything was tried; the same order goes on where it ended. */
  isCut: z.literal(true).optional(),
  isReached: z.boolean(),
  /** Number of the point that suits best; null before there is one. */
  chosen: positiveInt.nullable(),
  /** What to build: 8 bits as chosen, or the wide precision. */
  use: z.enum(['int8', 'fp8', 'fp16', 'fp32']),
  /** The same in a sentence or two, with the figures. */
  recommendation: z.string(),
  /** Layers that stay in 32 bits because their values would overflow in 16. */
  overflows: z.array(
    z.strictObject({
      node: z.string(),
      /** A sentence, and what shells in other languages make theirs of; older tunings have the sentence alone. */
      reason: z.string(),
      code: z.string().optional(),
      details: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    }),
  ),
  warnings: z.array(logLineSchema),
});
export type Tuning = z.infer<typeof tuningSchema>;

/** A tuning that is kept, and whether this machine is the one it speaks of. */
export const keptTuningSchema = tuningSchema.extend({
  /** Absolute path of its file. */
  file: z.string(),
  /** Runtime and device are those of this machine. */
  isHere: z.boolean(),
});
export type KeptTuning = z.infer<typeof keptTuningSchema>;
