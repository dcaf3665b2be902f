import { defaultShapes } from '../../../shared/default-shapes';
import type {
  BuildOrderInput,
  EngineSummary,
  ImageShape,
  ImageShapeRange,
  Precision,
  Recipe,
} from '../../../shared/domain/engine';
import { isEightBit, isStatic, shapeRangeSchema } from '../../../shared/domain/engine';
import type { ModelSummary } from '../../../shared/domain/model';
import type { CalibrationDraft } from './calibration-draft';
import { calibrationOfRecipe, calibrationOrderOf, defaultCalibration } from './calibration-draft';

/** Sizes as they are typed. */
export interface ShapeDraft {
  readonly batch: string;
  readonly height: string;
  readonly width: string;
}

export type ShapeKey = 'min' | 'opt' | 'max';
export type RuntimeChoice = 'auto' | EngineSummary['runtime']['family'];

/** Everything that the wizard asks for. Shapes are kept as text, so that nothing that was typed is ever lost. */
export interface BuildDraft {
  readonly foldHead: boolean;
  readonly layerNorm: 'native' | 'plugin' | 'keep';
  readonly pluginOnly: readonly string[] | null;
  /** Parts that our plugins do in one kernel each; `auto`: where they were measured to pay. */
  readonly plugins: 'auto' | readonly ('head' | 'mixffn')[];
  readonly imageInput: boolean;
  readonly maskOutput: boolean;
  /** `model`: what the model's input and size policy say. */
  readonly shapes: 'model' | 'static' | 'range';
  readonly min: ShapeDraft;
  readonly opt: ShapeDraft;
  readonly max: ShapeDraft;
  /** Null: what suits the runtime. */
  readonly precision: Precision | null;
  /** For 8 bits. */
  readonly calibration: CalibrationDraft;
  readonly runtime: RuntimeChoice;
  /** Only for TensorRT for RTX; empty takes the library's own. */
  readonly targets: readonly number[];
  readonly level: number | null;
  /** A recipe that is followed to the letter until something above is changed. */
  readonly recipe: Recipe | null;
  /** The tuning that this recipe is a point of, for the command line. */
  readonly tuned: { readonly file: string; readonly point: string } | null;
}

const noShape: ShapeDraft = { batch: '', height: '', width: '' };

export const defaultDraft: BuildDraft = {
  foldHead: true,
  layerNorm: 'native',
  pluginOnly: null,
  plugins: 'auto',
  imageInput: false,
  maskOutput: false,
  shapes: 'model',
  min: noShape,
  opt: noShape,
  max: noShape,
  precision: null,
  calibration: defaultCalibration,
  runtime: 'auto',
  targets: [],
  level: null,
  recipe: null,
  tuned: null,
};

/** GPU generations that TensorRT for RTX builds for without one of them here. */
export const rtxTargets = [86, 89, 120] as const;

const MOST = 65_536;

/** A whole number of pixels or pictures, or null. */
export function sizeOf(text: string): number | null {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= 1 && value <= MOST ? value : null;
}

export type ShapeProblem = 'number' | 'order';

/** What is wrong with a range that was typed; null when nothing is. */
export function shapeProblem(draft: BuildDraft): ShapeProblem | null {
  if (draft.shapes === 'model') return null;
  const shapes = typedShapes(draft);
  if (shapes === null) return 'number';
  return shapeRangeSchema.safeParse(shapes).success ? null : 'order';
}

/** The sizes that the draft stands for; null while they are not valid. */
export function shapesOf(draft: BuildDraft, model: ModelSummary): ImageShapeRange | null {
  if (draft.recipe !== null) return draft.recipe.shapes;
  if (draft.shapes === 'model') return defaultShapes(model);
  return shapeProblem(draft) === null ? typedShapes(draft) : null;
}

function typedShapes({ shapes, min, opt, max }: BuildDraft): ImageShapeRange | null {
  const [low, middle, high] = shapes === 'static' ? [opt, opt, opt] : [min, opt, max];
  const parsed = [low, middle, high].map(parseShape);
  const [one, two, three] = parsed;
  if (one === undefined || two === undefined || three === undefined) return null;
  return one === null || two === null || three === null ? null : { min: one, opt: two, max: three };
}

function parseShape(shape: ShapeDraft): ImageShape | null {
  const [batch, height, width] = [sizeOf(shape.batch), sizeOf(shape.height), sizeOf(shape.width)];
  return batch === null || height === null || width === null ? null : { batch, height, width };
}

export function shapeDraft({ batch, height, width }: ImageShape): ShapeDraft {
  return { batch: String(batch), height: String(height), width: String(width) };
}

/** Another way of giving sizes, with those that hold now as a start where nothing was typed yet. */
export function withShapes(draft: BuildDraft, shapes: BuildDraft['shapes'], model: ModelSummary): BuildDraft {
  const known = shapesOf(draft, model) ?? defaultShapes(model);
  const filled = (typed: ShapeDraft, shape: ImageShape): ShapeDraft =>
    typed.batch + typed.height + typed.width === '' ? shapeDraft(shape) : typed;
  return {
    ...draft,
    shapes,
    min: filled(draft.min, known.min),
    opt: filled(draft.opt, known.opt),
    max: filled(draft.max, known.max),
    recipe: null,
  };
}

/** Whether pictures have to run before the build, to learn the ranges of values. */
export function needsCalibration({ precision }: BuildDraft): boolean {
  return precision !== null && isEightBit(precision);
}

/** What the studio is asked for; null while sizes are not valid or, in 8 bits, the pictures are not settled. */
export function orderOf(draft: BuildDraft, strip: readonly string[]): BuildOrderInput | null {
  const order = roughOrderOf(draft);
  if (order === null || !needsCalibration(draft)) return order;
  if (draft.recipe !== null && draft.calibration.source === 'recipe') return order;
  const calibration = calibrationOrderOf(draft.calibration, strip);
  return calibration === null ? null : { ...order, calibration };
}

/** The same without the pictures: enough to try passes out. Null while the sizes are not valid. */
export function roughOrderOf(draft: BuildDraft): BuildOrderInput | null {
  const { recipe, runtime } = draft;
  if (recipe !== null) return { recipe, runtime };
  if (shapeProblem(draft) !== null) return null;
  const shapes = draft.shapes === 'model' ? null : typedShapes(draft);
  const { foldHead, layerNorm, pluginOnly, plugins, imageInput, maskOutput, precision, targets, level } = draft;
  return {
    runtime,
    ...(precision === null ? {} : { precision }),
    ...(shapes === null ? {} : { shapes }),
    layerNorm,
    ...(pluginOnly === null || layerNorm !== 'plugin' ? {} : { pluginOnly: [...pluginOnly] }),
    foldHead,
    // Only a folded head can be handed to the plugin.
    plugins: plugins === 'auto' ? plugins : plugins.filter((part) => part !== 'head' || foldHead),
    imageInput,
    maskOutput,
    targets: [...targets],
    level,
  };
}

const pluginPasses = { head: 'fuse-decode-head', mixffn: 'fuse-mixffn' } as const;

/** What a recipe says, as far as the wizard has a control for it; the recipe itself holds until one of them is moved. */
export function draftOfRecipe(recipe: Recipe): BuildDraft {
  const names = recipe.passes.map(({ pass }) => pass);
  const norms = recipe.passes.flatMap((step) => (step.pass === 'fuse-layernorm' ? [step] : []));
  const plugin = norms.find(({ form }) => form === 'plugin');
  return {
    foldHead: names.includes('fold-decode-head'),
    layerNorm: plugin !== undefined ? 'plugin' : norms.length > 0 ? 'native' : 'keep',
    pluginOnly: plugin?.only ?? null,
    plugins: (['head', 'mixffn'] as const).filter((part) => names.includes(pluginPasses[part])),
    imageInput: names.includes('image-input'),
    maskOutput: names.includes('mask-output'),
    shapes: isStatic(recipe.shapes) ? 'static' : 'range',
    min: shapeDraft(recipe.shapes.min),
    opt: shapeDraft(recipe.shapes.opt),
    max: shapeDraft(recipe.shapes.max),
    precision: recipe.precision,
    calibration: calibrationOfRecipe(recipe),
    runtime: recipe.runtime.family,
    targets: recipe.builder.targets,
    level: recipe.builder.level,
    recipe,
    tuned: null,
  };
}
