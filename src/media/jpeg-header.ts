/** What a JPEG's header says of its pixels. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Gray, or red, green and blue in whatever form. */
  readonly channels: 1 | 3;
}

/** Before the frame: quantization, Huffman tables, restarts, JFIF, Adobe's word on colours, comments. */
const PASSED_OVER: ReadonlySet<number> = new Set([0xdb, 0xc4, 0xdd, 0xe0, 0xee, 0xfe]);
/** Baseline and progressive. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);

/**
 * The header of a JPEG of 8 bits that holds nothing by which it is turned, cut or coloured otherwise: no EXIF, no profile,
 * no other pictures. Null for all others, and where there is any doubt.
 */
export function readPlainJpegHeader(bytes: Uint8Array): JpegHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: JpegHeader | null = null;
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const length = view.getUint16(at + 2);
    // What follows, the decoder sees to.
    if (marker === 0xda) return header;
    if (length < 2 || at + 2 + length > bytes.length) return null;
    if (FRAMES.has(marker) && header === null) {
      header = readFrame(view, at + 4, length - 2);
      if (header === null) return null;
    } else if (!PASSED_OVER.has(marker)) return null;
    at += 2 + length;
  }
  return null;
}

function readFrame(view: DataView, at: number, length: number): JpegHeader | null {
  if (length < 6 || view.getUint8(at) !== 8) return null;
  const [height, width, channels] = [view.getUint16(at + 1), view.getUint16(at + 3), view.getUint8(at + 5)];
  if (height === 0 || width === 0 || length !== 6 + channels * 3) return null;
  return channels === 1 || channels === 3 ? { width, height, channels } : null;
}
