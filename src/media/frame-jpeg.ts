import type { Frame } from '../shared/domain/frame';
import { delivered, loadSharp } from './sharp-loader';

/** A frame as a JPEG whose colours keep their edges: what masks are drawn over pictures needs. */
export async function encodeFrameJpeg(frame: Frame, quality = 82): Promise<Uint8Array> {
  const { width, height, channels, pixels } = frame;
  const raw = loadSharp()(pixels, { raw: { width, height, channels }, limitInputPixels: false });
  return delivered(await raw.removeAlpha().jpeg({ quality, chromaSubsampling: '4:4:4', mozjpeg: false }).toBuffer());
}
