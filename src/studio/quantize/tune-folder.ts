import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import type { OnnxModel } from '../../onnx/model';
import { tunePrecision } from '../../quantization/precision-doctor';
import type { TunePoint, Tuning } from '../../quantization/precision-doctor';
import type { QuantizeOptions } from '../../quantization/quantize-model';
import { PairedTimer } from '../../runtimes/onnxruntime/paired-timer';
import { readTextIfPresent, writeFileAtomically } from '../library/json-file';
import { calibrateFolder, choose, DEFAULT_COUNT, findPictures, hashAll } from './calibrate-folder';
import type { Calibration, CalibrateOptions } from './calibrate-folder';
import { MaskAgreement } from './mask-agreement';
import { pictureInputs } from './picture-inputs';

export interface TuneFolderOptions extends CalibrateOptions {
  /** Least share of pixels whose class shall be the reference's: 0 to 1. */
  readonly target: number;
  /** Pictures to compare masks on; {@link DEFAULT_COMPARED} when left out. */
  readonly compared?: number;
  readonly quantize?: Omit<QuantizeOptions, 'only'>;
  /** Time that each block gains, measured on a device; see {@link tunePrecision}. */
  readonly gains?: ReadonlyMap<string, number>;
  /** Times each candidate on ONNX Runtime, which is then what candidates are ranked by. */
  readonly timed?: boolean;
  /** Compares on a device instead of on ONNX Runtime. */
  readonly agreementOf?: (model: OnnxModel) => Promise<number>;
  readonly onPoint?: (point: TunePoint, progress: { readonly done: number; readonly most: number }) => void;
}

export interface FolderTuning {
  readonly tuning: Tuning;
  readonly calibration: Calibration;
  /** Pictures that masks were compared on. */
  readonly compared: number;
  readonly warnings: readonly string[];
}

export const DEFAULT_COMPARED = 24;

const pointsSchema = z.strictObject({
  format: z.literal(1),
  key: z.string(),
  points: z.array(
    z.strictObject({
      kind: z.enum(['alone', 'without']),
      blocks: z.array(z.string()),
      agreement: z.number().min(0).max(1),
      gain: z.number().min(0),
      time: z.strictObject({ milliseconds: z.number().positive(), float: z.number().positive() }).optional(),
    }),
  ),
});

/**
 * Calibrates on some pictures of a folder and tunes on others. Points that were tried are kept beside the calibration, so
 * that a tuning that was broken off goes on where it stopped.
 *
 * @throws what {@link calibrateFolder} and {@link tunePrecision} throw.
 */
export async function tuneFolder(options: TuneFolderOptions): Promise<FolderTuning> {
  const { model, form, folder, signal } = options;
  const calibration = await calibrateFolder(options);
  const { paths, isSame } = await comparedPictures(options);
  // Quietly: who cannot be read was or will be listed by the calibration.
  const inputs = () => pictureInputs(paths, form, () => undefined);
  const key = await tuningKey(options, calibration, await hashAll(paths, folder, signal));
  const file = `${calibration.file}.tuning`;
  const known = await readPoints(file, key);
  const tried: TunePoint[] = [];
  let masks: MaskAgreement | undefined;
  const agreementOf = async (other: OnnxModel): Promise<number> => {
    masks ??= await MaskAgreement.with(model, inputs, signal);
    return masks.of(other, signal);
  };
  const timer = options.timed === true ? new PairedTimer(model, form, options.threads ?? 0) : null;
  const tuning = await tunePrecision(model, calibration.statistics, {
    target: options.target,
    agreementOf: options.agreementOf ?? agreementOf,
    ...(timer === null ? {} : { timeOf: (other) => timer.time(other, signal) }),
    ...(options.quantize === undefined ? {} : { quantize: options.quantize }),
    ...(options.gains === undefined ? {} : { gains: options.gains }),
    known,
    ...(signal === undefined ? {} : { signal }),
    onPoint: async (point, progress) => {
      tried.push(point);
      await writeFileAtomically(file, pointsText(key, known, tried));
      options.onPoint?.(point, progress);
    },
  }).finally(() => timer?.close());
  const warnings = [...calibration.warnings];
  if (isSame) warnings.push('The folder has no other pictures: masks were compared on those that ranges came from.');
  return { tuning, calibration, compared: paths.length, warnings };
}

/** Pictures that were not calibrated on, where the folder has any. */
async function comparedPictures(options: TuneFolderOptions): Promise<{ paths: string[]; isSame: boolean }> {
  const [count, compared] = [options.count ?? DEFAULT_COUNT, options.compared ?? DEFAULT_COMPARED];
  const order = choose(options.files ?? (await findPictures(options.folder)), Infinity, options.seed ?? 1);
  const others = order.slice(count, count + compared);
  return others.length > 0
    ? { paths: others, isSame: false }
    : { paths: order.slice(0, Math.min(count, compared)), isSame: true };
}

async function tuningKey(
  { quantize }: TuneFolderOptions,
  { key }: Calibration,
  pictures: readonly string[],
): Promise<string> {
  return createHash('sha256')
    .update(JSON.stringify([key, quantize ?? {}, pictures]))
    .digest('hex')
    .slice(0, 32);
}

/** What cannot be used is tried again. */
async function readPoints(file: string, key: string): Promise<readonly TunePoint[]> {
  const text = await readTextIfPresent(file);
  if (text === null) return [];
  try {
    const parsed = pointsSchema.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.key === key ? parsed.data.points : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw new Error(`${basename(file)} could not be read`, { cause: error });
  }
}

function pointsText(key: string, known: readonly TunePoint[], tried: readonly TunePoint[]): string {
  const points = new Map([...known, ...tried].map((point) => [`${point.kind} ${point.blocks.join('|')}`, point]));
  return `${JSON.stringify({ format: 1, key, points: [...points.values()] }, null, 2)}\n`;
}
