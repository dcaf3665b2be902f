import type { Command } from 'commander';
import { Option } from 'commander';
import { resolve } from 'node:path';
import type { ExportFormat } from '../../shared/domain/export';
import { exportFormatSchema } from '../../shared/domain/export';
import { chooseModel } from '../choose-model';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import type { LocalStudio } from '../open-studio';
import { withStudio } from '../open-studio';
import { listOf, wholeNumber } from '../parse-option';
import { collectInputs } from '../segment-inputs';
import { runSegmentation } from '../segment-run';
import { usageError } from '../terminal';

interface SegmentOptions {
  readonly model?: string;
  readonly engine?: string;
  readonly out?: string;
  readonly format?: readonly ExportFormat[];
  readonly threads: number;
  readonly json?: boolean;
}

const FORMATS = exportFormatSchema.options;

export function registerSegment(program: Command): void {
  program
    .command('segment')
    .summary('segment pictures')
    .description('Segments pictures and, with --out, writes their masks.')
    .argument('<inputs...>', 'pictures, folders of pictures (with all folders below), or - for one picture on stdin')
    .option(
      '-m, --model <model>',
      'id of a model in the library, an ONNX file, or a folder that holds one (default: the bundled model)',
    )
    .option('-e, --engine <engine>', 'id of an engine, or its beginning; its model is then used')
    .option('-o, --out <folder>', 'folder for the masks; made when missing; folders of the input are kept below it')
    .addOption(
      new Option(
        '-f, --format <list>',
        `what to write, separated by commas: ${FORMATS.join(', ')} (default: index)`,
      ).argParser((text) => listOf(text, FORMATS)),
    )
    .option('-t, --threads <count>', 'threads of the runtime; 0 lets it choose', wholeNumber, 0)
    .option('--json', 'print one JSON object for each picture')
    .addHelpText('after', EXAMPLES)
    .action(async (inputs: string[], options: SegmentOptions, command: Command) => {
      await segment(contextOf(command), inputs, options);
    });
}

const EXAMPLES = `
Examples:
  maskforge segment street.jpg
  maskforge segment photos/ --out masks/ --format index,overlay
  maskforge segment photos/ --model nets/segformer.onnx --json > results.jsonl

Exit codes: 0 all pictures done, 1 some failed (each is named), 2 wrong usage, 130 cancelled.`;

async function segment(context: CliContext, args: readonly string[], options: SegmentOptions): Promise<void> {
  if (options.format !== undefined && options.out === undefined) {
    throw usageError('--format says what to write, but not where.', 'Add --out FOLDER.');
  }
  const out = options.out === undefined ? null : resolve(context.io.cwd, options.out);
  await withStudio(context, async (studio) => {
    const { lastModelId } = await studio.call('settings.get', {});
    const engine = options.engine === undefined ? null : await findEngine(studio, options.engine);
    const { model, release } = await chooseModel(studio, context, options.model ?? engine?.modelPath);
    try {
      const inputs = await collectInputs(studio, context, args);
      const output = out === null ? null : { folder: out, formats: options.format ?? ['index'] };
      await runSegmentation(context, studio, {
        model,
        inputs,
        output,
        threads: options.threads,
        engineId: engine?.id ?? null,
        json: options.json === true,
      });
    } finally {
      await release();
      // The window goes on with its own model, not with the one of the last command.
      await studio.call('settings.update', { lastModelId }, new AbortController().signal);
    }
  });
}

async function findEngine(studio: LocalStudio, wanted: string): Promise<{ id: string; modelPath: string }> {
  const { engine } = await studio.call('engines.inspect', { engineId: wanted });
  return { id: engine.id, modelPath: engine.modelPath };
}
