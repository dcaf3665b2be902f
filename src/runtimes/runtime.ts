import type { FrameSource } from '../shared/domain/frame';
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
