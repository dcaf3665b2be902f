import type { Command } from 'commander';
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError, fromErrorReport } from '../../shared/app-error';
import type {
  ComparisonFormat,
  ComparisonResult,
  OpenComparison,
  ReportFile,
  ReportLanguage,
} from '../../shared/domain/comparison';
import { comparisonJson } from '../../studio/compare/comparison-tables';
import { writeFileAtomically } from '../../studio/library/json-file';
import { exitCodes } from '../cli-io';
import { chooseSides } from '../compare-sides';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { followJob } from '../follow-job';
import type { LocalStudio } from '../open-studio';
import { withStudio } from '../open-studio';
import { countOf } from '../parse-engine-options';
import { printComparison } from '../print-comparison';
import { showProgress } from '../progress';
import { reportLanguage } from '../report-language';

interface CompareOptions {
  readonly engines?: string[];
  readonly model?: string;
  readonly reference?: string;
  readonly masks?: string;
  readonly limit?: number;
  readonly classes?: boolean;
  readonly json?: boolean;
  readonly csv?: string;
  readonly html?: string;
  readonly language: ReportLanguage;
}

export function registerCompare(program: Command): void {
  program
    .command('compare')
    .summary('lay engines, precisions and drawn masks side by side on your pictures')
    .description(
      'Runs two to four models and engines on the same pictures, one after another, and compares their masks with those ' +
        'of one of them, the reference. That is agreement; accuracy needs drawn masks.',
    )
    .argument('<input>', 'a picture, or a folder of pictures')
    .option('-e, --engines <list>', 'ids of engines or models, or ONNX files, with commas between them', words)
    .option('-m, --model <model>', 'also this model as it is, on ONNX Runtime; the reference unless another is named')
    .option('--masks <folder>', 'also drawn masks: a PNG of class ids for each picture, of its name')
    .option(
      '-r, --reference <side>',
      'what the others are compared with, as it was named, or masks (default: the first)',
    )
    .option('--limit <count>', 'take only so many pictures, evenly over the folder', countOf)
    .option('--classes', 'show each class')
    .option('--json', 'print one JSON object')
    .option('--csv <file>', 'write a table of the sides, and one of the pictures beside it')
    .option('--html <file>', 'write one page with figures and pictures')
    .option('--language <language>', 'of the page: en or zh', reportLanguage, 'en')
    .action(async (input: string, options: CompareOptions, self: Command) => {
      const context = contextOf(self);
      await withStudio(context, (studio) => compare(context, studio, input, options));
    });
}

async function compare(
  context: CliContext,
  studio: LocalStudio,
  input: string,
  options: CompareOptions,
): Promise<void> {
  const { sides, reference, release } = await chooseSides(studio, context, options);
  try {
    const comparison = await studio.call('compare.open', { sides, reference });
    const result = await runComparison(context, studio, comparison, input, options);
    if (options.json === true) context.terminal.json(comparisonJson({ comparison, result }));
    else printComparison(context.terminal, comparison, result, options.classes === true);
    await writeFiles(context, studio, comparison.comparisonId, options);
    if (result.failures.length > 0) context.fail(exitCodes.someFailed);
  } finally {
    await release();
  }
}

async function runComparison(
  context: CliContext,
  studio: LocalStudio,
  { comparisonId }: OpenComparison,
  input: string,
  { limit, json }: CompareOptions,
): Promise<ComparisonResult> {
  const { terminal } = context;
  const what = await picturesOf(context, studio, input);
  const order = { comparisonId, ...what, ...(limit === undefined ? {} : { limit }) };
  const { jobId } = await studio.call('compare.run', order);
  const progress = showProgress(terminal, 'pictures');
  const job = await followJob(studio, context, jobId, (now) => {
    if (json !== true) progress.update(now.done, now.total, now.phase);
  }).finally(() => progress.stop());
  if (job.error !== null) throw fromErrorReport(job.error);
  const result = await studio.call('compare.result', { comparisonId });
  if (result === null) throw new Error('A comparison that ends well is kept.');
  return result;
}

async function picturesOf(
  { io, signal }: CliContext,
  studio: LocalStudio,
  input: string,
): Promise<{ directory: string } | { pictureIds: string[] }> {
  const path = resolve(io.cwd, input);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return { directory: path };
  const { added, rejected } = await studio.call('pictures.add', { paths: [path] }, signal);
  const [problem] = rejected;
  if (problem !== undefined) throw fromErrorReport(problem.error);
  if (added.some(({ kind }) => kind === 'video')) {
    throw new AppError('COMPARE_VIDEO', `${input} is a video; pictures can be compared.`, {
      hint: 'Take frames of it first: maskforge video IN --out FOLDER writes masks, ffmpeg writes the frames.',
      details: { file: input },
    });
  }
  return { pictureIds: added.map(({ id }) => id) };
}

async function exported(context: CliContext, studio: LocalStudio, jobId: string): Promise<ReportFile[]> {
  const progress = showProgress(context.terminal, 'pictures');
  try {
    const job = await followJob(studio, context, jobId, ({ done, total, phase }) =>
      progress.update(done, total, phase),
    );
    if (job.error !== null) throw fromErrorReport(job.error);
  } finally {
    progress.stop();
  }
  return studio.call('compare.exported', { jobId });
}

async function writeFiles(
  context: CliContext,
  studio: LocalStudio,
  comparisonId: string,
  { csv, html, language }: CompareOptions,
): Promise<void> {
  const { io, terminal } = context;
  const formats: ComparisonFormat[] = [
    ...(csv === undefined ? [] : (['csv'] as const)),
    ...(html === undefined ? [] : (['html'] as const)),
  ];
  if (formats.length === 0) return;
  const { jobId } = await studio.call('compare.export', { comparisonId, formats, directory: null, language });
  const files = await exported(context, studio, jobId);
  const [sides, pictures] = files.filter(({ format }) => format === 'csv');
  const page = files.find(({ format }) => format === 'html');
  const write = async (file: ReportFile | undefined, path: string): Promise<void> => {
    if (file?.bytes === undefined || file.bytes === null) return;
    await writeFileAtomically(resolve(io.cwd, path), file.bytes);
    terminal.note(`wrote ${path}`);
  };
  if (csv !== undefined) {
    await write(sides, csv);
    await write(pictures, join(dirname(csv), `${basename(csv).replace(/\.csv$/i, '')}.pictures.csv`));
  }
  if (html !== undefined) await write(page, html);
}

/** May be given several times. */
function words(text: string, before: readonly string[] = []): string[] {
  const named = text.split(',').map((word) => word.trim());
  return [...before, ...named.filter((word) => word !== '')];
}
