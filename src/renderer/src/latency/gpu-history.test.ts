import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { GpuLoad } from '../../../shared/domain/gpu-load';
import { addLoads, followLoads, GPU_SECONDS, sparkline } from './gpu-history';

const load = (index: number, name: string, utilisation: number | null): GpuLoad => ({
  ...{ index, name, utilisation, smClockMHz: 1, temperatureC: 1 },
  ...{ memoryUsedBytes: 1, memoryTotalBytes: 2 },
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('follows the GPU that the session runs on, for a minute', () => {
  const loads = [load(0, 'NVIDIA T4', 0.1), load(1, 'NVIDIA H200', 0.9)];
  expect(addLoads(null, loads, 'NVIDIA H200 · sm_90')?.utilisation).toEqual([0.9]);
  expect(addLoads(null, loads, 'CPU · 2 threads')?.load.name).toBe('NVIDIA T4');
  let history = addLoads(null, loads, '');
  for (let i = 0; i < 100; i += 1) history = addLoads(history, [load(0, 'NVIDIA T4', i / 100)], '');
  expect([history?.utilisation.length, history?.utilisation.slice(-1)]).toEqual([GPU_SECONDS, [0.99]]);
  // Another GPU begins anew; one that does not tell keeps what was known.
  expect(addLoads(history, [load(1, 'NVIDIA H200', 0.5)], '')?.utilisation).toEqual([0.5]);
  expect(addLoads(history, [load(0, 'NVIDIA T4', null)], '')?.utilisation).toHaveLength(GPU_SECONDS);
  expect(addLoads(history, null, '')).toBeNull();
  expect(addLoads(history, [], '')).toBeNull();
});

it('draws the newest at the right, full at the top', () => {
  expect(sparkline([0, 0.5, 1], 59, 10)).toBe('57.0,10.0 58.0,5.0 59.0,0.0');
  expect(sparkline([], 59, 10)).toBe('');
});

it('asks once a second, one question at a time, only while it is seen', async () => {
  let answer: (loads: readonly GpuLoad[] | null) => void = () => undefined;
  let [asked, told, seen] = [0, 0, true];
  const ask = (): Promise<readonly GpuLoad[] | null> => {
    asked += 1;
    return new Promise((resolve) => (answer = resolve));
  };
  const stop = followLoads(
    ask,
    () => void (told += 1),
    () => seen,
  );
  await vi.advanceTimersByTimeAsync(5000);
  expect([asked, told]).toEqual([1, 0]);
  answer([load(0, 'x', 0)]);
  await vi.advanceTimersByTimeAsync(1000);
  expect([asked, told]).toEqual([2, 1]);
  seen = false;
  answer([load(0, 'x', 0)]);
  await vi.advanceTimersByTimeAsync(5000);
  expect([asked, told]).toEqual([2, 2]);
  seen = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toBe(3);
  stop();
  answer([]);
  await vi.advanceTimersByTimeAsync(5000);
  expect([asked, told]).toEqual([3, 2]);
});

it('stops where there is no GPU', async () => {
  const told: unknown[] = [];
  followLoads(
    () => Promise.reject(new Error('no such call')),
    (loads) => told.push(loads),
    () => true,
  );
  await vi.advanceTimersByTimeAsync(5000);
  expect(told).toEqual([null]);
});
