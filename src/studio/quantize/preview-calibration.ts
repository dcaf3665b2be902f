import { relative } from 'node:path';
import type { SiteKind } from '../../quantization/sites';
import { findSites } from '../../quantization/sites';
import { refuseQuantized } from '../../quantization/already-quantized';
import { PictureFile } from '../../media/picture-file';
import type { OnnxModel } from '../../onnx/model';
import { AppError, toErrorReport } from '../../shared/app-error';
import type { CalibrationPreview } from '../../shared/domain/quantization';
import { plainBytes } from '../plain-bytes';
import type { CalibrateOptions } from './calibrate-folder';
import { allUnreadable, planCalibration, warningsFor } from './calibrate-folder';

/** Small pictures that are made, and their longer side. */
const THUMBNAILS = 24;
const THUMBNAIL_SIDE = 128;

/**
 * What {@link calibrateFolder} with the same options would do: which pictures it takes, which it would have to skip, and
 * how much of it is there already. Runs nothing and writes nothing.
 *
 * @throws what finding the pictures throws; CALIBRATION_ALL_UNREADABLE; MODEL_ALREADY_QUANTIZED; CANCELLED
 */
export async function previewCalibration(
  options: CalibrateOptions,
): Promise<Omit<CalibrationPreview, 'blocks' | 'kinds'>> {
  refuseQuantized(options.model);
  const { files, unlisted, chosen, before } = await planCalibration(options);
  const pictures: CalibrationPreview['pictures'] = [];
  const skipped: CalibrationPreview['skipped'] = [];
  let thumbnails = 0;
  for (const path of chosen) {
    options.signal?.throwIfAborted();
    const name = relative(options.folder, path);
    try {
      const picture = await PictureFile.open({ path });
      const { width, height } = picture;
      const thumbnail = thumbnails < THUMBNAILS ? await picture.show(THUMBNAIL_SIDE) : null;
      if (thumbnail !== null) thumbnails += 1;
      const small = thumbnail === null ? null : { mime: thumbnail.mime, bytes: plainBytes(thumbnail.bytes) };
      pictures.push({ name, width, height, thumbnail: small });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message } = toErrorReport(error);
      skipped.push({ file: name, code, message });
    }
  }
  if (pictures.length === 0) throw allUnreadable(options.folder, skipped);
  const isWhole = before !== undefined && before.done === chosen.length;
  return {
    found: files.length,
    chosen: chosen.length,
    pictures,
    skipped: [...unlisted, ...skipped],
    cached: isWhole ? 'whole' : before === undefined ? 'none' : 'partly',
    done: before?.done ?? 0,
    warnings: warningsFor(pictures.length),
  };
}

/**
 * Blocks with layers of these kinds, which are quantised unless they are kept, in the network's order.
 *
 * @throws MODEL_ALREADY_QUANTIZED
 */
export function blocksOf(model: OnnxModel, kinds: readonly SiteKind[]): CalibrationPreview['blocks'] {
  refuseQuantized(model);
  const counts = new Map<string, number>();
  for (const { block, kind } of findSites(model.graph)) {
    if (kinds.includes(kind)) counts.set(block, (counts.get(block) ?? 0) + 1);
  }
  return [...counts].map(([name, layers]) => ({ name, layers }));
}
