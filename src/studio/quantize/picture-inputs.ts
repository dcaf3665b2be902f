import { loadOrt } from '../../onnx/load-ort';
import type { OrtTensor } from '../../onnx/ort';
import { PictureFile } from '../../media/picture-file';
import type { CalibrationInput } from '../../quantization/collect-statistics';
import { InputWriter } from '../../runtimes/input-tensor';
import type { InputData } from '../../runtimes/input-tensor';
import { placePicture } from '../../runtimes/placement';
import type { ModelSummary } from '../../shared/domain/model';

/** What of a model decides how pictures become its input. */
export type InputForm = Pick<ModelSummary, 'input' | 'preprocessing'>;

/** A tile's height is a multiple of this wherever tiles are cut. */
export const TILE_STRIDE = 32;

/**
 * Pictures as the network will see them at work: opened, decoded, resized and normalised by the very code that inference
 * uses. The next picture is read while the last one is computed.
 *
 * @param onSkipped hears of files that cannot be read; when it throws, all ends.
 */
export async function* pictureInputs(
  paths: Iterable<string>,
  form: InputForm,
  onSkipped: (path: string, error: unknown) => void | Promise<void>,
): AsyncGenerator<CalibrationInput & { readonly isLast: boolean }> {
  const writer = new InputWriter(form.input, form.preprocessing);
  const queue = [...paths];
  let next = prepare(queue[0], form, writer);
  for (let index = 0; index < queue.length; index += 1) {
    const current = await next;
    next = prepare(queue[index + 1], form, writer);
    const path = queue[index] ?? '';
    if ('error' in current) await onSkipped(path, current.error);
    else {
      for (const [at, feeds] of current.feeds.entries()) {
        yield { label: path, feeds, isLast: at === current.feeds.length - 1 };
      }
    }
  }
  await next;
}

type Prepared = { readonly feeds: readonly Record<string, OrtTensor>[] } | { readonly error: unknown };

/** Never rejects: a failure waits until its turn comes. */
async function prepare(path: string | undefined, form: InputForm, writer: InputWriter): Promise<Prepared> {
  if (path === undefined) return { feeds: [] };
  try {
    return { feeds: await feedsOf(path, form, writer) };
  } catch (error) {
    return { error };
  }
}

async function feedsOf(path: string, { input, preprocessing }: InputForm, writer: InputWriter) {
  const picture = await PictureFile.open({ path });
  const placement = placePicture(preprocessing.size, picture, TILE_STRIDE);
  const frame = await picture.read({ ...placement.resized, resample: preprocessing.resample });
  const { width, height } = placement.input;
  const feeds: Record<string, OrtTensor>[] = [];
  for (const tile of placement.tiles) {
    const data = writer.allocate(width, height);
    writer.write(data, placement.input, frame, tile, placement.fill);
    const batch = input.batch ?? 1;
    const dims =
      input.layout === 'NCHW' ? [batch, input.channels, height, width] : [batch, height, width, input.channels];
    feeds.push({ [input.name]: await tensorOf(data, dims) });
  }
  return feeds;
}

/** A network made for several pictures at once gets the same one in each place. */
async function tensorOf(data: InputData, dims: readonly number[]): Promise<OrtTensor> {
  const { Tensor } = await loadOrt();
  const fill = <T extends InputData>(all: T): T => {
    for (let at = 0; at < all.length; at += data.length) all.set(data, at);
    return all;
  };
  const count = data.length * (dims[0] ?? 1);
  if (data instanceof Float32Array) return new Tensor('float32', fill(new Float32Array(count)), dims);
  if (data instanceof Uint8Array) return new Tensor('uint8', fill(new Uint8Array(count)), dims);
  return new Tensor('float16', fill(new Uint16Array(count)), dims);
}
