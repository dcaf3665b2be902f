import type { RawFrame } from '../../../shared/domain/raw-frame';
import type { Size } from '../canvas/viewport';

/** One picture of a video: bytes alone, so that nobody has to close it. */
export interface DecodedFrame {
  /** Number of the frame in order of presentation, from 0. For a camera: since it was opened. */
  readonly index: number;
  readonly seconds: number;
  /** Upright, at the video's working size. Never written to again. */
  readonly raw: RawFrame;
  /** Milliseconds waited for the decoder and for copying the planes. */
  readonly decodeMs: number;
}

/** Something about a video that the user should know and can do without. */
export type VideoNote =
  | { readonly kind: 'rotated'; readonly degrees: number }
  | { readonly kind: 'reduced'; readonly width: number; readonly height: number }
  | { readonly kind: 'deep'; readonly bits: number }
  | { readonly kind: 'variableRate' }
  | { readonly kind: 'truncated'; readonly frames: number; readonly expected: number };

export interface VideoInfo {
  readonly name: string;
  /** Working size: of every frame, and of every mask. */
  readonly size: Size;
  /** For example `avc`, `vp9`. */
  readonly codec: string;
  readonly framesPerSecond: number;
  /** 0 for a camera. */
  readonly frameCount: number;
  /** Of the whole video; 0 for a camera. */
  readonly seconds: number;
  readonly notes: readonly VideoNote[];
}

/** Where frames come from. One caller at a time. */
export interface FrameSource {
  readonly info: VideoInfo;
  /** When each frame is shown, in seconds from the first; null where nobody knows before it comes. */
  readonly times: ArrayLike<number> | null;
  /** The frame of this number; null where the file ends before it. Rejects with AppError VIDEO_DECODE_FAILED. */
  frameAt(index: number): Promise<DecodedFrame | null>;
  /** Frames from `index` on in order of presentation. Returning early lets the decoder go. */
  framesFrom(index: number): AsyncGenerator<DecodedFrame, void, void>;
  close(): void;
}
