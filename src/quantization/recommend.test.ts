import { describe, expect, it } from 'vitest';
import type { TunePoint } from '../shared/domain/tuning';
import { recommend } from './recommend';

const words = { format: 'int8', wide: 'fp16', target: 0.99 } as const;

function point(agreement: number, time: TunePoint['time'], blocks: string[] = ['head']): TunePoint {
  return { kind: 'without', blocks, agreement, gain: 1, ...(time === undefined ? {} : { time }) };
}

describe('recommend', () => {
  it.each([
    ['slower', { milliseconds: 4.4, float: 3.3 }, 'fp16', 'INT8 is slower here: 4.40 against 3.30 ms; use FP16.'],
    [
      'faster',
      { milliseconds: 20, float: 30 },
      'int8',
      'INT8 is faster here: 20.0 against 30.0 ms, 1.50 times as fast.',
    ],
    ['as fast', { milliseconds: 30.1, float: 30 }, 'fp16', 'INT8 is as fast as FP16 here: 30.1 against 30.0 ms'],
  ])('says that 8 bits are %s', (_, time, use, text) => {
    const recommendation = recommend([point(0.995, time)], words);
    expect(recommendation.use).toBe(use);
    expect(recommendation.said.message).toContain(text);
    expect(recommendation.said.message).toContain('99.50 % of the pixels and 1 block in FP16');
  });

  it('tells how many were timed in vain', () => {
    const points = [point(0.9, { milliseconds: 2, float: 3 }, []), point(0.995, { milliseconds: 4, float: 3 })];
    const { said, use, chosen } = recommend(points, words);
    expect(said).toMatchObject({ code: 'tuned-slower', details: { choices: 2, blocks: 1, milliseconds: '4.00' } });
    expect(said.message).toContain('None of the 2 choices that were timed keeps the target and is faster.');
    expect([use, chosen]).toEqual(['fp16', points[1]]);
  });

  it('says only what is known', () => {
    expect(recommend([point(0.995, undefined, [])], words)).toMatchObject({
      use: 'int8',
      said: { message: 'INT8 keeps 99.50 % of the pixels.' },
    });
    expect(recommend([point(0.98999, { milliseconds: 1, float: 2 })], words)).toMatchObject({
      use: 'fp16',
      said: { message: 'INT8 reaches 98.99 % of the pixels at best, and 99.00 % were asked for; use FP16.' },
    });
    expect(recommend([], words)).toMatchObject({ chosen: null, use: 'fp16' });
  });
});
