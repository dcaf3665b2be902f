import { AppError } from '../shared/app-error';
import { FORMATS } from './number-format';
import type { MethodOptions, RangeMethod } from './range-method';
import { ValueStatistics } from './value-statistics';
import type { StatisticsByValue } from './value-statistics';

/*
 * TensorRT's calibration table: a line that names version and calibrator, then one line for each tensor with its scale,
 * the bits of a float32 in hexadecimal, most significant digit first. Range = scale * 127.
 */

const CALIBRATORS: Readonly<Record<RangeMethod, string>> = {
  entropy: 'EntropyCalibration2',
  'min-max': 'MinMaxCalibration',
  // TensorRT has no name of its own for these; its reader minds the scales only.
  percentile: 'EntropyCalibration2',
  mse: 'EntropyCalibration2',
};

const { largest } = FORMATS.int8;

/** @param version as TensorRT writes its own: 100600 for 10.6.0. */
export function toTensorRtTable(
  statistics: StatisticsByValue,
  method: RangeMethod,
  options: MethodOptions & { readonly version?: number } = {},
): string {
  const lines = [...statistics].map(([name, value]) => {
    const bits = new DataView(new ArrayBuffer(4));
    bits.setFloat32(0, value.range(method, options) / largest);
    return `${name}: ${bits.getUint32(0).toString(16).padStart(8, '0')}`;
  });
  return `TRT-${options.version ?? 100_600}-${CALIBRATORS[method]}\n${lines.join('\n')}\n`;
}

/** @throws CALIBRATION_TABLE_INVALID, which names the line. */
export function fromTensorRtTable(text: string, fileName: string): Map<string, ValueStatistics> {
  const [header = '', ...lines] = text.split(/\r?\n/);
  if (!/^TRT-\d+-\w+$/.test(header.trim())) throw invalid(fileName, 1, 'it does not begin with TRT-…-…Calibration');
  const statistics = new Map<string, ValueStatistics>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    // Names may hold colons: the last one counts.
    const match = /^(.+): ([0-9a-fA-F]{1,8})$/.exec(line.trimEnd());
    const [, name, digits] = match ?? [];
    if (name === undefined || digits === undefined) throw invalid(fileName, index + 2, 'it is not "name: hexadecimal"');
    const bits = new DataView(new ArrayBuffer(4));
    bits.setUint32(0, Number.parseInt(digits, 16));
    const scale = bits.getFloat32(0);
    if (!Number.isFinite(scale) || scale < 0) throw invalid(fileName, index + 2, `${scale} is no scale`);
    statistics.set(name, ValueStatistics.ofRange(scale * largest));
  }
  return statistics;
}

function invalid(fileName: string, line: number, why: string): AppError {
  return new AppError('CALIBRATION_TABLE_INVALID', `${fileName}, line ${line}: ${why}.`, {
    hint: 'Choose a calibration table that TensorRT or Maskforge wrote.',
    details: { file: fileName, line },
  });
}
