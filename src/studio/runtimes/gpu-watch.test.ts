import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GpuReader } from './gpu-watch';
import { GpuWatch, parseLoad } from './gpu-watch';

const MEBIBYTE = 1024 * 1024;
const busy = '0, NVIDIA H200, 97, 1980, 41, 12345, 143771';
const idle = '1, NVIDIA H200, 0, 345, 28, 4, 143771';

describe('a line about a GPU', () => {
  it.each<[string, object | null]>([
    [
      busy,
      {
        ...{ index: 0, name: 'NVIDIA H200', utilisation: 0.97, smClockMHz: 1980, temperatureC: 41 },
        ...{ memoryUsedBytes: 12345 * MEBIBYTE, memoryTotalBytes: 143771 * MEBIBYTE },
      },
    ],
    [
      '2, Tesla T4, [N/A], 585, [Not Supported], 100, 15360',
      {
        ...{ index: 2, name: 'Tesla T4', utilisation: null, smClockMHz: 585, temperatureC: null },
        ...{ memoryUsedBytes: 100 * MEBIBYTE, memoryTotalBytes: 15360 * MEBIBYTE },
      },
    ],
    ['', null],
    ['NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.', null],
    ['0, half a line, 97', null],
  ])('%j', (line, load) => expect(parseLoad(line)).toEqual(load));
});

describe('watching', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function reader(): { read: GpuReader; say: (line: string) => void; end: () => void; running: () => number } {
    let [listeners, running] = [{ line: (_line: string): void => undefined, end: (): void => undefined }, 0];
    return {
      read: (line, end) => {
        running += 1;
        listeners = { line, end };
        return () => void (running -= 1);
      },
      say: (line) => listeners.line(line),
      end: () => listeners.end(),
      running: () => running,
    };
  }

  it('tells the newest figures of all GPUs, and reads only while somebody asks', async () => {
    const { read, say, running } = reader();
    const watch = new GpuWatch(read);
    const first = watch.loads();
    say(idle);
    say(busy);
    expect((await first)?.map(({ utilisation }) => utilisation)).toEqual([0.97, 0]);
    say(idle.replace(' 0,', ' 55,'));
    expect((await watch.loads())?.map(({ utilisation }) => utilisation)).toEqual([0.97, 0.55]);
    for (let second = 0; second < 10; second += 1) {
      vi.advanceTimersByTime(1000);
      await watch.loads();
    }
    expect(running()).toBe(1);
    vi.advanceTimersByTime(5001);
    expect(running()).toBe(0);
    const again = watch.loads();
    say(busy);
    expect(await again).toHaveLength(1);
  });

  it('is without figures where there is no GPU, and does not ask again at once', async () => {
    const { read, end, running } = reader();
    let started = 0;
    const watch = new GpuWatch((line, ended) => {
      started += 1;
      return read(line, ended);
    });
    const first = watch.loads();
    end();
    expect([await first, await watch.loads(), started, running()]).toEqual([null, null, 1, 0]);
    vi.advanceTimersByTime(60_001);
    const later = watch.loads();
    vi.advanceTimersByTime(4001);
    expect([await later, started, running()]).toEqual([null, 2, 0]);
  });

  it('goes on when the driver comes back', async () => {
    const { read, say, end } = reader();
    const watch = new GpuWatch(read);
    const first = watch.loads();
    say(busy);
    await first;
    end();
    const second = watch.loads();
    say(idle);
    expect((await second)?.map(({ index }) => index)).toEqual([1]);
  });
});
