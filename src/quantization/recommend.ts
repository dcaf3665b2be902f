import type { ErrorReport } from '../shared/app-error';
import type { CandidateTime, TunePoint } from '../shared/domain/tuning';
import type { RemarkDetails } from '../shared/remark';
import { remark } from '../shared/remark';
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
  readonly said: ErrorReport;
}

/** What to do with a network in 8 bits, after these points were tried. */
export function recommend<P extends TunePoint>(
  points: readonly P[],
  { format, wide, target }: Wording,
): Recommendation<P> {
  const chosen = choosePoint(points, target);
  const [narrow, broad] = [format.toUpperCase(), wide.toUpperCase()];
  if (chosen === null) {
    return { chosen, use: wide, said: remark('tuned-nothing', `Nothing in ${narrow} was tried yet.`, { narrow }) };
  }
  const { agreement, blocks, time } = chosen;
  if (agreement < target) return { chosen, use: wide, said: missed(agreement, { narrow, broad, target }) };
  const kept =
    blocks.length === 0 ? '' : ` and ${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'} in ${broad}`;
  const keeps = `keeps ${percent(agreement)} of the pixels${kept}.`;
  const names = { narrow, wide: broad, agreement: percent(agreement), blocks: blocks.length };
  if (time === undefined) return { chosen, use: format, said: remark('tuned-untimed', `${narrow} ${keeps}`, names) };
  if (isFaster(time)) return { chosen, use: format, said: sayTimes(time, names, ` It ${keeps}`) };
  const timed = points.filter((point) => point.kind === 'without' && point.time !== undefined).length;
  if (timed < 2) return { chosen, use: wide, said: sayTimes(time, names, ` It ${keeps}`) };
  const search = ` None of the ${timed} choices that were timed keeps the target and is faster.`;
  return { chosen, use: wide, said: sayTimes(time, { ...names, choices: timed }, `${search} It ${keeps}`) };
}

function missed(
  agreement: number,
  { narrow, broad, target }: { readonly narrow: string; readonly broad: string; readonly target: number },
): ErrorReport {
  const reached = below(agreement);
  return remark(
    'tuned-missed',
    `${narrow} reaches ${reached} of the pixels at best, and ${percent(target)} were asked for; use ${broad}.`,
    { narrow, wide: broad, agreement: reached, target: percent(target) },
  );
}

/** Such as: INT8 is slower here: 4.4 against 3.3 ms; use FP32. */
function sayTimes(
  { milliseconds: narrowMs, float }: CandidateTime,
  names: RemarkDetails & { readonly narrow: string; readonly wide: string },
  more: string,
): ErrorReport {
  const { narrow, wide } = names;
  const [milliseconds, other] = [figure(narrowMs), figure(float)];
  const times = `${milliseconds} against ${other} ms`;
  const details = { ...names, milliseconds, other };
  if (narrowMs > float * (1 + SAME_TIME)) {
    return remark('tuned-slower', `${narrow} is slower here: ${times}; use ${wide}.${more}`, details);
  }
  if (narrowMs < float * (1 - SAME_TIME)) {
    const factor = (float / narrowMs).toFixed(2);
    const text = `${narrow} is faster here: ${times}, ${factor} times as fast.${more}`;
    return remark('tuned-faster', text, { ...details, factor });
  }
  const text = `${narrow} is as fast as ${wide} here: ${times}; it saves memory only; use ${wide} unless memory is short.`;
  return remark('tuned-same', `${text}${more}`, details);
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
