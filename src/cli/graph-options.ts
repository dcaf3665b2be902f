import type { Command } from 'commander';
import { Option } from 'commander';
import type { BuildOrderInput, EngineFamily, ImageShape, ImageShapeRange } from '../shared/domain/engine';
import { runtimeFamilySchema, shapeRangeSchema } from '../shared/domain/engine';
import type { LayerNormChoice, PluginChoice } from './parse-engine-options';
import { bytesOf, layerNormOf, levelOf, pluginsOf, shapeOf, targetsOf } from './parse-engine-options';
import { wholeNumber } from './parse-option';
import { usageError } from './terminal';

/** What decides the graph of an engine and what builds it: the same for `build` and for `tune`. */
export interface GraphFlags {
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
}

export function addGraphOptions(command: Command): void {
  command
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
    .option('--mask-output', 'let the engine end in class ids at the size of its input');
}

export function addBuilderOptions(command: Command): void {
  command
    .addOption(
      new Option('--runtime <family>', 'what the engine is for; auto: TensorRT where there is a GPU, else onnxruntime')
        .choices([...runtimeFamilySchema.options, 'auto'])
        .default('auto'),
    )
    .option('--target <list>', 'RTX GPUs to build for, here or elsewhere: sm_89,sm_120', targetsOf)
    .option('--device <number>', 'CUDA device', wholeNumber, 0)
    .option('--level <number>', 'how long the builder searches: 0 to 5', levelOf)
    .option('--workspace <size>', 'most device memory for a layer while it runs: 4GiB', bytesOf);
}

/** @throws AppError USAGE for sizes that contradict each other */
export function graphOrderOf(flags: GraphFlags): BuildOrderInput {
  const shapes = chosenShapes(flags);
  return {
    runtime: flags.runtime,
    ...(shapes === undefined ? {} : { shapes }),
    ...flags.layernorm,
    foldHead: flags.foldHead,
    plugins: flags.plugins,
    imageInput: flags.imageInput === true,
    maskOutput: flags.maskOutput === true,
    level: flags.level ?? null,
    workspaceBytes: flags.workspace ?? null,
    targets: flags.target ?? [],
    device: flags.device,
  };
}

function chosenShapes({ shapes, min, opt, max }: GraphFlags): ImageShapeRange | undefined {
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
