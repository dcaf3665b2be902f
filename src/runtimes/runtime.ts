import type { ModelSummary } from '../shared/domain/model';
import type { RuntimeId, RuntimeStatus } from '../shared/domain/runtime';
import type { Mask, Timings } from '../shared/domain/mask';

/** Decoded pixels: 8 bit, sRGB, interleaved, oriented, top row first, no padding between rows. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  readonly pixels: Uint8Array;
}

/**
 * What a session is fed. A decoded frame; or, where pixels come from a file and the runtime wants them smaller anyway,
 * a source that can deliver them at the size asked for (JPEG decoders do that for less than the full size).
 */
export interface FrameSource {
  /** Size of the picture as shown: the size of the mask. */
  readonly width: number;
  readonly height: number;
  /** The whole picture resized to exactly this size; without a size at full size. */
  read(size?: { width: number; height: number; resample: 'bilinear' | 'bicubic' | 'nearest' }): Promise<Frame>;
}

export interface SegmentOutcome {
  readonly mask: Mask;
  /** `total` and `decode` are filled by whoever owns the picture. */
  readonly timings: Timings;
}

/** An open engine. Calls may overlap; a runtime that cannot run two at once queues them. */
export interface Session {
  readonly runtimeVersion: string;
  readonly device: string;
  readonly precision: string;
  readonly threads: number;
  segment(source: FrameSource, options?: { signal?: AbortSignal }): Promise<SegmentOutcome>;
  /** Safe twice; waits for what runs. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** 0: the runtime decides. */
  readonly threads: number;
  readonly signal?: AbortSignal;
}

export interface Runtime {
  readonly id: RuntimeId;
  probe(): Promise<RuntimeStatus>;
  open(model: ModelSummary, options: OpenOptions): Promise<Session>;
}
