import { describe, expect, it } from 'vitest';
import { recommend } from './recommend';

const words = { format: 'INT8', wide: 'FP32', target: 0.99 };

describe('recommend', () => {
  it.each([
    ['slower', { milliseconds: 4.4, float: 3.3 }, 'INT8 is slower here: 4.40 against 3.30 ms; use FP32.'],
    ['faster', { milliseconds: 20, float: 30 }, 'INT8 is faster here: 20.0 against 30.0 ms, 1.50 times as fast.'],
    ['as fast', { milliseconds: 30.1, float: 30 }, 'INT8 is as fast as FP32 here: 30.1 against 30.0 ms'],
  ])('says that 8 bits are %s', (_, time, text) => {
    const sentence = recommend({ isReached: true, agreement: 0.995, keep: ['head'], time }, words);
    expect(sentence).toContain(text);
    expect(sentence).toContain('99.50 % of the pixels and 1 block in FP32');
  });

  it('says only what is known', () => {
    expect(recommend({ isReached: true, agreement: 0.995, keep: [], time: null }, words)).toBe(
      'INT8 keeps 99.50 % of the pixels.',
    );
    const missed = { isReached: false, agreement: 0.9, keep: ['a', 'b'], time: { milliseconds: 1, float: 2 } };
    expect(recommend(missed, words)).toBe(
      'INT8 reaches 90.00 % of the pixels at best, and 99.00 % were asked for; use FP32.',
    );
  });
});
