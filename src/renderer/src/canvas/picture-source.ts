import { AppError } from '../../../shared/app-error';
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
/** The newest is about to be drawn, one before it may still be, and one may have been loaded ahead. */
const KEPT_AT_LEAST = 3;
/** A picture longer than this is drawn from a smaller copy; its mask is drawn in full. */
const LONGEST_SIDE = 8192;

/** Decodes pictures for drawing and keeps the last ones. */
export class PictureSource {
  readonly #reader: PictureReader;
  readonly #kept = new Map<string, LoadedPicture>();
  /** Settled without a result: what became of it is in `#kept`, or has to be asked for again. */
  readonly #ahead = new Map<string, Promise<void>>();

  constructor(reader: PictureReader) {
    this.#reader = reader;
  }

  /**
   * The picture, from memory where it is still there. `maxTextureSize` bounds its bitmap, which stays open until
   * {@link KEPT_AT_LEAST} others have been loaded. Rejects as the studio does, or with AppError IMAGE_UNDRAWABLE.
   */
  async load(pictureId: string, maxTextureSize: number, signal: AbortSignal): Promise<LoadedPicture> {
    await this.#ahead.get(pictureId);
    const known = this.#kept.get(pictureId);
    const picture = known ?? (await this.#decode(pictureId, Math.min(LONGEST_SIDE, maxTextureSize), signal));
    this.#keep(picture);
    return picture;
  }

  /** Loads a picture that is likely to be wanted next. When it cannot be read, that is found when it is wanted. */
  async loadAhead(pictureId: string, maxTextureSize: number): Promise<void> {
    if (this.#kept.has(pictureId) || this.#ahead.has(pictureId)) return;
    const loading = this.load(pictureId, maxTextureSize, new AbortController().signal).then(ignore, ignore);
    this.#ahead.set(pictureId, loading);
    await loading;
    this.#ahead.delete(pictureId);
  }

  forget(pictureId: string): void {
    this.#kept.get(pictureId)?.bitmap.close();
    this.#kept.delete(pictureId);
  }

  dispose(): void {
    for (const id of [...this.#kept.keys()]) this.forget(id);
  }

  async #decode(pictureId: string, maxSide: number, signal: AbortSignal): Promise<LoadedPicture> {
    const [info, { mime, bytes }] = await Promise.all([
      this.#reader.open(pictureId, signal),
      this.#reader.read(pictureId, maxSide, signal),
    ]);
    try {
      // The bytes are oriented already; the mask must meet exactly these pixels.
      const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }), {
        imageOrientation: 'none',
        premultiplyAlpha: 'none',
      });
      return { id: pictureId, bitmap, size: { width: info.width, height: info.height } };
    } catch (cause) {
      throw new AppError('IMAGE_UNDRAWABLE', `The window cannot show this picture (${mime}, ${bytes.length} bytes).`, {
        hint: 'Its mask can still be exported.',
        cause,
      });
    }
  }

  #keep(picture: LoadedPicture): void {
    this.#kept.delete(picture.id);
    this.#kept.set(picture.id, picture);
    let bytes = 0;
    for (const { bitmap } of this.#kept.values()) bytes += bitmap.width * bitmap.height * 4;
    for (const [id, { bitmap }] of this.#kept) {
      if (bytes <= KEPT_BYTES || this.#kept.size <= KEPT_AT_LEAST) break;
      bytes -= bitmap.width * bitmap.height * 4;
      this.forget(id);
    }
  }
}

function ignore(): void {}
