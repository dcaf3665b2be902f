import type { BuildOrder, EngineDevice, ImageShapeRange, Recipe } from '../../shared/domain/engine';
import { isEightBit, isStatic } from '../../shared/domain/engine';
import type { ModelInput, ModelSummary } from '../../shared/domain/model';
import { AppError } from '../../shared/app-error';
import { openModel } from '../../onnx/model';
import type { BuildRequest, ShapeRange } from '../../runtimes/tensorrt/addon';
import { ortVersion } from '../../runtimes/onnxruntime/ort-runtime';
import { inputDims } from '../../runtimes/tensorrt/engine-geometry';
import type { OpenFamily, TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { layerNormValues } from './apply-recipe';
import type { ModelIdentities } from './model-identity';
import { checkEightBit } from './quantize-graph';
import { kindsOfFile } from './eight-bit-kinds';
import { draftRecipe } from './recipe';

export interface TensorRtTarget {
  readonly kind: 'tensorrt';
  readonly family: OpenFamily;
  /** CUDA device that builds; 0 where none is needed. */
  readonly deviceIndex: number;
}

/** What builds. */
export type BuildTarget = TensorRtTarget | { readonly kind: 'onnxruntime' };

export interface BuildPlan {
  readonly recipe: Recipe;
  readonly target: BuildTarget;
}

/**
 * Settles everything that a build depends on: runtime, device, the model's content, the recipe. For 8 bits the recipe may
 * still be open: see settleCalibration.
 *
 * `auto` is TensorRT where there is a CUDA device, or where targets are named, and else ONNX Runtime.
 *
 * @throws AppError TENSORRT_MISSING, TENSORRT_CANNOT_BUILD, NO_DEVICE, DEVICE_UNKNOWN, RECIPE_CONTRADICTORY, LAYERNORM_UNKNOWN,
 *   PRECISION_UNSUPPORTED
 */
export async function planBuild(
  libraries: TensorRtLibraries,
  identities: ModelIdentities,
  model: ModelSummary,
  order: BuildOrder,
): Promise<BuildPlan> {
  const { target, runtime, device, pluginFiles } = await chooseTarget(libraries, order);
  const identity = { ...(await identities.of(model.path)), name: model.name };
  const pluginValues = order.pluginOnly === undefined ? undefined : await namedNorms(model.path, order.pluginOnly);
  const eightBitKinds = drafts8Bits(order) ? await kindsOfFile(model.path, identity.sha256) : undefined;
  const facts = { model, identity, runtime, device, pluginValues, pluginFiles };
  const recipe = draftRecipe(order, { ...facts, ...(eightBitKinds === undefined ? {} : { eightBitKinds }) });
  checkEightBit(recipe);
  return { recipe, target };
}

/** Whether an order asks for 8 bits itself, not by a recipe. */
function drafts8Bits({ precision, recipe }: BuildOrder): boolean {
  return recipe === undefined && precision !== undefined && isEightBit(precision);
}

interface Chosen {
  readonly target: BuildTarget;
  readonly runtime: Recipe['runtime'];
  readonly device: EngineDevice;
  readonly pluginFiles: readonly string[];
}

async function chooseTarget(libraries: TensorRtLibraries, order: BuildOrder): Promise<Chosen> {
  const wanted = order.runtime === 'auto' ? (order.recipe?.runtime.family ?? 'auto') : order.runtime;
  if (wanted === 'onnxruntime' || (wanted === 'auto' && !(await suitsTensorRt(libraries, order)))) {
    const runtime = { family: 'onnxruntime', version: await ortVersion() } as const;
    const device = { kind: 'cpu', arch: process.arch } as const;
    return { target: { kind: 'onnxruntime' }, runtime, device, pluginFiles: [] };
  }
  const family = await libraries.open(wanted);
  checkCanBuild(family);
  const { recorded, index } = await buildDevice(libraries, family, order);
  return {
    target: { kind: 'tensorrt', family, deviceIndex: index },
    runtime: { family: family.library.family, version: family.library.version },
    device: recorded,
    pluginFiles: family.found.plugins,
  };
}

/** Without the addon or a driver there are no devices. */
async function suitsTensorRt(libraries: TensorRtLibraries, { targets }: BuildOrder): Promise<boolean> {
  if (targets.length > 0) return true;
  const cuda = await libraries.cuda().catch(() => null);
  return (cuda?.devices.length ?? 0) > 0;
}

/** What the native builder is asked for; `input` is the rewritten graph's. */
export function buildRequest(
  recipe: Recipe,
  { deviceIndex }: TensorRtTarget,
  files: { readonly graph: string; readonly plan: string },
  input: ModelInput,
  timingCache: Uint8Array | null,
): BuildRequest {
  const { builder, shapes } = recipe;
  return {
    onnxPath: files.graph,
    enginePath: files.plan,
    profiles: isOpen(input) ? [[profile(input, shapes)]] : [],
    typing: builder.typing,
    tf32: builder.tf32,
    ...(builder.level === null ? {} : { optimizationLevel: builder.level }),
    ...(builder.workspaceBytes === null ? {} : { workspaceBytes: builder.workspaceBytes }),
    versionCompatible: builder.versionCompatible,
    hardwareCompatibility: builder.hardwareCompatibility,
    computeCapabilities: builder.targets,
    useTimingCache: true,
    ...(timingCache === null ? {} : { timingCache }),
    device: deviceIndex,
  };
}

/** @throws AppError ENGINE_SHAPE_MISMATCH when the graph is fixed to another size than the recipe's */
export function checkInput(input: ModelInput, { shapes }: Recipe, fileName: string): void {
  const fixed = [
    [input.batch, 'batch'],
    [input.height, 'height'],
    [input.width, 'width'],
  ] as const;
  const wrong = fixed.find(([size, key]) => size !== null && !(shapes.min[key] === size && shapes.max[key] === size));
  if (wrong === undefined) return;
  const [size, key] = wrong;
  throw new AppError(
    'ENGINE_SHAPE_MISMATCH',
    `${fileName} has a fixed ${key} of ${size}, and ${describeRange(shapes, key)} was asked for.`,
    { hint: 'Ask for that size, or let the passes open the network (leave --plain out).', details: { fileName } },
  );
}

function describeRange(shapes: ImageShapeRange, key: 'batch' | 'height' | 'width'): string {
  return isStatic(shapes) ? `${shapes.opt[key]}` : `${shapes.min[key]} to ${shapes.max[key]}`;
}

function profile(input: ModelInput, { min, opt, max }: ImageShapeRange): ShapeRange {
  return { name: input.name, min: inputDims(input, min), opt: inputDims(input, opt), max: inputDims(input, max) };
}

function isOpen({ batch, height, width }: ModelInput): boolean {
  return batch === null || height === null || width === null;
}

function checkCanBuild({ found }: OpenFamily): void {
  if (found.canBuild) return;
  const why = found.problems[0] ?? 'its parser or its builder is missing.';
  throw new AppError('TENSORRT_CANNOT_BUILD', `${found.runtime} runs engines and cannot build them: ${why}`, {
    hint: '`maskforge runtimes install` fetches one that builds; `maskforge doctor` shows what was found.',
  });
}

async function buildDevice(
  libraries: TensorRtLibraries,
  { library }: OpenFamily,
  order: BuildOrder,
): Promise<{ recorded: EngineDevice; index: number }> {
  // With targets, or on a machine with no GPU, RTX builds ahead of time.
  const targets = order.recipe?.builder.targets ?? order.targets;
  const { devices } = await libraries.cuda();
  if (library.buildsWithoutDevice && (targets.length > 0 || devices.length === 0)) {
    return { recorded: { kind: 'anywhere' }, index: 0 };
  }
  const { name, computeCapability, index } = await libraries.device(order.device);
  return { recorded: { kind: 'gpu', name, computeCapability }, index };
}

/** The values that the LayerNorms make which `patterns` name. @throws AppError LAYERNORM_UNKNOWN */
export async function namedNorms(path: string, patterns: readonly string[]): Promise<string[]> {
  const model = await openModel(path);
  try {
    return await layerNormValues(model, patterns);
  } finally {
    model.close();
  }
}
