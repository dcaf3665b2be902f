import { describe, expect, it } from 'vitest';
import { ComparisonLimit } from './comparison-limit';
import { Deadline } from './deadline';

describe('Deadline', () => {
  it('counts down to 0, and has no end without a limit', () => {
    let now = 100;
    const deadline = new Deadline(10, () => now);
    now = 104;
    expect(deadline.left).toBe(6);
    now = 200;
    expect(deadline.left).toBe(0);
    expect(new Deadline(undefined, () => now).left).toBe(Infinity);
  });

  it('aborts when the time is up, and when who asked does', async () => {
    const outer = new AbortController();
    const short = new Deadline(0.01).signal(outer.signal);
    await new Promise((done) => short.signal.addEventListener('abort', done));
    expect(outer.signal.aborted).toBe(false);
    const long = new Deadline(1000).signal(outer.signal);
    outer.abort();
    expect(long.signal.aborted).toBe(true);
    expect(new Deadline().signal(outer.signal).signal.aborted).toBe(true);
    short.release();
    long.release();
  });
});

describe('ComparisonLimit', () => {
  it('goes by a guess first, then by how long comparisons took', async () => {
    let now = 0;
    const limit = new ComparisonLimit(100, { left: Infinity }, () => now);
    limit.guess(10);
    expect([10, 11].map((count) => limit.affords(count))).toEqual([true, false]);
    await limit.count(async () => void (now += 20));
    expect([4, 5].map((count) => limit.affords(count))).toEqual([true, false]);
  });

  it('takes no more than a third of what is left', () => {
    const limit = new ComparisonLimit(1000, { left: 30 });
    limit.guess(1);
    expect([10, 11].map((count) => limit.affords(count))).toEqual([true, false]);
  });
});
