import type { ErrorReport } from '../../shared/app-error';
import type { TunePoint } from '../../shared/domain/tuning';
import { trialName } from '../../shared/phase-detail';
import { remark } from '../../shared/remark';

/** What was tried, with what came of it. */
export function describePoint(point: TunePoint): string {
  const { agreement, gain, time, failure, judgedOn } = point;
  const judge = judgedOn === 'device' ? ', judged by the masks of the engine' : '';
  const took = time === undefined ? '' : `, ${time.milliseconds.toFixed(2)} ms against ${time.float.toFixed(2)} ms`;
  const failed = failure === undefined ? '' : `, not timed: ${failure.message}`;
  return `${trialName(point)}: ${percent(agreement)} agree at ${percent(gain)} of the gain${took}${judge}${failed}`;
}

/** The same for shells in other languages. */
export function sayPoint(point: TunePoint): ErrorReport {
  const { kind, blocks, agreement, gain, time, failure, judgedOn } = point;
  const details = {
    agreement: percent(agreement),
    gain: percent(gain),
    ...(time === undefined ? {} : { milliseconds: time.milliseconds.toFixed(2), other: time.float.toFixed(2) }),
    // Only TensorRT's engines are judged themselves.
    ...(judgedOn === 'device' ? { judge: 'TensorRT' } : {}),
    ...(failure === undefined ? {} : { failure: failure.code }),
  };
  const text = describePoint(point);
  if (kind === 'alone') return remark('tried-alone', text, { ...details, block: blocks[0] ?? '' });
  if (blocks.length === 0) return remark('tried-everything', text, details);
  return remark('tried-kept', text, { ...details, blocks: blocks.length });
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
