import type { FrameSegmentation } from '../../shared/video-contract';
import type { RawFrame } from '../../shared/domain/raw-frame';
import { rawFrameSource } from '../../media/raw-frame';
import { classShares } from '../class-shares';
import type { OpenSession } from '../sessions/session-registry';
import { MaskSmoother } from './smooth-masks';

export interface FrameRequest {
  readonly frame: number;
  readonly picture: RawFrame;
  readonly stream: string | null;
  readonly smoothing: number;
  readonly signal: AbortSignal;
}

/** One frame of a video through one open engine. Frames are not kept: a video has too many. */
export class FrameSegmenter {
  readonly #smoother = new MaskSmoother();

  async segment(open: OpenSession, request: FrameRequest): Promise<FrameSegmentation> {
    const { frame, picture, stream, smoothing, signal } = request;
    const start = process.hrtime.bigint();
    const { mask: raw, timings } = await open.session.segment(rawFrameSource(picture), { signal });
    const answered = process.hrtime.bigint();
    const mask = smoothing > 1 && stream !== null ? this.#smoother.smooth(stream, frame, raw, smoothing) : raw;
    const classes = classShares(mask, open.model.labels);
    const after = Number(process.hrtime.bigint() - answered);
    return {
      frame,
      sessionId: open.info.id,
      mask,
      classes,
      timings: { ...timings, postprocess: timings.postprocess + after, total: timings.total + after },
      waited: Math.max(0, Number(answered - start) - timings.total),
    };
  }
}
