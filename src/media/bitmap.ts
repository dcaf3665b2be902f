import type { Frame } from '../shared/domain/frame';

/** Windows bitmaps, which the image library cannot read: uncompressed, 8 bits with a colour table, 24 or 32 bits. */
export interface BitmapHeader {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: 8 | 24 | 32;
  /** Rows usually run from the bottom upwards. */
  readonly topDown: boolean;
  readonly pixelsAt: number;
  readonly colorsAt: number;
}

export function readBitmapHeader(bytes: Uint8Array): BitmapHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < 54) throw new Error('unexpected end of the header');
  const headerBytes = view.getUint32(14, true);
  const width = view.getInt32(18, true);
  const height = view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  if (headerBytes < 40 || width <= 0 || height === 0) throw new Error('its header is of an unknown kind');
  // 3: channel masks, which for 32 bits are in practice always blue, green, red.
  if (compression !== 0 && !(compression === 3 && bitsPerPixel === 32)) throw new Error('its compression is not known');
  if (bitsPerPixel !== 8 && bitsPerPixel !== 24 && bitsPerPixel !== 32) {
    throw new Error(`${bitsPerPixel} bits for a pixel are not known`);
  }
  const pixelsAt = view.getUint32(10, true);
  const rows = Math.abs(height);
  return { width, height: rows, bitsPerPixel, topDown: height < 0, pixelsAt, colorsAt: 14 + headerBytes };
}

export function decodeBitmap(bytes: Uint8Array): Frame {
  const { width, height, bitsPerPixel, topDown, pixelsAt, colorsAt } = readBitmapHeader(bytes);
  const step = bitsPerPixel / 8;
  const stride = Math.ceil((width * step) / 4) * 4;
  if (pixelsAt + stride * (height - 1) + width * step > bytes.byteLength)
    throw new Error('unexpected end of the pixels');
  const pixels = new Uint8Array(width * height * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const row = pixelsAt + stride * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const at = bitsPerPixel === 8 ? colorsAt + (bytes[row + x] ?? 0) * 4 : row + x * step;
      pixels[out++] = bytes[at + 2] ?? 0;
      pixels[out++] = bytes[at + 1] ?? 0;
      pixels[out++] = bytes[at] ?? 0;
    }
  }
  return { width, height, channels: 3, pixels };
}
