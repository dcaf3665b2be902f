import { expect, it } from 'vitest';
import type { TunePoint } from '../../shared/domain/tuning';
import { describePoint, sayPoint } from './describe-point';

const point: TunePoint = { kind: 'without', blocks: [], agreement: 0.9, gain: 0.5 };
const figures = { agreement: '90.00 %', gain: '50.00 %' };

it.each<[Partial<TunePoint>, string, object]>([
  [{}, 'tried-everything', figures],
  [{ blocks: ['a', 'b'] }, 'tried-kept', { ...figures, blocks: 2 }],
  [{ kind: 'alone', blocks: ['a'] }, 'tried-alone', { ...figures, block: 'a' }],
  [
    { time: { milliseconds: 1, float: 2 }, judgedOn: 'device' },
    'tried-everything',
    { ...figures, milliseconds: '1.00', other: '2.00', judge: 'TensorRT' },
  ],
  [{ judgedOn: 'onnxruntime' }, 'tried-everything', figures],
  [{ failure: { code: 'DISK_FULL', message: 'Full.' } }, 'tried-everything', { ...figures, failure: 'DISK_FULL' }],
])('says of %j what came of it', (more, code, details) => {
  const tried = { ...point, ...more };
  expect(sayPoint(tried)).toEqual({ code, message: describePoint(tried), details });
});
