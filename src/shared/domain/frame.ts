import type { RawFrame } from './raw-frame';

/** Decoded pixels: 8 bit, sRGB, interleaved, oriented, top row first, no padding between rows. Alpha is ignored. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly pixels: Uint8Array;
}

export type Resample = 'bilinear' | 'bicubic' | 'nearest';

/** Pixels. Bilinear and bicubic are antialiased when they make a picture smaller, as Pillow's are. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
  readonly resample: Resample;
}

/**
 * What a session is fed: a decoded frame or, where pixels come from a file and the runtime wants them smaller anyway,
 * a source that can deliver them at the size asked for (JPEG decoders do that for less than the full size).
 */
export interface FrameSource {
  /** Size of the picture as shown: the size of the mask. */
  readonly width: number;
  readonly height: number;
  /** The pixels as they came (a video's planes), for runtimes that convert and resize on the device. */
  readonly raw?: RawFrame;
  /** The whole picture resized to exactly this size; without a size at full size. */
  read(size?: FrameSize): Promise<Frame>;
}
