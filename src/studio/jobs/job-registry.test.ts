import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../shared/domain/job';
import { JobRegistry, type JobProgress } from './job-registry';

/** A job that is under way, with the means to drive it. */
async function underWay(): Promise<{ progress: JobProgress; last: () => Job | undefined; end: () => void }> {
  let last: Job | undefined;
  const registry = new JobRegistry((_name, payload) => (last = payload as Job));
  return new Promise((resolve) => {
    registry.start({ kind: 'export', title: 'drive.mp4', unit: 'frames', total: 0 }, (progress) => {
      return new Promise((end) => resolve({ progress, last: () => last, end }));
    });
  });
}

describe('the time that a job has left', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('goes by what this start has done, not by what an earlier one did', async () => {
    const { progress, last, end } = await underWay();
    vi.advanceTimersByTime(5000);
    progress.progress(900, 1000);
    vi.advanceTimersByTime(10_000);
    progress.progress(910);
    vi.advanceTimersByTime(200);
    // One frame a second, ninety of them left; as a range, and not the one second that 910 in 15 s would make of it.
    const [least = 0, most = 0] = last()?.secondsLeft ?? [];
    expect(least).toBeGreaterThan(40);
    expect(least).toBeLessThan(90);
    expect(most).toBeGreaterThan(90);
    end();
  });

  it('begins anew with a part that counts from the start again', async () => {
    const { progress, last, end } = await underWay();
    progress.progress(0, 100);
    vi.advanceTimersByTime(2000);
    progress.progress(100);
    progress.progress(0, 10);
    vi.advanceTimersByTime(5000);
    progress.progress(5);
    vi.advanceTimersByTime(200);
    const [least = 0, most = 0] = last()?.secondsLeft ?? [];
    expect(least).toBeLessThan(5);
    expect(most).toBeGreaterThan(5);
    end();
  });

  it('is unknown before anything is done', async () => {
    const { progress, last, end } = await underWay();
    progress.progress(7, 100);
    vi.advanceTimersByTime(3000);
    progress.phase('decoding');
    vi.advanceTimersByTime(200);
    expect(last()?.secondsLeft).toBeNull();
    end();
  });
});
