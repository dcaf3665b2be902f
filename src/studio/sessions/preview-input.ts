import type { Frame, FrameSource } from '../../shared/domain/frame';
import type { ModelInput, Preprocessing } from '../../shared/domain/model';
import { InputWriter } from '../../runtimes/input-tensor';
import { placePicture } from '../../runtimes/placement';

/**
 * What a network would be fed, as a picture: resized, padded or cut, its channels shown as red, green and blue in the
 * order in which the network gets them, normalisation taken back and rounded. Wrong settings are seen at a glance: a
 * swapped channel order as wrong colours, a wrong size as distortion.
 */
export async function previewInput(
  source: FrameSource,
  input: ModelInput,
  preprocessing: Preprocessing,
): Promise<Frame> {
  const placement = placePicture(preprocessing.size, source);
  const { resized } = placement;
  const isWhole = resized.width === source.width && resized.height === source.height;
  const frame = await source.read(isWhole ? undefined : { ...resized, resample: preprocessing.resample });
  const { width, height } = placement.input;
  const asFloats: ModelInput = { ...input, type: 'float32', layout: 'NHWC' };
  const writer = new InputWriter(asFloats, preprocessing);
  const data = writer.allocate(width, height);
  writer.write(data, placement.input, frame, { x: 0, y: 0 }, placement.fill);
  return { width, height, channels: 3, pixels: toPixels(data, input.channels, preprocessing) };
}

function toPixels(data: ArrayLike<number>, channels: 1 | 3, { scale, mean, std }: Preprocessing): Uint8Array {
  const pixels = new Uint8ClampedArray((data.length / channels) * 3);
  for (let i = 0; i < pixels.length; i++) {
    const channel = channels === 1 ? 0 : i % 3;
    const value = data[channels === 1 ? Math.floor(i / 3) : i] ?? 0;
    pixels[i] = (value * (std[channel] ?? 1) + (mean[channel] ?? 0)) / scale;
  }
  return new Uint8Array(pixels.buffer);
}
