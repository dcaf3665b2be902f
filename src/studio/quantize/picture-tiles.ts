import { PictureFile } from '../../media/picture-file';
import type { Placement } from '../../runtimes/placement';
import { placePicture } from '../../runtimes/placement';
import type { Frame } from '../../shared/domain/frame';
import type { InputForm } from './picture-inputs';
import { TILE_STRIDE } from './picture-inputs';

/** What one run of a network sees of a picture. */
export interface PictureTile extends Pick<Placement, 'input' | 'fill'> {
  /** Fills the upper left corner of the input; what it leaves is filled. */
  readonly frame: Frame;
}

/**
 * The very inputs of `pictureInputs`, in the same order, before they are normalised: for devices that do that by themselves.
 * Files that cannot be read are left out here as there.
 */
export async function* pictureTiles(
  paths: Iterable<string>,
  { preprocessing }: Pick<InputForm, 'preprocessing'>,
): AsyncGenerator<PictureTile> {
  for (const path of paths) {
    const read = await readPicture(path, preprocessing).catch(() => null);
    if (read === null) continue;
    const { placement, frame } = read;
    const { input, fill } = placement;
    for (const tile of placement.tiles) yield { frame: cut(frame, tile, input), input, fill };
  }
}

async function readPicture(path: string, preprocessing: InputForm['preprocessing']) {
  const picture = await PictureFile.open({ path });
  const placement = placePicture(preprocessing.size, picture, TILE_STRIDE);
  const frame = await picture.read({ ...placement.resized, resample: preprocessing.resample });
  return { placement, frame };
}

/** What of a frame lies in an input whose upper left corner is at this place. */
function cut(frame: Frame, { x, y }: { x: number; y: number }, input: Placement['input']): Frame {
  const { channels, pixels } = frame;
  const width = Math.min(input.width, frame.width - x);
  const height = Math.min(input.height, frame.height - y);
  if (width === frame.width && height === frame.height) return frame;
  const cutOut = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    const from = ((y + row) * frame.width + x) * channels;
    cutOut.set(pixels.subarray(from, from + width * channels), row * width * channels);
  }
  return { ...frame, width, height, pixels: cutOut };
}
