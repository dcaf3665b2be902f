import type { Command } from 'commander';
import { Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../../shared/app-error';
import type {
  BuildOrderInput,
  EngineSummary,
  ImageShape,
  ImageShapeRange,
  Precision,
  Recipe,
} from '../../shared/domain/engine';
import { isStatic, precisionSchema } from '../../shared/domain/engine';
import { parseRecipe } from '../../studio/engines/recipe';
import { readError, writeFileAtomically } from '../../studio/library/json-file';
import { readTuning, recipeOfPoint } from '../../studio/tune/tuning-store';
import type { CalibrationFlags } from '../build-calibration';
import { addCalibrationFlags, calibrationOrderOf, saveCalibration } from '../build-calibration';
import { chooseModel } from '../choose-model';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { printVerification, verifyEngine } from '../engine-verification';
import type { GraphFlags } from '../graph-options';
import { addBuilderOptions, addGraphOptions, graphOrderOf } from '../graph-options';
import type { LocalStudio } from '../open-studio';
import { withStudio } from '../open-studio';
import { formatBytes } from '../progress';
import { runJob } from '../run-job';
import { usageError, warningLine } from '../terminal';

interface BuildOptions extends CalibrationFlags, GraphFlags {
  readonly precision?: Precision;
  readonly versionCompatible?: boolean;
  readonly hardwareCompatible?: 'ampere-plus' | 'same-compute-capability';
  readonly plain?: boolean;
  readonly fp16Flag?: boolean;
  readonly keepFrom?: string;
  readonly recipe?: string;
  readonly saveRecipe?: string;
  readonly fresh?: boolean;
  readonly verify?: string;
  readonly masks?: string;
  readonly json?: boolean;
}

export function registerBuild(program: Command): void {
  const command = program
    .command('build')
    .summary('build an engine')
    .description(
      'Rewrites a network as its recipe says and builds an engine of it: with TensorRT for this GPU, without one for ONNX Runtime.',
    )
    .argument('<model>', 'id of a model in the library, an ONNX file, or a folder that holds one');
  addPrecisionOption(command);
  addGraphOptions(command);
  addComparisonOptions(command);
  addCalibrationFlags(command);
  addBuilderOptions(command);
  addCompatibilityOptions(command);
  command
    .option(
      '--keep-from <tuning>',
      'build what a tuning found, as `maskforge tune` kept it: FILE, or FILE#NUMBER for another of its points, FILE#wide for none in 8 bits',
    )
    .option('--recipe <file>', 'do again what this recipe says; of the other settings only runtime and device are read')
    .option('--save-recipe <file>', 'write the recipe to a file as well')
    .option('--fresh', 'build even when the library has this very engine')
    .option('--verify <folder>', 'afterwards compare with ONNX Runtime on the pictures of this folder')
    .option('--masks <folder>', 'with --verify: drawn masks, a PNG of class ids for each picture, of its name')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: BuildOptions, self: Command) => build(contextOf(self), model, options));
}

function addPrecisionOption(command: Command): void {
  command.addOption(
    new Option(
      '--precision <type>',
      'what to compute in (default: fp16; fp32 with --plain and on ONNX Runtime)',
    ).choices(precisionSchema.options),
  );
}

function addComparisonOptions(command: Command): void {
  command
    .option('--plain', 'no passes but the precision: the network as it was exported, to compare with')
    .option('--fp16-flag', 'with --plain: let TensorRT 10 choose its FP16 layers, as trtexec --fp16 does');
}

function addCompatibilityOptions(command: Command): void {
  command
    .option('--version-compatible', 'an engine that later TensorRTs of the same major version run too')
    .addOption(
      new Option('--hardware-compatible <which>', 'an engine for other GPUs as well').choices([
        'ampere-plus',
        'same-compute-capability',
      ]),
    );
}

const EXAMPLES = `
Examples:
  maskforge build street-b0
  maskforge build segformer-b2.onnx --precision fp16 --shapes 1x3x1024x1024
  maskforge build street-b0 --precision int8 --calibrate photos/ --verify held-out/
  maskforge build street-b0 --runtime onnxruntime --precision int8 --calibrate photos/
  maskforge build street-b0 --keep-from TUNING.json#5   (what point 5 of a tuning was)
  maskforge build net.onnx --min 1x3x256x256 --opt 8x3x512x512 --max 8x3x1024x1024
  maskforge build net.onnx --plain --fp16-flag --precision fp16   (what trtexec --fp16 builds)

Exit codes: 0 built, 1 failed, 2 wrong usage, 130 cancelled (nothing is left behind).`;

async function build(context: CliContext, wanted: string, options: BuildOptions): Promise<void> {
  const { terminal, io } = context;
  const json = options.json === true;
  if (options.masks !== undefined && options.verify === undefined) {
    throw usageError('--masks says what to compare with, but not on which pictures.', 'Add --verify FOLDER.');
  }
  const order = await buildOrder(context, options);
  await withStudio(context, async (studio) => {
    const { model, release } = await chooseModel(studio, context, wanted);
    try {
      if (!json) model.warnings.forEach((warning) => terminal.warning(`${model.id}: ${warningLine(warning)}`));
      const engine = await runBuild(context, studio, model.id, order, json);
      const { recipe } = await studio.call('engines.inspect', { engineId: engine.id });
      if (options.saveRecipe !== undefined) {
        const file = resolve(io.cwd, options.saveRecipe);
        await writeFileAtomically(file, `${JSON.stringify(recipe, null, 2)}\n`);
        await saveCalibration(engine, file);
      }
      const verification =
        options.verify === undefined
          ? undefined
          : await verifyEngine(
              context,
              studio,
              { engineId: engine.id, images: options.verify, masks: options.masks },
              json,
            );
      if (json) return terminal.json({ ...engine, recipe, ...(verification === undefined ? {} : { verification }) });
      describeEngine(engine).forEach((line) => terminal.line(line));
      if (verification !== undefined) printVerification(terminal, verification);
    } finally {
      await release();
    }
  });
}

async function runBuild(
  context: CliContext,
  studio: LocalStudio,
  modelId: string,
  order: BuildOrderInput,
  json: boolean,
): Promise<EngineSummary> {
  const { jobId } = await studio.call('engines.build', { modelId, order });
  const engineId = await runJob(context, studio, jobId, { isQuiet: json });
  return (await studio.call('engines.list', {})).find(({ id }) => id === engineId) ?? missing(engineId);
}

function missing(engineId: string): never {
  throw new AppError('ENGINE_NOT_FOUND', `The engine ${engineId} was removed meanwhile.`, { hint: 'Build it again.' });
}

async function buildOrder({ io }: CliContext, options: BuildOptions): Promise<BuildOrderInput> {
  const replayed = await replayedRecipe(io.cwd, options);
  return {
    ...graphOrderOf(options),
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    ...(await calibrationOrderOf(io.cwd, options, options.precision, replayed)),
    plain: options.plain === true,
    fp16Flag: options.fp16Flag === true,
    versionCompatible: options.versionCompatible === true,
    hardwareCompatibility: options.hardwareCompatible ?? 'none',
    ...(replayed === null ? {} : { recipe: replayed.recipe }),
    fresh: options.fresh === true,
  };
}

/** A recipe that is followed to the letter: a file of its own, or a point of a tuning. */
async function replayedRecipe(
  cwd: string,
  { recipe, keepFrom }: BuildOptions,
): Promise<{ readonly recipe: Recipe; readonly file: string } | null> {
  if (recipe !== undefined && keepFrom !== undefined) {
    throw usageError('--recipe and --keep-from both say what to build.', 'Give one of them.');
  }
  if (keepFrom !== undefined) return tunedRecipe(cwd, keepFrom);
  if (recipe === undefined) return null;
  const file = resolve(cwd, recipe);
  return { recipe: parseRecipe(await readRecipe(file), file), file };
}

/** @param text a file, and behind a # the number of one of its points */
async function tunedRecipe(cwd: string, text: string): Promise<{ readonly recipe: Recipe; readonly file: string }> {
  const [, name = text, number] = /^(.*)#(\d+|wide)$/.exec(text) ?? [];
  const file = resolve(cwd, name);
  const tuning = await readTuning(file);
  const point = number === undefined ? null : number === 'wide' ? number : Number(number);
  return { recipe: recipeOfPoint(tuning, point, file), file };
}

async function readRecipe(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw readError(cause, file);
  }
}

export function describeShapes(shapes: ImageShapeRange): string {
  const text = ({ batch, height, width }: ImageShape): string => `${batch}x${height}x${width}`;
  const { min, opt, max } = shapes;
  return isStatic(shapes) ? text(opt) : `${text(min)} … ${text(opt)} … ${text(max)}`;
}

export function describeEngine(engine: EngineSummary): string[] {
  const { id, modelName, precision, shapes, runtime, device, planBytes, layers, buildSeconds, path } = engine;
  const state = engine.state === 'ready' ? '' : ` · ${engine.state}: ${engine.reason}`;
  return [
    `${id}  ${modelName} · ${precision.toUpperCase()} · ${describeShapes(shapes)} · LayerNorm ${engine.layerNorm}`,
    `  ${runtime.family} ${runtime.version} · ${device} · ${formatBytes(planBytes)} · ${layers} layers · built in ${buildSeconds.toFixed(1)} s${state}`,
    `  ${path}`,
  ];
}
