import type { Command } from 'commander';
import { join, resolve } from 'node:path';
import type { BuildOrderInput } from '../../shared/domain/engine';
import type { QuantizedKind } from '../../shared/domain/quantization';
import type { KeptTuning, NumberedPoint } from '../../shared/domain/tuning';
import { dataDirectory } from '../../studio/data-directory';
import { describePoint, judgesInWords, percent } from '../../studio/tune/describe-point';
import { recipeOfPoint } from '../../studio/tune/tuning-store';
import { writeTuned } from '../../studio/tune/write-tuned';
import { LAYERS_HELP, names } from '../build-calibration';
import { chooseModel } from '../choose-model';
import { exitCodes } from '../cli-io';
import type { CliContext } from '../context';
import { contextOf } from '../context';
import type { GraphFlags } from '../graph-options';
import { addBuilderOptions, addGraphOptions, graphOrderOf } from '../graph-options';
import { withStudio } from '../open-studio';
import { amountOf, quantizedKinds, shareOf } from '../parse-engine-options';
import { countingNumber } from '../parse-option';
import { runJob } from '../run-job';
import { table } from '../table';
import { addCalibrationOptions } from './calibrate';
import type { CalibrateFlags } from './calibrate';

interface TuneFlags extends CalibrateFlags, GraphFlags {
  readonly targetAgreement: number;
  readonly compared: number;
  readonly keep?: string[];
  readonly layers?: QuantizedKind[];
  readonly timing: boolean;
  readonly timingSeconds: number;
  readonly rankSeconds: number;
  readonly maxSeconds?: number;
}

const DEFAULT_COMPARED = 24;
const DEFAULT_SECONDS = 900;

export function registerTune(program: Command): void {
  const command = addCalibrationOptions(
    program
      .command('tune')
      .summary('find the blocks that cannot bear 8 bits')
      .description(
        'Tries out which blocks of a network bear 8 bits, on the very graphs that build makes for the runtime: how far masks agree, and how long it takes where that is at hand. Keeps every point; what was broken off goes on.',
      ),
  );
  command
    .option('--target-agreement <share>', 'least share of pixels that keep their class', shareOf, 0.99)
    .option('--compared <pictures>', 'pictures to compare masks on', countingNumber, DEFAULT_COMPARED)
    .option('--keep <names>', 'blocks or nodes that stay wide in any case, separated by semicolons', names)
    .option('--layers <kinds>', LAYERS_HELP, quantizedKinds)
    .option('--no-timing', 'estimate what each block gains instead of timing it')
    .option(
      '--timing-seconds <seconds>',
      'how long timing candidates may take, building them included, beside those that have to be timed',
      amountOf,
      DEFAULT_SECONDS,
    )
    .option(
      '--rank-seconds <seconds>',
      'how long comparing masks for each block alone may take; beyond that their order is estimated from rounding errors',
      amountOf,
      DEFAULT_SECONDS,
    )
    .option(
      '--max-seconds <seconds>',
      'end after so long with what was found until then (exit code 1); started again, it goes on',
      amountOf,
    );
  addGraphOptions(command);
  addBuilderOptions(command);
  command
    .option('-o, --out <file>', 'write the tuned network with Q/DQ in it')
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, flags: TuneFlags, self: Command) => tune(contextOf(self), model, flags));
}

const EXAMPLES = `
Examples:
  maskforge tune street-b0 --images photos/ --target-agreement 0.99
  maskforge tune segformer-b2.onnx --images photos/ --format fp8 --runtime tensorrt-10 --shapes 1x3x1024x1024
  maskforge build street-b0 --keep-from TUNING.json#5   (the file and its points are listed at the end)`;

async function tune(context: CliContext, wanted: string, flags: TuneFlags): Promise<void> {
  const { terminal, io, signal } = context;
  const json = flags.json === true;
  await withStudio(context, async (studio) => {
    const { model, release } = await chooseModel(studio, context, wanted);
    try {
      const { targetAgreement: target, compared, timing, timingSeconds: seconds, rankSeconds, maxSeconds } = flags;
      const limits = { seconds, rankSeconds, ...(maxSeconds === undefined ? {} : { maxSeconds }) };
      const { jobId } = await studio.call('engines.tune', {
        modelId: model.id,
        order: orderOf(context, flags),
        tune: { target, compared, timing, ...limits },
      });
      const key = await runJob(context, studio, jobId, { isQuiet: json });
      const tunings = await studio.call('engines.tunings', { modelId: model.id });
      const tuning = tunings.find((each) => each.key === key);
      if (tuning === undefined) throw new Error('A tuning that ends well is kept.');
      if (flags.out !== undefined) {
        const directory = join(dataDirectory({ ...io.env }), 'calibrations');
        const place = { directory, signal, ...cacheFileOf(context, flags) };
        await writeTuned(recipeOfPoint(tuning, null, tuning.file), model, resolve(io.cwd, flags.out), place);
      }
      if (json) terminal.json(asJson(tuning));
      else describe(context, tuning);
      if (!tuning.isReached || tuning.isCut === true) context.fail(exitCodes.someFailed);
    } finally {
      await release();
    }
  });
}

function orderOf(context: CliContext, flags: TuneFlags): BuildOrderInput {
  const { images, count, seed, method, format, keep = [], layers } = flags;
  const folder = resolve(context.io.cwd, images);
  const kinds = layers === undefined ? {} : { kinds: layers };
  const calibration = { folder, count, seed, method, keep, ...kinds, ...cacheFileOf(context, flags) };
  return { ...graphOrderOf(flags), precision: format, calibration };
}

function cacheFileOf({ io }: CliContext, { cache }: TuneFlags): { file?: string } {
  return cache === undefined ? {} : { file: resolve(io.cwd, cache) };
}

/** The record with what was chosen in plain sight. */
function asJson(tuning: KeptTuning): Record<string, unknown> {
  const point = chosenOf(tuning);
  return {
    ...tuning,
    keep: point?.blocks ?? [],
    agreement: point?.agreement ?? null,
    gain: point?.gain ?? null,
    gainSource: point?.time === undefined ? 'estimated' : 'measured',
    judgedOn: point?.judgedOn ?? (point === null ? null : 'onnxruntime'),
    time: point?.time ?? null,
  };
}

function describe({ terminal }: CliContext, tuning: KeptTuning): void {
  const { ranking, compared, isReached, recommendation, timedOn, wide, wideAgreement, overflows } = tuning;
  const point = chosenOf(tuning);
  const rows = ranking.map(({ block, harm, isEstimated, gain, savedMs }) => [
    point?.blocks.includes(block) === true ? 'kept' : '8 bits',
    isEstimated === true ? 'estimated' : `-${percent(harm)}`,
    percent(gain),
    savedMs === null ? '' : `${savedMs.toFixed(2)} ms`,
    block,
  ]);
  const saved = ranking.some(({ savedMs }) => savedMs !== null) ? 'saved' : '';
  if (ranking.some(({ isEstimated }) => isEstimated === true)) {
    terminal.line(
      'There was no time to compare masks for each block alone: their order is estimated from rounding errors.',
    );
  }
  const lines = rows.length > 0 ? table([['', 'agreement', 'gain', saved, 'block'], ...rows]) : [];
  lines.forEach((row) => terminal.line(row));
  for (const { node, reason } of overflows) terminal.line(`${node} stays in FP32: ${reason}`);
  for (const each of curve(tuning))
    terminal.line(`${each === point ? '*' : ' '} #${each.number}  ${describePoint(each)}`);
  if (wideAgreement !== null) terminal.line(`  ${wide.toUpperCase()} itself: ${percent(wideAgreement)} agree`);
  terminal.line(judgesInWords(curve(tuning)));
  if (timedOn !== null) terminal.line(`timed on ${timedOn}`);
  if (point !== null) {
    const gain =
      point.time === undefined
        ? `${percent(point.gain)} of the gain (estimated from multiplications)`
        : `${point.time.milliseconds.toFixed(2)} against ${point.time.float.toFixed(2)} ms (measured)`;
    terminal.line(
      `${terminal.paint('bold', isReached ? 'reached' : 'not reached')}  ${percent(point.agreement)} of the pixels agree on ${compared} pictures, with ${gain} and ${point.blocks.length} blocks kept`,
    );
  }
  terminal.line(recommendation);
  if (tuning.isCut === true) terminal.line('The time was up before everything was tried: started again, it goes on.');
  terminal.line(`kept in ${tuning.file}`);
}

function chosenOf({ points, chosen }: KeptTuning): NumberedPoint | null {
  return points.find(({ number }) => number === chosen) ?? null;
}

/** The points between everything in 8 bits and what was chosen. */
function curve({ points }: KeptTuning): NumberedPoint[] {
  return points.filter(({ kind }) => kind === 'without').sort((one, other) => other.gain - one.gain);
}
