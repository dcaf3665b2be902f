import type { ErrorReport } from '../../shared/app-error';
import type { Frame, FrameSize } from '../../shared/domain/frame';
import type { Mask } from '../../shared/domain/mask';
import type { BatchItem } from './batch-item';
import type { JpegLibrary } from './jpeg-library';
import type { FolderIdentity } from './output-folder';
import type { DeskOrder, FinishedPicture, OpenedPicture } from './picture-desk';

export interface ThreadSetup {
  readonly order: DeskOrder;
  readonly output: { readonly path: string; readonly identity: FolderIdentity };
  /** Null: JPEGs are decoded by the image library, as all else is. */
  readonly jpegLibrary: JpegLibrary | null;
}

/** What a thread is started with. */
export interface ThreadStart extends ThreadSetup {
  /** One number in memory that both sides see: of the message that the thread began with last. It outlives the thread. */
  readonly begun: Int32Array;
}

export interface Numbered {
  /** From 1 on, in the order in which they are worked on. */
  readonly number: number;
  readonly message: ToThread;
}

/** Each names the picture's file: a thread that replaces another opens it again. */
export type ToThread =
  /** Where `whole`, probably all its pixels are going to be read, at full size */
  | { readonly t: 'open'; readonly item: BatchItem; readonly whole: boolean }
  | { readonly t: 'read'; readonly item: BatchItem; readonly size?: FrameSize }
  /** With the memory of its pixels, for those of another picture. */
  | { readonly t: 'finish'; readonly item: BatchItem; readonly mask: Mask; readonly pixels?: Uint8Array }
  | { readonly t: 'forget'; readonly item: BatchItem };

export type FromThread =
  | { readonly t: 'ready' }
  | { readonly t: 'opened'; readonly opened: OpenedPicture; readonly frame: Frame | null }
  | { readonly t: 'frame'; readonly frame: Frame }
  | { readonly t: 'finished'; readonly finished: FinishedPicture }
  | { readonly t: 'error'; readonly error: ErrorReport };
