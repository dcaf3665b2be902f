import type { Command } from 'commander';
import { Option } from 'commander';
import { join, resolve } from 'node:path';
import { saveModel } from '../../onnx/model-write';
import type { NumberFormat } from '../../quantization/number-format';
import { quantizeModel } from '../../quantization/quantize-model';
import type { QuantizeReport } from '../../quantization/quantize-model';
import { RANGE_METHODS } from '../../quantization/range-method';
import type { RangeMethod } from '../../quantization/range-method';
import { toTensorRtTable } from '../../quantization/tensorrt-table';
import { dataDirectory } from '../../studio/data-directory';
import { writeFileAtomically } from '../../studio/library/json-file';
import { calibrateFolder, DEFAULT_COUNT } from '../../studio/quantize/calibrate-folder';
import type { Calibration } from '../../studio/quantize/calibrate-folder';
import { prepareForQuantization } from '../../studio/quantize/prepare-model';
import type { PreparedModel } from '../../studio/quantize/prepare-model';
import { chooseModel } from '../choose-model';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { withStudio } from '../open-studio';
import { countingNumber, wholeNumber } from '../parse-option';
import { showProgress } from '../progress';
import { warningLine } from '../terminal';

export interface CalibrateFlags {
  readonly images: string;
  readonly method: RangeMethod;
  readonly count: number;
  readonly seed: number;
  readonly cache?: string;
  readonly format: NumberFormat;
  readonly out?: string;
  readonly json?: boolean;
}

export function registerCalibrate(program: Command): void {
  addCalibrationOptions(
    program
      .command('calibrate')
      .summary('find the ranges that a network needs for 8 bits')
      .description(
        'Runs pictures through a network and keeps what its values reach. What was done is kept: a run that was broken off goes on.',
      ),
  )
    .option('--table <file>', "also write TensorRT's calibration table")
    .option('-o, --out <file>', 'also write the network with Q/DQ in it')
    .action(async (model: string, flags: CalibrateFlags & { table?: string }, command: Command) =>
      calibrate(contextOf(command), model, flags),
    );
}

/** What calibrating and tuning have in common. */
export function addCalibrationOptions(command: Command): Command {
  return command
    .argument('<model>', 'id from the library, or path of an ONNX file')
    .requiredOption('-i, --images <folder>', 'pictures such as the network will see at work')
    .addOption(new Option('--method <name>', 'how ranges follow from values').choices(RANGE_METHODS).default('mse'))
    .option('--count <pictures>', 'how many pictures to calibrate on', countingNumber, DEFAULT_COUNT)
    .option('--seed <number>', 'which pictures are chosen', wholeNumber, 1)
    .option('--cache <file>', 'where the calibration is kept; in the data folder when left out')
    .addOption(new Option('--format <type>', 'which 8 bits').choices(['int8', 'fp8']).default('int8'))
    .option('--json', 'print one JSON object');
}

/** Opens and prepares the model, and gives what calibrating and tuning start from. */
export async function withPrepared<T>(
  context: CliContext,
  wanted: string,
  work: (prepared: PreparedModel, cacheDirectory: string) => Promise<T>,
): Promise<T> {
  return withStudio(context, async (studio) => {
    const { model, release } = await chooseModel(studio, context, wanted);
    const prepared = await prepareForQuantization(model, context.signal);
    try {
      return await work(prepared, join(dataDirectory({ ...context.io.env }), 'calibrations'));
    } finally {
      prepared.model.close();
      await release();
    }
  });
}

export function cacheOf(context: CliContext, file: string | undefined, directory: string) {
  return file === undefined ? { directory } : { file: resolve(context.io.cwd, file) };
}

async function calibrate(
  context: CliContext,
  wanted: string,
  flags: CalibrateFlags & { readonly table?: string },
): Promise<void> {
  const { io, terminal, signal } = context;
  const { method, format, count, seed } = flags;
  await withPrepared(context, wanted, async ({ model, form }, directory) => {
    const progress = showProgress(terminal, 'pictures');
    const calibration = await calibrateFolder({
      model,
      form,
      folder: resolve(io.cwd, flags.images),
      count,
      seed,
      cache: cacheOf(context, flags.cache, directory),
      signal,
      onProgress: ({ done, total, picture }) => progress.update(done, total, picture),
    }).finally(() => progress.stop());
    const { model: quantized, report } = quantizeModel(model, calibration.statistics, { method, format });
    if (flags.table !== undefined) {
      await writeFileAtomically(resolve(io.cwd, flags.table), toTensorRtTable(calibration.statistics, method));
    }
    if (flags.out !== undefined) await saveModel(quantized, resolve(io.cwd, flags.out));
    if (flags.json === true) return terminal.json({ ...summaryOf(calibration), report });
    describeCalibration(context, calibration);
    describeReport(context, report);
    if (flags.out !== undefined) terminal.line(`written to ${resolve(io.cwd, flags.out)}`);
  });
}

export function summaryOf(calibration: Calibration): Record<string, unknown> {
  const { file, key, cached, pictures, found, skipped, warnings } = calibration;
  return { file, key, cached, pictures, found, skipped, warnings };
}

export function describeCalibration({ terminal }: CliContext, calibration: Calibration): void {
  const { pictures, found, cached, file, skipped, warnings } = calibration;
  for (const { file: name, message } of skipped) terminal.warning(`skipped ${name}: ${message}`);
  for (const warning of warnings) terminal.warning(warningLine(warning));
  const source = { none: '', partly: ', some of them found in the cache', whole: ', found in the cache' }[cached];
  terminal.line(`${terminal.paint('bold', 'calibration')}  ${pictures} of ${found} pictures${source}, kept in ${file}`);
}

function describeReport({ terminal }: CliContext, report: QuantizeReport): void {
  const { format, method, quantized, kept, activationPairs, weights } = report;
  terminal.line(
    `${terminal.paint('bold', format)}  ${quantized} layers quantised with ${method}, ${kept} kept; ${activationPairs} activations, ${weights} weights`,
  );
}
