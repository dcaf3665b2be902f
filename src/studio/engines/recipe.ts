import { z } from 'zod';
import { AppError } from '../../shared/app-error';
import { defaultShapes } from '../../shared/default-shapes';
import type {
  BuildOrder,
  EngineDevice,
  ImageShapeRange,
  PassStep,
  PluginPart,
  Precision,
  Recipe,
} from '../../shared/domain/engine';
import { isEightBit, isStatic, recipeSchema } from '../../shared/domain/engine';
import type { ModelInput, ModelSummary } from '../../shared/domain/model';
import { DEFAULT_KINDS } from '../../quantization/quantize-model';
import type { SiteKind } from '../../quantization/sites';
import { SITE_KINDS } from '../../quantization/sites';
import { canonicalJson, sha256 } from './canonical';
import { PROCESSOR_KINDS } from './eight-bit-kinds';
import { checkForProcessor } from './processor-recipe';

/** What a recipe depends on beside the order. */
export interface RecipeFacts {
  readonly model: ModelSummary;
  readonly identity: Recipe['model'];
  readonly runtime: Recipe['runtime'];
  readonly device: EngineDevice;
  /** With `pluginOnly`: the values that the chosen LayerNorms make. */
  readonly pluginValues: readonly string[] | undefined;
  /** Our plugin libraries that were found for the runtime. */
  readonly pluginFiles: readonly string[];
  /** What a GPU computes in 8 bits, where that is wanted; all that can be when left out. */
  readonly eightBitKinds?: readonly SiteKind[];
}

const KEY_LENGTH = 16;

/** Passes that write a precision into the graph; they come after all others. */
export const NARROWING: ReadonlySet<string> = new Set(['to-float16', 'to-bfloat16', 'quantize']);

/** The engine's id: a hash of all that it depends on. Names are for people and do not count. */
export function engineKey(recipe: Recipe): string {
  const { model, ...rest } = recipe;
  const { name: _name, ...identity } = model;
  return sha256(canonicalJson({ ...rest, model: identity })).slice(0, KEY_LENGTH);
}

/**
 * The recipe that follows from what the user decided.
 * @throws AppError RECIPE_CONTRADICTORY
 */
export function draftRecipe(order: BuildOrder, facts: RecipeFacts): Recipe {
  const recipe =
    order.recipe === undefined ? newRecipe(settlePrecision(order, facts), facts) : again(order.recipe, facts);
  if (facts.runtime.family === 'onnxruntime') checkForProcessor(recipe);
  return recipe;
}

function again(recipe: Recipe, { identity, runtime, device }: RecipeFacts): Recipe {
  return { ...recipe, model: identity, runtime, device };
}

/** An order of which the precision is settled. */
type SettledOrder = BuildOrder & { readonly precision: Precision };

function settlePrecision(order: BuildOrder, { runtime }: RecipeFacts): SettledOrder {
  const isPlain = order.plain && !order.fp16Flag;
  return { ...order, precision: order.precision ?? (isPlain || runtime.family === 'onnxruntime' ? 'fp32' : 'fp16') };
}

function newRecipe(order: SettledOrder, facts: RecipeFacts): Recipe {
  const { model, identity, runtime, device } = facts;
  checkOrder(order, runtime.family);
  const shapes = order.shapes ?? defaultShapes(model);
  return {
    format: 1,
    model: identity,
    passes: order.plain ? plainSteps(order, facts) : steps(order, facts, shapes),
    shapes,
    precision: order.precision,
    builder: {
      typing: order.fp16Flag ? 'fp16-flag' : 'strong',
      // As trtexec has it: its FP16 builds leave TF32 on for what stays in 32 bits.
      tf32: order.precision === 'tf32' || order.fp16Flag,
      level: order.level,
      workspaceBytes: order.workspaceBytes,
      versionCompatible: order.versionCompatible,
      hardwareCompatibility: order.hardwareCompatibility,
      targets: order.targets,
    },
    runtime,
    device,
  };
}

/** @throws AppError RECIPE_INVALID that names the file and the place in it, RECIPE_NEWER */
export function parseRecipe(text: string, file: string): Recipe {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'it is no JSON', cause);
  }
  const parsed = recipeSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const { data: newer } = z.object({ format: z.int().min(2) }).safeParse(content);
  if (newer !== undefined) throw tooNew(file, newer.format);
  const [issue] = parsed.error.issues;
  const where = issue?.path.length === 0 ? '' : `${issue?.path.join('.') ?? ''}: `;
  throw invalid(file, `${where}${issue?.message ?? 'unknown'}`, parsed.error);
}

function plainSteps(order: SettledOrder, facts: RecipeFacts): PassStep[] {
  return order.fp16Flag ? [] : precisionSteps(order, facts, true);
}

/** What a SegFormer needs: each pass is a no-op where the network has nothing for it. */
function steps(order: SettledOrder, facts: RecipeFacts, shapes: ImageShapeRange): PassStep[] {
  const { model, pluginValues } = facts;
  const isFixed = isStatic(shapes);
  const opens = isFixed && !isFixedToOther(model.input, shapes) ? 'dynamic-flatten' : 'make-dynamic';
  return [
    { pass: opens },
    ...(isFixed ? [{ pass: 'set-shapes', ...shapes.opt } as const] : []),
    { pass: 'simplify' },
    { pass: 'shape-reshape' },
    ...layerNormSteps(order, pluginValues),
    ...(order.foldHead ? [{ pass: 'fold-decode-head' } as const] : []),
    { pass: 'simplify' },
    ...pluginParts(order, facts).map((part) => ({ pass: PLUGIN_PASSES[part] })),
    ...(order.imageInput ? [imageInputStep(model)] : []),
    ...(order.maskOutput ? [{ pass: 'mask-output', size: 'input' } as const] : []),
    ...precisionSteps(order, facts, order.imageInput),
  ];
}

const PLUGIN_PASSES = { head: 'fuse-decode-head', mixffn: 'fuse-mixffn' } as const;

/** What the plugins' libraries are called. */
const PLUGIN_LIBRARIES = { head: 'maskforge_decodehead_', mixffn: 'maskforge_depthwisegelu_' } as const;

/** `auto` follows bench/results/gpu.json: there both parts pay, and LayerNorm is as fast in TensorRT's own form. */
function pluginParts(order: SettledOrder, { runtime, device, pluginFiles }: RecipeFacts): readonly PluginPart[] {
  const { plugins, precision, foldHead } = order;
  if (plugins !== 'auto') return plugins;
  // What is not in 8 bits there is in FP16, and the kernels pay as they do without.
  const is16Bit = precision === 'fp16' || precision === 'bf16' || isEightBit(precision);
  // The kernels use matrix units that came with 8.0; on TensorRT for RTX nobody has seen them run yet.
  const isServed = device.kind === 'gpu' && device.computeCapability >= 80 && runtime.family !== 'tensorrt-rtx';
  if (!is16Bit || !isServed) return [];
  const wanted: readonly PluginPart[] = foldHead ? ['head', 'mixffn'] : ['mixffn'];
  return wanted.filter((part) => pluginFiles.some((file) => file.includes(PLUGIN_LIBRARIES[part])));
}

function layerNormSteps({ layerNorm }: BuildOrder, pluginValues: readonly string[] | undefined): PassStep[] {
  if (layerNorm === 'keep') return [];
  const native: PassStep = { pass: 'fuse-layernorm', form: 'native' };
  if (layerNorm === 'native') return [native];
  if (pluginValues === undefined) return [{ pass: 'fuse-layernorm', form: 'plugin' }];
  return [native, { pass: 'fuse-layernorm', form: 'plugin', only: [...pluginValues] }];
}

function imageInputStep({ preprocessing }: ModelSummary): PassStep {
  const { channelOrder, scale, mean, std } = preprocessing;
  return { pass: 'image-input', preprocessing: { channelOrder, scale, mean, std } };
}

/**
 * The device writes and reads 16-bit floats as fast as it moves them; it writes no bfloat16. A processor computes in 32 bits
 * what is not in 8, and would convert 16 bits at input and output as well.
 */
function precisionSteps(order: SettledOrder, { runtime, eightBitKinds }: RecipeFacts, keepsIo: boolean): PassStep[] {
  const { precision } = order;
  const isProcessor = runtime.family === 'onnxruntime';
  const keepIo = keepsIo || isProcessor;
  switch (precision) {
    case 'fp32':
    case 'tf32':
      return [];
    case 'fp16':
      return [{ pass: 'to-float16', keepIo }];
    case 'bf16':
      return [{ pass: 'to-bfloat16' }];
    case 'int8':
    case 'fp8':
      return [
        ...(isProcessor ? [] : [{ pass: 'to-float16', keepIo } as const]),
        quantizeStep(precision, order, isProcessor ? PROCESSOR_KINDS : eightBitKinds),
      ];
  }
}

/** Without a calibration's hash: that is known when the pictures have run. */
function quantizeStep(
  format: 'int8' | 'fp8',
  { calibration }: SettledOrder,
  kinds: readonly SiteKind[] = SITE_KINDS.filter((kind) => DEFAULT_KINDS[kind]),
): PassStep {
  const { method, keep, kinds: wanted = kinds } = calibration ?? { method: 'mse', keep: [] };
  const inOrder = SITE_KINDS.filter((kind) => wanted.includes(kind));
  return { pass: 'quantize', format, method, kinds: inOrder, keep: [...new Set(keep)].sort(), statistics: null };
}

function isFixedToOther({ batch, height, width }: ModelInput, { opt }: ImageShapeRange): boolean {
  const pairs = [
    [batch, opt.batch],
    [height, opt.height],
    [width, opt.width],
  ];
  return pairs.some(([has, wants]) => has !== null && has !== wants);
}

function checkOrder(order: SettledOrder, family: Recipe['runtime']['family']): void {
  const wrong = contradiction(order, family);
  if (wrong === null) return;
  throw new AppError('RECIPE_CONTRADICTORY', wrong[0], { hint: wrong[1] });
}

function contradiction(order: SettledOrder, family: Recipe['runtime']['family']): [string, string] | null {
  const { plain, fp16Flag, precision, layerNorm, pluginOnly, targets, plugins, foldHead, targetAgreement } = order;
  if (targetAgreement !== undefined && !isEightBit(precision)) {
    return [
      'Which blocks have to stay out of 8 bits is a question of builds in 8 bits.',
      'Add --precision int8, or leave --target-agreement out.',
    ];
  }
  if (fp16Flag && family !== 'tensorrt-10') {
    return [
      'Only TensorRT 10 chooses FP16 layers by itself; later ones build what the graph says.',
      'Leave --fp16-flag out.',
    ];
  }
  if (fp16Flag && (!plain || precision !== 'fp16')) {
    return ['The FP16 flag is for plain builds in FP16, to compare with.', 'Add --plain, or leave --fp16-flag out.'];
  }
  if (pluginOnly !== undefined && layerNorm !== 'plugin') {
    return ['Names of LayerNorms were given, but no plugin was asked for.', 'Write --layernorm plugin:NAMES.'];
  }
  if (plugins !== 'auto' && plugins.includes('head') && !foldHead) {
    return ['Only a folded decode head can be handed to the plugin.', 'Leave --no-fold-head out.'];
  }
  if (targets.length > 0 && family !== 'tensorrt-rtx') {
    return [
      'Only TensorRT for RTX builds for GPUs that are not here.',
      'Add --runtime tensorrt-rtx, or leave --target out.',
    ];
  }
  return null;
}

function tooNew(file: string, format: number): AppError {
  return new AppError('RECIPE_NEWER', `${file} is a recipe of format ${format}, which a newer Maskforge writes.`, {
    hint: 'Update Maskforge, or save the recipe again with this one.',
    details: { file, format },
  });
}

function invalid(file: string, why: string, cause: unknown): AppError {
  return new AppError('RECIPE_INVALID', `${file} is no recipe of this version: ${why}.`, {
    hint: 'Use a recipe.json as `maskforge build --save-recipe` writes it.',
    cause,
    details: { file },
  });
}
