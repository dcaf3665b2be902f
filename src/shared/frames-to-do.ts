/** Which frames of a video an export takes. */
export interface FrameChoice {
  /** Number of the first frame. */
  readonly from: number;
  /** Number of the last frame; null: to the end. */
  readonly to: number | null;
  readonly every: number;
  /** Masks that have a vote in each one, its own included. */
  readonly smoothing: number;
}

/** How many frames are taken of a choice that has an end. */
export function frameCount({ from, to, every }: FrameChoice & { readonly to: number }): number {
  return Math.max(0, Math.floor((to - from) / every) + 1);
}

/** The first `count` frames that are taken. */
export function firstFrames({ from, every }: FrameChoice, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index * every);
}

export function isTaken(frame: number, { from, to, every }: FrameChoice): boolean {
  return frame >= from && (to === null || frame <= to) && (frame - from) % every === 0;
}

/**
 * Whether a taken frame has to be segmented: of those that are done, the ones shortly before one that is not, since their
 * masks have a vote in its own.
 */
export function isNeeded(frame: number, choice: FrameChoice, isDone: (frame: number) => boolean): boolean {
  for (let ahead = 0; ahead < choice.smoothing; ahead += 1) {
    const later = frame + ahead * choice.every;
    if (isTaken(later, choice) && !isDone(later)) return true;
  }
  return false;
}

/** Where decoding begins; null when nothing is left to do, which only a choice with an end can tell. */
export function firstNeeded(choice: FrameChoice, isDone: (frame: number) => boolean): number | null {
  for (let frame = choice.from; choice.to === null || frame <= choice.to; frame += choice.every) {
    if (isNeeded(frame, choice, isDone)) return frame;
  }
  return null;
}
