import type { Command } from 'commander';
import { resolve } from 'node:path';
import { toErrorReport } from '../../shared/app-error';
import type { MetadataSource, ModelSummary, Preprocessing } from '../../shared/domain/model';
import { unknownModel } from '../choose-model';
import { exitCodes } from '../cli-io';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { withStudio } from '../open-studio';
import { formatBytes } from '../progress';
import { table } from '../table';
import { isCancelled, warningLine } from '../terminal';
import { registerCatalogue, registerPull } from './pull';

interface JsonOption {
  readonly json?: boolean;
}

const SOURCES: Record<MetadataSource, string> = {
  user: 'chosen by the user',
  manifest: 'model.json',
  'onnx-metadata': 'metadata of the ONNX file',
  huggingface: "Hugging Face's files",
  assumed: 'assumed',
};

export function registerModels(program: Command): void {
  const models = program
    .command('models')
    .summary('list, add, show, fetch and remove models')
    .description('The models that the studio knows.');
  models
    .command('list', { isDefault: true })
    .description('Lists the models of the library.')
    .option('--json', 'print one JSON object for each model')
    .action(async (options: JsonOption, command: Command) => list(contextOf(command), options));
  models
    .command('show')
    .description('Shows what is known of a model and where it was read.')
    .argument('<model>', 'id of the model')
    .option('--json', 'print a JSON object')
    .action(async (id: string, options: JsonOption, command: Command) => show(contextOf(command), id, options));
  models
    .command('add')
    .description('Adds models to the library. Their files stay where they are.')
    .argument('<paths...>', 'ONNX files, or folders that hold one')
    .option('--json', 'print one JSON object for each model')
    .action(async (paths: string[], options: JsonOption, command: Command) => add(contextOf(command), paths, options));
  models
    .command('remove')
    .description('Takes models out of the library. Files that the studio fetched are deleted, others are not.')
    .argument('<models...>', 'ids of the models')
    .option('--json', 'print one JSON object for each model')
    .action(async (ids: string[], options: JsonOption, command: Command) => remove(contextOf(command), ids, options));
  registerPull(models);
  registerCatalogue(models);
}

async function list(context: CliContext, { json }: JsonOption): Promise<void> {
  const { terminal } = context;
  const models = await withStudio(context, (studio) => studio.call('models.list', {}));
  if (json === true) return models.forEach((model) => terminal.json(model));
  if (models.length === 0)
    return terminal.note('The library is empty. Add an ONNX file with: maskforge models add FILE');
  const rows = models.map((model) => [
    terminal.paint('bold', model.id),
    inputSize(model),
    `${model.output.classes ?? '?'} classes`,
    formatBytes(model.sizeBytes),
    model.bundled ? 'bundled' : model.path,
  ]);
  table(rows).forEach((row) => terminal.line(row));
  const doubtful = models.filter(({ warnings }) => warnings.length > 0).map(({ id }) => id);
  if (doubtful.length > 0) terminal.note(`Worth a look with "maskforge models show": ${doubtful.join(', ')}`);
}

async function show(context: CliContext, id: string, { json }: JsonOption): Promise<void> {
  const { terminal } = context;
  const models = await withStudio(context, (studio) => studio.call('models.list', {}));
  const model = models.find((each) => each.id === id);
  if (model === undefined) throw unknownModel(id, models);
  if (json === true) return terminal.json(model);
  describeModel(model).forEach((row) => terminal.line(row));
  model.warnings.forEach((warning) => terminal.warning(warningLine(warning)));
}

async function add(context: CliContext, paths: readonly string[], { json }: JsonOption): Promise<void> {
  const { terminal, io } = context;
  await withStudio(context, async (studio) => {
    await forEach(context, paths, json === true, async (path) => {
      const model = await studio.call('models.add', { path: resolve(io.cwd, path) });
      if (json === true) return terminal.json(model);
      terminal.line(`${terminal.paint('bold', model.id)}  ${model.path}`);
      model.warnings.forEach((warning) => terminal.warning(warningLine(warning)));
    });
  });
}

async function remove(context: CliContext, ids: readonly string[], { json }: JsonOption): Promise<void> {
  await withStudio(context, async (studio) => {
    await forEach(context, ids, json === true, async (modelId) => {
      await studio.call('models.remove', { modelId });
      if (json === true) context.terminal.json({ removed: modelId });
      else context.terminal.line(`removed ${modelId}`);
    });
  });
}

/** Each for itself: one that fails is named and does not stop the others. */
async function forEach(
  context: CliContext,
  names: readonly string[],
  json: boolean,
  work: (name: string) => Promise<void>,
): Promise<void> {
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      if (isCancelled(error)) throw error;
      context.fail(exitCodes.someFailed);
      if (json) context.terminal.json({ name, error: toErrorReport(error) });
      else context.terminal.error(error, name);
    }
  }
}

function describeModel(model: ModelSummary): string[] {
  const { input, output, labels, licence } = model;
  const facts: [string, string][] = [
    ['id', model.id],
    ['name', model.name],
    ['file', `${model.path} (${formatBytes(model.sizeBytes)})`],
    [
      'format',
      `ONNX IR ${model.irVersion}, opset ${model.opset}${model.producer === '' ? '' : `, by ${model.producer}`}`,
    ],
    ['input', `${input.name}: ${input.type} ${input.layout}, ${inputSize(model)}, ${input.channels} channels`],
    ['output', `${output.name}: ${output.kind}, ${output.classes ?? 'unknown number of'} classes`],
    ['preprocessing', `${describePreprocessing(model.preprocessing)} (${SOURCES[model.preprocessingSource]})`],
    [
      'labels',
      `${labels.map(({ id, name }) => `${id} ${name}`).join(', ') || 'none'} (${SOURCES[model.labelsSource]})`,
    ],
  ];
  if (licence !== undefined) facts.push(['licence', [licence.name, licence.url].filter(Boolean).join(', ')]);
  return table(facts);
}

export function describePreprocessing({ size, resample, channelOrder, scale, mean, std }: Preprocessing): string {
  const sides = size.mode === 'native' ? `up to ${size.maxSide} px` : `${size.width}x${size.height}`;
  const numbers = (values: readonly number[]): string => values.map((value) => Number(value.toFixed(4))).join(' ');
  const factor = Number(scale.toPrecision(6));
  return `${size.mode} ${sides}, ${resample}, ${channelOrder}, (pixel x ${factor} - ${numbers(mean)}) / ${numbers(std)}`;
}

function inputSize({ input }: ModelSummary): string {
  return input.width === null && input.height === null ? 'any size' : `${input.width ?? '?'}x${input.height ?? '?'}`;
}
