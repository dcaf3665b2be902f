import { join, relative, sep } from 'node:path';
import type { BuildOrder } from '../../shared/domain/engine';
import type { FileAccess } from '../file-access';
import type { PictureRegistry } from '../pictures/picture-registry';

export interface CalibrationAccess {
  readonly access: FileAccess;
  readonly pictures: Pick<PictureRegistry, 'pathOf' | 'has'>;
  /** The studio's own calibrations. */
  readonly calibrations: string;
}

/** Calibrations that the user brought along, kept among the studio's own. */
export function givenCalibrations(calibrations: string): string {
  return join(calibrations, 'given');
}

/**
 * The order with paths in place of ids, once the shell may name them all.
 *
 * @throws AppError FILE_NOT_GRANTED, PICTURE_UNKNOWN
 */
export function withCalibrationPaths(
  order: BuildOrder,
  { access, pictures, calibrations }: CalibrationAccess,
): BuildOrder {
  const { calibration } = order;
  if (calibration === undefined) return order;
  const { folder, file } = calibration;
  if (folder !== undefined) access.check(folder);
  if (file !== undefined && !liesIn(givenCalibrations(calibrations), file)) access.check(file);
  const paths = calibration.pictures?.map((picture) => {
    if (pictures.has(picture)) return pictures.pathOf(picture);
    access.check(picture);
    return picture;
  });
  return paths === undefined ? order : { ...order, calibration: { ...calibration, pictures: paths } };
}

function liesIn(folder: string, file: string): boolean {
  const inside = relative(folder, file);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !inside.includes(sep);
}
