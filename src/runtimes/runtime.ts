import type { FrameSource } from '../shared/domain/frame';
import type { RawFrame } from '../shared/domain/raw-frame';
import type { ModelSummary } from '../shared/domain/model';
import type { RuntimeId, RuntimeStatus } from '../shared/domain/runtime';
import type { Mask, Timings } from '../shared/domain/mask';

export interface SegmentOutcome {
  readonly mask: Mask;
  /**
   * `decode` is the time waited for the source to deliver pixels (at the size asked for), `total` the whole call; who
   * opened the file adds its own time to both. Time spent in the queue is in neither.
   */
  readonly timings: Timings;
}

export interface ManyOptions {
  /** Where the ids of each frame go (width * height * bytesPerId bytes); made anew when left out. */
  readonly masks?: readonly Uint8Array[];
  readonly signal?: AbortSignal;
}

export interface ManyOutcome {
  readonly masks: readonly Mask[];
  /** Of the whole batch; `decode` is 0. */
  readonly timings: Timings;
}

/** What a runtime with a device of its own offers beside single pictures: for video, folders and measurements. */
export interface FrameBatcher {
  /** Most frames that run at once. */
  readonly most: number;
  readonly bytesPerId: 1 | 2;
  /**
   * Frames of one size, in host memory; more than {@link most} run as several batches.
   *
   * @throws AppError ENGINE_SHAPE_OUT_OF_RANGE, SESSION_CLOSED, FRAMES_DIFFER, and what the device throws
   */
  segment(frames: readonly RawFrame[], options?: ManyOptions): Promise<ManyOutcome>;
  /** Host memory that the device reads and writes directly: frames and masks that lie there are not copied on the way. */
  allocate(bytes: number): Uint8Array;
}

/** An open engine. Calls may overlap; a runtime that cannot run two at once queues them. */
export interface Session {
  readonly runtimeVersion: string;
  readonly device: string;
  readonly precision: string;
  readonly threads: number;
  /** Absent where frames run one after another anyway. */
  readonly frames?: FrameBatcher;
  segment(source: FrameSource, options?: { signal?: AbortSignal }): Promise<SegmentOutcome>;
  /** Safe twice; waits for what runs. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** 0: the runtime decides. */
  readonly threads: number;
  /** Of the engine library; the runtime takes the newest engine that fits when left out. */
  readonly engineId?: string;
  readonly signal?: AbortSignal;
}

export interface Runtime {
  readonly id: RuntimeId;
  probe(): Promise<RuntimeStatus>;
  open(model: ModelSummary, options: OpenOptions): Promise<Session>;
}
