import type { CallResult } from '../../../shared/contract';
import type { Size } from './viewport';

/** Where pictures come from: the studio, or anything that answers alike. */
export interface PictureReader {
  read(pictureId: string, maxSide: number, signal: AbortSignal): Promise<CallResult<'pictures.read'>>;
  open(pictureId: string, signal: AbortSignal): Promise<CallResult<'pictures.open'>>;
}

export interface LoadedPicture {
  readonly id: string;
  readonly bitmap: ImageBitmap;
  /** Of the picture itself, which may be larger than the bitmap. */
  readonly size: Size;
}

/** Decoded pictures kept for coming back to, bytes. */
const KEPT_BYTES = 256 * 1024 * 1024;
/** A picture longer than this is drawn from a smaller copy; its mask is drawn in full. */
const LONGEST_SIDE = 8192;

/** Decodes pictures for drawing and keeps the last ones. */
export class PictureSource {
  readonly #reader: PictureReader;
  readonly #kept = new Map<string, LoadedPicture>();

  constructor(reader: PictureReader) {
    this.#reader = reader;
  }

  /**
   * The picture, from memory where it is still there. `maxTextureSize` bounds its bitmap. What is answered stays usable
   * until the next but one call at least. Rejects as the studio does, or with a DOMException for undecodable bytes.
   */
  async load(pictureId: string, maxTextureSize: number, signal: AbortSignal): Promise<LoadedPicture> {
    const known = this.#kept.get(pictureId);
    if (known !== undefined) {
      this.#keep(known);
      return known;
    }
    const maxSide = Math.min(LONGEST_SIDE, maxTextureSize);
    const [info, { mime, bytes }] = await Promise.all([
      this.#reader.open(pictureId, signal),
      this.#reader.read(pictureId, maxSide, signal),
    ]);
    // The bytes are oriented already; the mask must meet exactly these pixels.
    const bitmap = await createImageBitmap(new Blob([bytes.slice()], { type: mime }), {
      imageOrientation: 'none',
      premultiplyAlpha: 'none',
    });
    const picture = { id: pictureId, bitmap, size: { width: info.width, height: info.height } };
    this.#keep(picture);
    return picture;
  }

  forget(pictureId: string): void {
    this.#kept.get(pictureId)?.bitmap.close();
    this.#kept.delete(pictureId);
  }

  dispose(): void {
    for (const id of [...this.#kept.keys()]) this.forget(id);
  }

  #keep(picture: LoadedPicture): void {
    this.#kept.delete(picture.id);
    this.#kept.set(picture.id, picture);
    let bytes = 0;
    for (const { bitmap } of this.#kept.values()) bytes += bitmap.width * bitmap.height * 4;
    for (const [id, { bitmap }] of this.#kept) {
      // The newest is about to be drawn, and the one before it may still be.
      if (bytes <= KEPT_BYTES || this.#kept.size <= 2) break;
      bytes -= bitmap.width * bitmap.height * 4;
      this.forget(id);
    }
  }
}
