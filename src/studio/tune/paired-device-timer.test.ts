import { beforeAll, describe, expect, it } from 'vitest';
import type { OnnxModel } from '../../onnx/model';
import { fixedSmall } from '../../quantization/testing';
import { AppError } from '../../shared/app-error';
import type { Stopwatch } from './paired-device-timer';
import { PairedDeviceTimer } from './paired-device-timer';
import { TimeLimit } from './time-limit';

let graph: OnnxModel;
beforeAll(async () => {
  graph = await fixedSmall('original-ts13-256.onnx');
});

interface Bench {
  readonly timer: PairedDeviceTimer;
  /** What was done, in order. */
  readonly said: string[];
  readonly unavailable: string[];
}

/** A device on which the n-th engine takes as long as the n-th number says, or fails with the error that stands there. */
function bench(engines: readonly (number | AppError)[], limit = 1000): Bench {
  const [said, unavailable]: [string[], string[]] = [[], []];
  let opened = 0;
  let clock = 0;
  const stopwatch: Stopwatch = {
    device: 'a device',
    open: async () => {
      const index = opened++;
      const time = engines[index] ?? 1;
      // Each build takes ten seconds.
      clock += 10;
      said.push(`open ${index}`);
      if (time instanceof AppError) throw time;
      return {
        time: async () => (said.push(`time ${index}`), [time * 3, time, time * 0.5]),
        masks: () => masksOf(index),
        close: async () => void said.push(`close ${index}`),
      };
    },
    close: async () => void said.push('end'),
  };
  const timer = new PairedDeviceTimer({
    stopwatch,
    wide: async () => graph,
    limit: new TimeLimit(limit, () => clock),
    judge,
    onUnavailable: ({ code }) => void unavailable.push(code),
  });
  return { timer, said, unavailable };
}

/** The n-th engine differs in n of a hundred pixels. */
async function* masksOf(index: number): AsyncGenerator<Uint8Array> {
  yield Uint8Array.from({ length: 100 }, (_, pixel) => Number(pixel < index));
}

async function judge(masks: AsyncIterable<ArrayLike<number>>): Promise<number> {
  let same = 0;
  for await (const ids of masks) same += Array.from(ids).filter((id) => id === 0).length;
  return same / 100;
}

const noRoom = new AppError('DEVICE_OUT_OF_MEMORY', 'no room', {});
const noKernel = new AppError('ENGINE_BUILD_FAILED', 'no kernel', {});

describe('PairedDeviceTimer', () => {
  it('times candidates in turns with the wide network, which is built once', async () => {
    const { timer, said } = bench([4, 2, 3]);
    expect(await timer.measure(() => graph)).toEqual({ time: { milliseconds: 2, float: 4 }, agreement: 0.99 });
    expect(await timer.measure(() => graph)).toEqual({ time: { milliseconds: 3, float: 4 }, agreement: 0.98 });
    expect(timer.wideAgreement).toBe(1);
    await timer.close();
    expect(said.slice(0, 7)).toEqual(['open 0', 'open 1', 'time 0', 'time 1', 'time 0', 'time 1', 'close 1']);
    expect(said.slice(-2)).toEqual(['close 0', 'end']);
    expect(said.filter((text) => text === 'open 0')).toHaveLength(1);
  });

  it('goes on after a candidate that cannot be built, and opens the wide one anew after a full device', async () => {
    const { timer, said } = bench([4, noKernel, noRoom, 5, 2]);
    await expect(timer.measure(() => graph)).rejects.toMatchObject({ code: 'ENGINE_BUILD_FAILED' });
    expect(said).not.toContain('close 0');
    await expect(timer.measure(() => graph)).rejects.toMatchObject({ code: 'DEVICE_OUT_OF_MEMORY' });
    expect(said).toContain('close 0');
    expect(await timer.measure(() => graph)).toMatchObject({ time: { milliseconds: 2, float: 5 } });
  });

  it('times nothing any more where the wide network cannot be built', async () => {
    const { timer, said, unavailable } = bench([noKernel]);
    expect(await timer.measure(() => graph)).toBeNull();
    expect(await timer.measure(() => graph)).toBeNull();
    expect([unavailable, said, timer.affords(1)]).toEqual([['ENGINE_BUILD_FAILED'], ['open 0'], false]);
  });

  it('affords no more than fits into its time at the pace so far', async () => {
    const { timer } = bench([4, 2, 3], 45);
    expect(timer.affords(100)).toBe(true);
    await timer.measure(() => graph);
    // Ten seconds are gone, and each takes as many.
    expect([3, 4].map((count) => timer.affords(count))).toEqual([true, false]);
  });
});
