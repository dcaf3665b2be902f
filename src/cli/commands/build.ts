import type { Command } from 'commander';
import { Option } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError, fromErrorReport } from '../../shared/app-error';
import type {
  BuildOrderInput,
  EngineFamily,
  EngineSummary,
  ImageShape,
  ImageShapeRange,
  Precision,
} from '../../shared/domain/engine';
import { isStatic, precisionSchema, runtimeFamilySchema, shapeRangeSchema } from '../../shared/domain/engine';
import type { Job } from '../../shared/domain/job';
import { parseRecipe } from '../../studio/engines/recipe';
import type { CalibrationFlags } from '../build-calibration';
import { addCalibrationFlags, calibrationOrderOf, saveCalibration } from '../build-calibration';
import { chooseModel } from '../choose-model';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { printVerification, verifyEngine } from '../engine-verification';
import { followJob } from '../follow-job';
import type { LocalStudio } from '../open-studio';
import { withStudio } from '../open-studio';
import type { LayerNormChoice, PluginChoice } from '../parse-engine-options';
import { bytesOf, layerNormOf, levelOf, pluginsOf, shapeOf, targetsOf } from '../parse-engine-options';
import { wholeNumber } from '../parse-option';
import { formatBytes, showProgress } from '../progress';
import { usageError } from '../terminal';

interface BuildOptions extends CalibrationFlags {
  readonly precision?: Precision;
  readonly shapes?: ImageShape;
  readonly min?: ImageShape;
  readonly opt?: ImageShape;
  readonly max?: ImageShape;
  readonly layernorm: LayerNormChoice;
  readonly foldHead: boolean;
  readonly plugins: PluginChoice;
  readonly imageInput?: boolean;
  readonly maskOutput?: boolean;
  readonly runtime: EngineFamily | 'auto';
  readonly target?: number[];
  readonly device: number;
  readonly level?: number;
  readonly workspace?: number;
  readonly versionCompatible?: boolean;
  readonly hardwareCompatible?: 'ampere-plus' | 'same-compute-capability';
  readonly plain?: boolean;
  readonly fp16Flag?: boolean;
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
  addGraphOptions(command);
  addCalibrationFlags(command);
  addBuilderOptions(command);
  command
    .option('--recipe <file>', 'do again what this recipe says; of the other settings only runtime and device are read')
    .option('--save-recipe <file>', 'write the recipe to a file as well')
    .option('--fresh', 'build even when the library has this very engine')
    .option('--verify <folder>', 'afterwards compare with ONNX Runtime on the pictures of this folder')
    .option('--masks <folder>', 'with --verify: drawn masks, a PNG of class ids for each picture, of its name')
    .option('--json', 'print one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, options: BuildOptions, self: Command) => build(contextOf(self), model, options));
}

function addGraphOptions(command: Command): void {
  command
    .addOption(
      new Option(
        '--precision <type>',
        'what to compute in (default: fp16; fp32 with --plain and on ONNX Runtime)',
      ).choices(precisionSchema.options),
    )
    .option('--shapes <shape>', 'one size for all pictures: 1x3x1024x1024 (default: what the model says)', shapeOf)
    .option('--min <shape>', 'smallest batch and size, for an engine that takes a range', shapeOf)
    .option('--opt <shape>', 'the size it is made for', shapeOf)
    .option('--max <shape>', 'largest batch and size', shapeOf)
    .addOption(
      new Option('--layernorm <form>', 'what LayerNorms become: native, plugin, keep, or plugin:NAMES')
        .argParser(layerNormOf)
        .default({ layerNorm: 'native' }, 'native'),
    )
    .option('--no-fold-head', 'leave the decode head as it was exported')
    .option(
      '--plugins <list>',
      'parts that plugins do in one kernel each: head, mixffn, both, none, or auto: where they pay',
      pluginsOf,
      'auto',
    )
    .option('--image-input', 'let the engine itself normalise 8-bit pixels')
    .option('--mask-output', 'let the engine end in class ids at the size of its input')
    .option('--plain', 'no passes but the precision: the network as it was exported, to compare with')
    .option('--fp16-flag', 'with --plain: let TensorRT 10 choose its FP16 layers, as trtexec --fp16 does');
}

function addBuilderOptions(command: Command): void {
  command
    .addOption(
      new Option('--runtime <family>', 'what the engine is for; auto: TensorRT where there is a GPU, else onnxruntime')
        .choices([...runtimeFamilySchema.options, 'auto'])
        .default('auto'),
    )
    .option('--target <list>', 'RTX GPUs to build for, here or elsewhere: sm_89,sm_120', targetsOf)
    .option('--device <number>', 'CUDA device', wholeNumber, 0)
    .option('--level <number>', 'how long the builder searches: 0 to 5', levelOf)
    .option('--workspace <size>', 'most device memory for a layer while it runs: 4GiB', bytesOf)
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
      if (!json) model.warnings.forEach((warning) => terminal.warning(`${model.id}: ${warning}`));
      const engine = await runBuild(context, studio, model.id, order, json);
      const { recipe } = await studio.call('engines.inspect', { engineId: engine.id });
      if (options.saveRecipe !== undefined) {
        const file = resolve(io.cwd, options.saveRecipe);
        await writeFile(file, `${JSON.stringify(recipe, null, 2)}\n`);
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
  const { terminal } = context;
  const { jobId } = await studio.call('engines.build', { modelId, order });
  const progress = showProgress(terminal, 'steps');
  let told = 0;
  const tell = ({ log }: Job): void => {
    if (json) return;
    // The job keeps the last lines only; what has gone by is passed over.
    for (const line of log.slice(told)) if (!line.startsWith('verbose')) terminal.note(line);
    told = log.length;
  };
  try {
    const job = await followJob(studio, context, jobId, (now) => {
      tell(now);
      progress.update(now.done, now.total, `${now.phase}${describeTimeLeft(now.secondsLeft)}`);
    });
    progress.stop();
    tell(job);
    if (job.error !== null) throw fromErrorReport(job.error);
    const [engineId] = job.results;
    if (engineId === undefined) throw new Error('A build that ends well has an engine.');
    return (await studio.call('engines.list', {})).find(({ id }) => id === engineId) ?? missing(engineId);
  } finally {
    progress.stop();
  }
}

function missing(engineId: string): never {
  throw new AppError('ENGINE_NOT_FOUND', `The engine ${engineId} was removed meanwhile.`, { hint: 'Build it again.' });
}

async function buildOrder({ io }: CliContext, options: BuildOptions): Promise<BuildOrderInput> {
  const recipeFile = options.recipe === undefined ? null : resolve(io.cwd, options.recipe);
  const recipe = recipeFile === null ? undefined : parseRecipe(await readRecipe(recipeFile), recipeFile);
  const shapes = chosenShapes(options);
  const replayed = recipe === undefined || recipeFile === null ? null : { recipe, file: recipeFile };
  return {
    runtime: options.runtime,
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    ...(await calibrationOrderOf(io.cwd, options, options.precision, replayed)),
    ...(shapes === undefined ? {} : { shapes }),
    ...options.layernorm,
    foldHead: options.foldHead,
    plugins: options.plugins,
    imageInput: options.imageInput === true,
    maskOutput: options.maskOutput === true,
    plain: options.plain === true,
    fp16Flag: options.fp16Flag === true,
    level: options.level ?? null,
    workspaceBytes: options.workspace ?? null,
    versionCompatible: options.versionCompatible === true,
    hardwareCompatibility: options.hardwareCompatible ?? 'none',
    targets: options.target ?? [],
    device: options.device,
    ...(recipe === undefined ? {} : { recipe }),
    fresh: options.fresh === true,
  };
}

async function readRecipe(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new AppError('FILE_NOT_FOUND', `The recipe ${file} cannot be read.`, { hint: 'Check the path.', cause });
  }
}

function chosenShapes({ shapes, min, opt, max }: BuildOptions): ImageShapeRange | undefined {
  if (shapes !== undefined && (min ?? opt ?? max) !== undefined) {
    throw usageError('--shapes fixes one size; --min, --opt and --max span a range.', 'Give one or the other.');
  }
  if (shapes !== undefined) return { min: shapes, opt: shapes, max: shapes };
  if (min === undefined && opt === undefined && max === undefined) return undefined;
  if (min === undefined || opt === undefined || max === undefined) {
    throw usageError('A range needs --min, --opt and --max.', 'Give all three, or --shapes.');
  }
  const parsed = shapeRangeSchema.safeParse({ min, opt, max });
  if (parsed.success) return parsed.data;
  throw usageError('--min must not exceed --opt, nor --opt exceed --max.', 'Check batch, height and width of each.');
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

function describeTimeLeft(range: Job['secondsLeft']): string {
  if (range === null) return '';
  const [least, most] = range.map((seconds) => Math.max(1, Math.round(seconds)));
  return ` · ${least} to ${most} s left`;
}
