import { createStore } from 'zustand';
import type { ClassShare, Mask } from '../../../shared/domain/mask';
import type { PictureImage } from '../canvas/picture-texture';
import type { Size } from '../canvas/viewport';

/** What the canvas draws in place of the selected picture: a frame of a video, with the mask that is over it. */
export interface LivePicture {
  /** Of the film strip's item that the frame belongs to. */
  readonly id: string;
  /** Null while there is nothing to show. */
  readonly image: PictureImage | null;
  readonly size: Size;
  /** While it is played: the next frame comes soon. */
  readonly isMoving: boolean;
  readonly mask: Mask | null;
  readonly classes: readonly ClassShare[];
  /** Milliseconds of the main thread for upload and drawing, once it is drawn. */
  readonly onDrawn?: (milliseconds: number) => void;
}

export interface LiveState {
  /** Null: the canvas shows the selected picture. */
  readonly live: LivePicture | null;
}

/** Changes with every frame that is shown: nothing of React should follow it. */
export const liveStore = createStore<LiveState>(() => ({ live: null }));
