import type { CandidateTime, TunePoint } from '../shared/domain/tuning';

/** Times that lie closer than this are the same. */
export const SAME_TIME = 0.02;

/** Of the points that reach the target the fastest, as far as is known; else the one that comes nearest to it. */
export function choosePoint<P extends TunePoint>(points: readonly P[], target: number): P | null {
  const all = points.filter(({ kind }) => kind === 'without');
  const sound = all.filter(({ failure }) => failure === undefined);
  const curve = sound.length > 0 ? sound : all;
  const reached = curve.filter(({ agreement }) => agreement >= target);
  if (reached.length === 0) return first(curve, (one, other) => other.agreement - one.agreement);
  const timed = reached.filter(({ time }) => time !== undefined);
  const fastest = first(timed, (one, other) => ratio(one) - ratio(other));
  if (fastest === null) return first(reached, (one, other) => other.gain - one.gain);
  // What is as fast, and has more in 8 bits, is smaller.
  const asFast = timed.filter((point) => ratio(point) <= ratio(fastest) * (1 + SAME_TIME / 2));
  return first(asFast, (one, other) => other.gain - one.gain);
}

export function isFaster({ milliseconds, float }: CandidateTime): boolean {
  return milliseconds < float * (1 - SAME_TIME);
}

function ratio({ time }: TunePoint): number {
  return time === undefined ? Infinity : time.milliseconds / time.float;
}

function first<T>(items: readonly T[], compare: (one: T, other: T) => number): T | null {
  return [...items].sort(compare)[0] ?? null;
}
