import type { Frame } from '../shared/domain/frame';
import { delivered, loadSharp } from './sharp-loader';

/** A frame as a PNG without alpha. */
export async function encodeFramePng(frame: Frame): Promise<Uint8Array> {
  const { width, height, channels, pixels } = frame;
  const raw = loadSharp()(pixels, { raw: { width, height, channels }, limitInputPixels: false });
  return delivered(await raw.removeAlpha().png({ compressionLevel: 6 }).toBuffer());
}
