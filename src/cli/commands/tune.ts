import type { Command } from 'commander';
import { resolve } from 'node:path';
import { saveModel } from '../../onnx/model-write';
import type { TunePoint, Tuning } from '../../quantization/precision-doctor';
import { quantizeModel } from '../../quantization/quantize-model';
import { recommend } from '../../quantization/recommend';
import { DEFAULT_COMPARED, tuneFolder } from '../../studio/quantize/tune-folder';
import type { FolderTuning } from '../../studio/quantize/tune-folder';
import { exitCodes } from '../cli-io';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import { shareOf } from '../parse-engine-options';
import { countingNumber } from '../parse-option';
import { showProgress } from '../progress';
import { table } from '../table';
import { addCalibrationOptions, cacheOf, describeCalibration, summaryOf, withPrepared } from './calibrate';
import type { CalibrateFlags } from './calibrate';

interface TuneFlags extends CalibrateFlags {
  readonly targetAgreement: number;
  readonly compared: number;
  readonly timing: boolean;
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
    .option('--no-timing', 'estimate what each block gains instead of timing it on ONNX Runtime')
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
      // Processors compute 8-bit floats nowhere.
      timed: flags.timing && format === 'int8',
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
      const recommendation = recommend(tuning, words(flags));
      terminal.json({ ...tuning, recommendation, compared: result.compared, calibration: summaryOf(calibration) });
    } else {
      describe(context, result);
      terminal.line(recommend(tuning, words(flags)));
    }
    if (!tuning.isReached) context.fail(exitCodes.someFailed);
  });
}

function describe(context: CliContext, { tuning, calibration, compared, warnings }: FolderTuning): void {
  const { terminal } = context;
  describeCalibration(context, { ...calibration, warnings });
  const rows = tuning.ranking.map(({ block, harm, gain, savedMs }) => [
    tuning.keep.includes(block) ? 'kept' : '8 bits',
    `-${percent(harm)}`,
    percent(gain),
    savedMs === null ? '' : `${savedMs.toFixed(2)} ms`,
    block,
  ]);
  if (rows.length > 0)
    table([['', 'agreement', 'gain', tuning.time === null ? '' : 'saved', 'block'], ...rows]).forEach((row) =>
      terminal.line(row),
    );
  curve(tuning).forEach((point) => terminal.line(describePoint(point)));
  const gain =
    tuning.time === null
      ? `${percent(tuning.gain)} of the gain (estimated from multiplications)`
      : `${tuning.time.milliseconds.toFixed(2)} against ${tuning.time.float.toFixed(2)} ms (measured)`;
  terminal.line(
    `${terminal.paint('bold', tuning.isReached ? 'reached' : 'not reached')}  ${percent(tuning.agreement)} of the pixels agree on ${compared} pictures, with ${gain} and ${tuning.keep.length} blocks kept`,
  );
}

function words({ format, targetAgreement }: TuneFlags): Parameters<typeof recommend>[1] {
  return { format: format.toUpperCase(), wide: format === 'int8' ? 'FP32' : 'FP16', target: targetAgreement };
}

/** The points between everything in 8 bits and what was chosen. */
function curve({ points }: Tuning): TunePoint[] {
  return points.filter(({ kind }) => kind === 'without').sort((one, other) => other.gain - one.gain);
}

function describePoint({ kind, blocks, agreement, gain, time }: TunePoint): string {
  const what = kind === 'alone' ? `${blocks[0] ?? ''} alone` : `${blocks.length} blocks kept`;
  const took = time === undefined ? '' : `, ${time.milliseconds.toFixed(2)} ms against ${time.float.toFixed(2)} ms`;
  return `${what}: ${percent(agreement)} agree at ${percent(gain)} of the gain${took}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
