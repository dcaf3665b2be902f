import type { CandidateTime, Tuning } from './precision-doctor';

/** Times that lie closer than this are the same. */
const SAME = 0.02;

/** What to do with a network in 8 bits, in a sentence. @param format and @param wide such as `INT8` and `FP32` */
export function recommend(
  { isReached, agreement, keep, time }: Pick<Tuning, 'isReached' | 'agreement' | 'keep' | 'time'>,
  { format, wide, target }: { readonly format: string; readonly wide: string; readonly target: number },
): string {
  if (!isReached) {
    return `${format} reaches ${percent(agreement)} of the pixels at best, and ${percent(target)} were asked for; use ${wide}.`;
  }
  const kept = keep.length === 0 ? '' : ` and ${keep.length} ${keep.length === 1 ? 'block' : 'blocks'} in ${wide}`;
  if (time === null) return `${format} keeps ${percent(agreement)} of the pixels${kept}.`;
  return `${speedSentence(time, { format, wide })} It keeps ${percent(agreement)} of the pixels${kept}.`;
}

/** Such as: INT8 is slower here: 4.4 against 3.3 ms; use FP32. */
export function speedSentence(
  { milliseconds, float }: CandidateTime,
  { format, wide }: { readonly format: string; readonly wide: string },
): string {
  const times = `${figure(milliseconds)} against ${figure(float)} ms`;
  if (milliseconds > float * (1 + SAME)) return `${format} is slower here: ${times}; use ${wide}.`;
  if (milliseconds < float * (1 - SAME)) {
    return `${format} is faster here: ${times}, ${(float / milliseconds).toFixed(2)} times as fast.`;
  }
  return `${format} is as fast as ${wide} here: ${times}; it saves memory only.`;
}

function figure(milliseconds: number): string {
  return milliseconds.toFixed(milliseconds < 10 ? 2 : 1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
