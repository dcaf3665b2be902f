import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { Mask } from '../../shared/domain/mask';
import { kindByName } from '../pictures/walk-folder';
import { readMaskFile } from './mask-file';

/**
 * The mask that was drawn for a picture: the PNG of its name in a folder of masks.
 *
 * @throws AppError MASK_SIZE_DIFFERS, and what {@link readMaskFile} throws
 */
export async function readDrawnMask(
  directory: string,
  picturePath: string,
  picture: { readonly width: number; readonly height: number },
): Promise<Mask> {
  const file = join(directory, `${basename(picturePath, extname(picturePath))}.png`);
  const mask = await readMaskFile(file);
  if (mask.width === picture.width && mask.height === picture.height) return mask;
  const [is, wanted] = [`${mask.width}x${mask.height}`, `${picture.width}x${picture.height}`];
  throw new AppError('MASK_SIZE_DIFFERS', `${file} has ${is} pixels, its picture ${wanted}.`, {
    hint: 'A drawn mask has the size of its picture.',
    details: { file, is, wanted },
  });
}

/** Where masks lie in the pictures' own folder, `001.png` beside `001.jpg` is the mask and no picture. */
export async function maskFilesBeside(images: string, masks: string): Promise<Set<string>> {
  if (join(images) !== join(masks)) return new Set();
  const names = await readdir(masks);
  const stems = new Set(
    names
      .filter((name) => kindByName(name) === 'image' && !/\.png$/i.test(name))
      .map((name) => basename(name, extname(name))),
  );
  return new Set(
    names
      .filter((name) => /\.png$/i.test(name) && stems.has(basename(name, extname(name))))
      .map((name) => join(masks, name)),
  );
}

/** At most `limit` of them, evenly over all. */
export function spread<T>(all: readonly T[], limit: number | null): T[] {
  const count = Math.min(limit ?? all.length, all.length);
  const taken = new Set(Array.from({ length: count }, (_, index) => Math.floor((index * all.length) / count)));
  return all.filter((_, index) => taken.has(index));
}
