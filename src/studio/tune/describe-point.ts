import type { TunePoint } from '../../shared/domain/tuning';

/** Such as `stage 1, block 2, attention alone` and `3 blocks kept`. */
export function nameOfPoint({ kind, blocks }: Pick<TunePoint, 'kind' | 'blocks'>): string {
  if (kind === 'alone') return `${blocks[0] ?? ''} alone`;
  return blocks.length === 0 ? 'all in 8 bits' : `${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'} kept`;
}

/** With what came of it. */
export function describePoint(point: TunePoint): string {
  const { agreement, gain, time, failure, judgedOn } = point;
  const judge = judgedOn === 'device' ? ', judged by the masks of the engine' : '';
  const took = time === undefined ? '' : `, ${time.milliseconds.toFixed(2)} ms against ${time.float.toFixed(2)} ms`;
  const failed = failure === undefined ? '' : `, not timed: ${failure.message}`;
  return `${nameOfPoint(point)}: ${percent(agreement)} agree at ${percent(gain)} of the gain${took}${judge}${failed}`;
}

/** Whose masks the points' agreement is about. */
export function judgesInWords(points: readonly TunePoint[]): string {
  const count = points.filter(({ judgedOn }) => judgedOn === 'device').length;
  if (count === points.length && count > 0) return 'agreement of the masks of the very engines that were timed';
  if (count === 0) return 'agreement of the same networks on ONNX Runtime';
  return 'agreement of the masks of the very engines that were timed, or of the same network on ONNX Runtime where it does not say so';
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
