import type { Command } from 'commander';
import { Option } from 'commander';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { BuildOrderInput, EngineSummary, Precision, Recipe } from '../shared/domain/engine';
import { isEightBit } from '../shared/domain/engine';
import type { CalibrationOrder, QuantizedKind } from '../shared/domain/quantization';
import { quantizedKindSchema, rangeMethodSchema } from '../shared/domain/quantization';
import { calibrationBeside } from '../studio/engines/calibration-of-recipe';
import { engineFiles } from '../studio/engines/engine-files';
import { writeError } from '../studio/library/json-file';
import { quantizedKinds, shareOf } from './parse-engine-options';
import { countingNumber, wholeNumber } from './parse-option';
import { usageError } from './terminal';

export const LAYERS_HELP = `what computes in 8 bits, separated by commas: ${quantizedKindSchema.options.join(', ')} (default: linear layers, or convolutions where there are none)`;

/** What `build` takes for 8 bits. */
export interface CalibrationFlags {
  readonly calibrate?: string;
  readonly count?: number;
  readonly seed?: number;
  readonly method?: CalibrationOrder['method'];
  readonly keep?: string[];
  readonly layers?: QuantizedKind[];
  readonly calibration?: string;
  readonly targetAgreement?: number;
}

export function addCalibrationFlags(command: Command): void {
  command
    .option('--calibrate <folder>', 'for int8 and fp8: pictures such as the network will see at work')
    .option('--count <pictures>', 'with --calibrate: how many are chosen (default: 128)', countingNumber)
    .option('--seed <number>', 'with --calibrate: which ones are chosen (default: 1)', wholeNumber)
    .addOption(
      new Option('--method <name>', 'how ranges follow from values (default: mse)').choices(rangeMethodSchema.options),
    )
    .option('--keep <names>', 'blocks or nodes that stay in 16 bits, separated by semicolons; may be repeated', names)
    .option('--layers <kinds>', LAYERS_HELP, quantizedKinds)
    .option(
      '--target-agreement <share>',
      'with --calibrate: keeps the blocks out of 8 bits that stand against so many pixels keeping their class, such as 0.99',
      shareOf,
    )
    .option('--calibration <file>', 'ranges that were collected before; with --calibrate: where they are kept');
}

/**
 * What was said about 8 bits as part of an order. Beside a recipe that names a calibration, that one is looked for:
 * `x.calibration.json` beside `x.json`, then `calibration.json` as in an engine's folder.
 *
 * @throws AppError USAGE for flags that go with no other flag
 */
export async function calibrationOrderOf(
  cwd: string,
  flags: CalibrationFlags,
  precision: Precision | undefined,
  replayed: { readonly recipe: Recipe; readonly file: string } | null,
): Promise<Pick<BuildOrderInput, 'calibration' | 'targetAgreement'>> {
  const { calibrate, count, seed, method, keep, layers, calibration, targetAgreement } = flags;
  const flagged = { calibrate, count, seed, method, keep, layers, calibration, targetAgreement };
  const given = Object.entries(flagged).find(([, value]) => value);
  if (replayed === null && (precision === undefined || !isEightBit(precision))) {
    if (given === undefined) return {};
    throw usageError(
      `--${given[0].replace('targetAgreement', 'target-agreement')} is for networks in 8 bits.`,
      'Add --precision int8, or leave it out.',
    );
  }
  if (replayed !== null && layers !== undefined) {
    throw usageError('--layers and a recipe both say what computes in 8 bits.', 'Leave one of them out.');
  }
  if (calibrate === undefined && (count ?? seed) !== undefined) {
    throw usageError('--count and --seed choose pictures, but there is no folder.', 'Add --calibrate FOLDER.');
  }
  if (calibrate === undefined && targetAgreement !== undefined) {
    throw usageError(
      '--target-agreement compares masks on pictures, but there is no folder.',
      'Add --calibrate FOLDER.',
    );
  }
  const named = calibration === undefined ? null : resolve(cwd, calibration);
  const beside =
    replayed === null || calibrate !== undefined ? null : calibrationBeside(besides(replayed.file), replayed.recipe);
  const file = named ?? (await beside);
  return {
    ...(targetAgreement === undefined ? {} : { targetAgreement }),
    calibration: {
      ...(calibrate === undefined ? {} : { folder: resolve(cwd, calibrate) }),
      ...(count === undefined ? {} : { count }),
      ...(seed === undefined ? {} : { seed }),
      ...(method === undefined ? {} : { method }),
      ...(keep === undefined ? {} : { keep }),
      ...(layers === undefined ? {} : { kinds: layers }),
      ...(file === null ? {} : { file }),
    },
  };
}

/** Puts what an engine for 8 bits was calibrated with beside its saved recipe, so that both can be taken elsewhere. */
export async function saveCalibration({ path }: EngineSummary, recipeFile: string): Promise<void> {
  const source = join(path, engineFiles.calibration);
  const [target = ''] = besides(recipeFile);
  if (!existsSync(source)) return;
  await copyFile(source, target).catch((error: unknown) => {
    throw writeError(error, target);
  });
}

function besides(recipeFile: string): string[] {
  const folder = dirname(recipeFile);
  const stem = basename(recipeFile).replace(/\.json$/i, '');
  return [join(folder, `${stem}.calibration.json`), join(folder, engineFiles.calibration)];
}

/** Names of blocks or nodes, separated by semicolons; more add to those before. */
export function names(text: string, before: string[] = []): string[] {
  const more = text.split(';').map((name) => name.trim());
  return [...before, ...more.filter((name) => name !== '')];
}
