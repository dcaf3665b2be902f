import type { CandidateTime, TunePoint } from '../shared/domain/tuning';
import { choosePoint, isFaster, SAME_TIME } from './choose-point';

export interface Wording {
  /** Such as `int8` and `fp16`. */
  readonly format: 'int8' | 'fp8';
  readonly wide: 'fp16' | 'fp32';
  readonly target: number;
}

export interface Recommendation<P extends TunePoint> {
  /** The point that suits best; null before anything was tried. */
  readonly chosen: P | null;
  /** What to build. */
  readonly use: 'int8' | 'fp8' | 'fp16' | 'fp32';
  /** Why, in a sentence or two with the figures. */
  readonly text: string;
}

/** What to do with a network in 8 bits, after these points were tried. */
export function recommend<P extends TunePoint>(
  points: readonly P[],
  { format, wide, target }: Wording,
): Recommendation<P> {
  const chosen = choosePoint(points, target);
  const [narrow, broad] = [format.toUpperCase(), wide.toUpperCase()];
  if (chosen === null) return { chosen, use: wide, text: `Nothing in ${narrow} was tried yet.` };
  const { agreement, blocks, time } = chosen;
  if (agreement < target) {
    const text = `${narrow} reaches ${below(agreement)} of the pixels at best, and ${percent(target)} were asked for; use ${broad}.`;
    return { chosen, use: wide, text };
  }
  const kept =
    blocks.length === 0 ? '' : ` and ${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'} in ${broad}`;
  const keeps = `keeps ${percent(agreement)} of the pixels${kept}.`;
  if (time === undefined) return { chosen, use: format, text: `${narrow} ${keeps}` };
  const speed = speedSentence(time, { format: narrow, wide: broad });
  if (isFaster(time)) return { chosen, use: format, text: `${speed} It ${keeps}` };
  const timed = points.filter((point) => point.kind === 'without' && point.time !== undefined).length;
  const search = timed < 2 ? '' : ` None of the ${timed} choices that were timed keeps the target and is faster.`;
  return { chosen, use: wide, text: `${speed}${search} It ${keeps}` };
}

/** Such as: INT8 is slower here: 4.4 against 3.3 ms; use FP32. */
export function speedSentence(
  { milliseconds, float }: CandidateTime,
  { format, wide }: { readonly format: string; readonly wide: string },
): string {
  const times = `${figure(milliseconds)} against ${figure(float)} ms`;
  if (milliseconds > float * (1 + SAME_TIME)) return `${format} is slower here: ${times}; use ${wide}.`;
  if (milliseconds < float * (1 - SAME_TIME)) {
    return `${format} is faster here: ${times}, ${(float / milliseconds).toFixed(2)} times as fast.`;
  }
  return `${format} is as fast as ${wide} here: ${times}; it saves memory only; use ${wide} unless memory is short.`;
}

function figure(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 10 ? 2 : 1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** Never rounded up to the target that was missed. */
function below(share: number): string {
  return percent(Math.floor(share * 10_000 + 1e-6) / 10_000);
}
