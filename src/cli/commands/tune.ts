import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';
import { saveModel } from '../../onnx/model-write';
import type { TunePoint, Tuning } from '../../quantization/precision-doctor';
import { quantizeModel } from '../../quantization/quantize-model';
import { DEFAULT_COMPARED, tuneFolder } from '../../studio/quantize/tune-folder';
import type { FolderTuning } from '../../studio/quantize/tune-folder';
import { exitCodes } from '../cli-io';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { countingNumber } from '../parse-option';
import { showProgress } from '../progress';
import { table } from '../table';
import { addCalibrationOptions, cacheOf, describeCalibration, summaryOf, withPrepared } from './calibrate';
import type { CalibrateFlags } from './calibrate';

interface TuneFlags extends CalibrateFlags {
  readonly targetAgreement: number;
  readonly compared: number;
}

export function registerTune(program: Command): void {
  addCalibrationOptions(
    program
      .command('tune')
      .summary('find the blocks that cannot bear 8 bits')
      .description(
        'Quantises each block alone, sees what that does to the masks, and keeps the worst in higher precision until they agree.',
      ),
  )
    .option('--target-agreement <share>', 'least share of pixels that keep their class', shareOf, 0.99)
    .option('--compared <pictures>', 'pictures to compare masks on', countingNumber, DEFAULT_COMPARED)
    .option('-o, --out <file>', 'write the tuned network with Q/DQ in it')
    .action(async (model: string, flags: TuneFlags, command: Command) => tune(contextOf(command), model, flags));
}

async function tune(context: CliContext, wanted: string, flags: TuneFlags): Promise<void> {
  const { io, terminal, signal } = context;
  const { method, format, count, seed, compared } = flags;
  await withPrepared(context, wanted, async ({ model, form }, directory) => {
    const progress = showProgress(terminal, 'pictures');
    const result = await tuneFolder({
      model,
      form,
      folder: resolve(io.cwd, flags.images),
      count,
      seed,
      compared,
      cache: cacheOf(context, flags.cache, directory),
      target: flags.targetAgreement,
      quantize: { method, format },
      signal,
      onProgress: ({ done, total, picture }) => progress.update(done, total, picture),
      onPoint: (point, { done, most }) => progress.update(done, most, describePoint(point)),
    }).finally(() => progress.stop());
    const { tuning, calibration } = result;
    if (flags.out !== undefined) {
      const options = { method, format, keep: tuning.keep };
      await saveModel(quantizeModel(model, calibration.statistics, options).model, resolve(io.cwd, flags.out));
    }
    if (flags.json === true) {
      terminal.json({ ...tuning, compared: result.compared, calibration: summaryOf(calibration) });
    } else describe(context, result);
    if (!tuning.isReached) context.fail(exitCodes.someFailed);
  });
}

function describe(context: CliContext, { tuning, calibration, compared, warnings }: FolderTuning): void {
  const { terminal } = context;
  describeCalibration(context, { ...calibration, warnings });
  const rows = tuning.ranking.map(({ block, harm, gain }) => [
    tuning.keep.includes(block) ? 'kept' : '8 bits',
    `-${percent(harm)}`,
    percent(gain),
    block,
  ]);
  if (rows.length > 0) table([['', 'agreement', 'gain', 'block'], ...rows]).forEach((row) => terminal.line(row));
  curve(tuning).forEach((point) => terminal.line(describePoint(point)));
  const source = tuning.gainSource === 'measured' ? 'measured' : 'estimated from multiplications';
  terminal.line(
    `${terminal.paint('bold', tuning.isReached ? 'reached' : 'not reached')}  ${percent(tuning.agreement)} of the pixels agree on ${compared} pictures, with ${percent(tuning.gain)} of the gain (${source}) and ${tuning.keep.length} blocks kept`,
  );
}

/** The points between everything in 8 bits and what was chosen. */
function curve({ points }: Tuning): TunePoint[] {
  return points.filter(({ kind }) => kind === 'without').sort((one, other) => other.gain - one.gain);
}

function describePoint({ kind, blocks, agreement, gain }: TunePoint): string {
  const what = kind === 'alone' ? `${blocks[0] ?? ''} alone` : `${blocks.length} blocks kept`;
  return `${what}: ${percent(agreement)} agree at ${percent(gain)} of the gain`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function shareOf(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1))
    throw new InvalidArgumentError('A number above 0 and up to 1 is needed, such as 0.99.');
  return value;
}
