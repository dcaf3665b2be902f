import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeRegions } from '../../media/coco-rle';
import { PictureFile } from '../../media/picture-file';
import type { ExportFormat, MaskStyle } from '../../shared/domain/export';
import type { Frame, FrameSize } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import type { Label } from '../../shared/domain/model';
import { classShares } from '../class-shares';
import { renderExport } from '../export/render-export';
import type { BatchItem } from './batch-item';
import { contentHash, filesOf } from './fitting';
import type { OutputFolder } from './output-folder';

/** What all pictures of a run have in common; plain data, so that it can be told to threads. */
export interface DeskOrder {
  /** Formats with a file for each picture. */
  readonly formats: readonly ExportFormat[];
  readonly style: MaskStyle;
  readonly labels: readonly Label[];
  readonly modelName: string;
  readonly keepsExisting: boolean;
  readonly wantsRegions: boolean;
  readonly wantsHash: boolean;
}

/** Pixels as shown. */
export interface OpenedPicture {
  readonly width: number;
  readonly height: number;
  /** Of its content; null unless the order wants it. */
  readonly hash: string | null;
}

export interface FinishedPicture {
  /** Bytes of each file. */
  readonly files: Partial<Record<ExportFormat, number>>;
  /** Class ids with their pixels, most frequent first. */
  readonly classes: [number, number][];
  /** COCO regions as JSON; null unless the order wants them. */
  readonly regions: string | null;
}

/** Everything that is done to a picture of a batch beside the network: in this thread, or in others. */
export interface PictureWork {
  /** Reads the file and its header, not its pixels. @throws AppError FILE_…, IMAGE_…, PICTURE_… */
  open(item: BatchItem): Promise<OpenedPicture>;
  /** @throws AppError IMAGE_TRUNCATED, IMAGE_DAMAGED, PICTURE_THREAD_ENDED, and those of `open` */
  read(item: BatchItem, size?: FrameSize): Promise<Frame>;
  /**
   * Counts the classes, writes the files and forgets the picture.
   * @param mask may be taken over: it is not to be used afterwards
   * @throws AppError EXPORT_…, BATCH_OUTPUT_GONE, IMAGE_…, PICTURE_THREAD_ENDED
   */
  finish(item: BatchItem, mask: Mask): Promise<FinishedPicture>;
  /** Of a picture that is not going to be finished; unknown ones are left alone. */
  forget(item: BatchItem): void;
  close(): Promise<void>;
}

/** The work in this thread. What the pictures are opened from is held until they are finished or forgotten. */
export class PictureDesk implements PictureWork {
  readonly #order: DeskOrder;
  readonly #output: OutputFolder;
  readonly #opened = new Map<string, PictureFile>();

  constructor(order: DeskOrder, output: OutputFolder) {
    this.#order = order;
    this.#output = output;
  }

  async open(item: BatchItem): Promise<OpenedPicture> {
    const hash = this.#order.wantsHash ? await contentHash(item.path) : null;
    const { width, height } = await this.#file(item);
    return { width, height, hash };
  }

  async read(item: BatchItem, size?: FrameSize): Promise<Frame> {
    return (await this.#file(item)).read(size);
  }

  async finish(item: BatchItem, mask: Mask): Promise<FinishedPicture> {
    const { formats, style, labels, modelName, wantsRegions } = this.#order;
    const classes = classShares(mask, labels);
    const openPicture = (): Promise<PictureFile> => this.#file(item);
    const segmentation = { mask, classes };
    const subject = { fileName: item.name, segmentation, labels, modelName, style, openPicture };
    const files: Partial<Record<ExportFormat, number>> = {};
    for (const [format, name] of filesOf(item, formats)) {
      const kept = this.#order.keepsExisting ? await stat(join(this.#output.path, name)).catch(() => null) : null;
      files[format] = kept?.size ?? (await this.#write(name, await renderExport(format, subject)));
    }
    const regions = wantsRegions ? JSON.stringify(encodeRegions(mask)) : null;
    this.forget(item);
    return { files, classes: classes.map(({ id, pixels }) => [id, pixels]), regions };
  }

  forget({ name }: BatchItem): void {
    this.#opened.delete(name);
  }

  close(): Promise<void> {
    this.#opened.clear();
    return Promise.resolve();
  }

  /** Opened again where a thread that had it is gone. */
  async #file({ name, path }: BatchItem): Promise<PictureFile> {
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const file = await PictureFile.open({ path });
    this.#opened.set(name, file);
    return file;
  }

  async #write(name: string, bytes: Uint8Array): Promise<number> {
    await this.#output.write(name, bytes);
    return bytes.byteLength;
  }
}
