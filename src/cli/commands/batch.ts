import type { Command } from 'commander';
import { Option } from 'commander';
import { resolve } from 'node:path';
import type { BatchExisting, BatchOrder } from '../../shared/batch-contract';
import type { ExportFormat } from '../../shared/domain/export';
import { exportFormatSchema } from '../../shared/domain/export';
import { runBatchCommand } from '../batch-run';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { withSession } from '../open-session';
import { withStudio } from '../open-studio';
import { listOf, wholeNumber } from '../parse-option';
import { usageError } from '../terminal';

export interface BatchOptions {
  readonly out: string;
  readonly model?: string;
  readonly engine?: string;
  readonly formats: readonly ExportFormat[];
  readonly workers: number;
  readonly threads: number;
  readonly skipDone?: boolean;
  readonly overwrite?: boolean;
  readonly retryFailed?: boolean;
  readonly csv?: string;
  readonly recursive: boolean;
  readonly flat?: boolean;
  readonly checkContent?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const FORMATS = exportFormatSchema.options;

export function registerBatch(program: Command): void {
  program
    .command('batch')
    .summary('segment a folder, and go on where it ended')
    .description(
      'Segments all pictures of a folder into another. What is done is noted beside the masks: started again, it goes on ' +
        'where it ended, and does again only what has changed.',
    )
    .argument('<folder>', 'folder of pictures, with all folders below')
    .requiredOption('-o, --out <folder>', 'folder for the masks; made when missing')
    .option('-m, --model <model>', 'id of a model in the library, an ONNX file, or a folder that holds one')
    .option('-e, --engine <engine>', 'id of a built engine, or its beginning; its model is then used')
    .addOption(
      new Option('-f, --formats <list>', `what to write, separated by commas: ${FORMATS.join(', ')}`)
        .argParser((text) => listOf(text, FORMATS))
        .default(['index'], 'index'),
    )
    .option('-w, --workers <count>', 'pictures in work at once; 0 goes by the runtime', wholeNumber, 0)
    .option('-t, --threads <count>', 'threads of the runtime; 0 lets it choose', wholeNumber, 0)
    .option('--skip-done', 'leave every picture alone whose files are there, whoever wrote them')
    .option('--overwrite', 'do all again, and replace what is there')
    .option('--retry-failed', 'only those that failed last time')
    .option('--check-content', 'tell by their content whether pictures have changed, not by size and time')
    .option('--csv <file>', 'write the areas of all classes to this file')
    .option('--no-recursive', 'leave folders below the folder out')
    .option('--flat', 'put all files into the output folder itself')
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: BatchOptions, command: Command) => {
      await batch(contextOf(command), folder, options);
    });
}

const EXAMPLES = `
Examples:
  maskforge batch photos/ --out masks/
  maskforge batch photos/ --out masks/ --formats index,overlay --csv areas.csv
  maskforge batch photos/ --out masks/ --retry-failed

Exit codes: 0 all done, 1 some failed (each is named), 2 wrong usage, 130 cancelled.`;

async function batch(context: CliContext, folder: string, options: BatchOptions): Promise<void> {
  const order = orderOf(context.io.cwd, folder, options);
  const { dryRun, json, threads, model, engine } = options;
  const choice = {
    threads,
    ...(model === undefined ? {} : { model }),
    ...(engine === undefined ? {} : { engine }),
  };
  await withStudio(context, (studio) =>
    withSession(context, studio, choice, ({ session }) =>
      runBatchCommand(
        context,
        studio,
        { ...order, sessionId: session.id },
        {
          session,
          dryRun: dryRun === true,
          json: json === true,
        },
      ),
    ),
  );
}

function orderOf(cwd: string, folder: string, options: BatchOptions): Omit<BatchOrder, 'style' | 'sessionId'> {
  const { skipDone, overwrite, csv, formats } = options;
  if (skipDone === true && overwrite === true) {
    throw usageError('--skip-done and --overwrite exclude each other.', 'Give one of the two, or neither.');
  }
  if (options.model !== undefined && options.engine !== undefined) {
    throw usageError('--model and --engine name two networks.', 'Give one of the two.');
  }
  if (options.workers > 64) throw usageError('--workers takes at most 64.');
  const existing: BatchExisting = skipDone === true ? 'keep' : overwrite === true ? 'overwrite' : 'resume';
  return {
    input: resolve(cwd, folder),
    output: resolve(cwd, options.out),
    formats: csv === undefined || formats.includes('csv') ? [...formats] : [...formats, 'csv'],
    recursive: options.recursive,
    keepFolders: options.flat !== true,
    existing,
    unchanged: options.checkContent === true ? 'content' : 'time',
    onlyFailed: options.retryFailed === true,
    workers: options.workers,
    table: csv === undefined ? null : resolve(cwd, csv),
  };
}
