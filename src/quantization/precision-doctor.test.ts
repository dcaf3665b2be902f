import { beforeAll, describe, expect, it } from 'vitest';
import type { OnnxModel } from '../onnx/model';
import type { CandidateTime, TunePoint } from '../shared/domain/tuning';
import { AppError } from '../shared/app-error';
import { choosePoint } from './choose-point';
import { tunePrecision } from './precision-doctor';
import type { Diagnosis } from './precision-doctor';
import type { TuneOptions } from './tune-trials';
import { findSites } from './sites';
import { fixedSmall } from './testing';
import { workShares } from './work-share';

let model: OnnxModel;
let blocks: readonly string[];
beforeAll(async () => {
  model = await fixedSmall('original-ts13-256.onnx');
  const kinds = ['linear', 'convolution'];
  const sites = findSites(model.graph).filter(({ kind }) => kinds.includes(kind));
  blocks = [...new Set(sites.map(({ block }) => block))];
});

/** A network in which each block in 8 bits costs so much agreement. */
function costing(costs: Readonly<Record<string, number>>): {
  options: Pick<TuneOptions, 'agreementOf'>;
  tried: string[][];
} {
  const tried: string[][] = [];
  const agreementOf = async (kept: readonly string[]): Promise<number> => {
    const blocks = [...inEightBits(kept)];
    tried.push(blocks);
    return 1 - blocks.reduce((sum, block) => sum + (costs[block] ?? 0), 0);
  };
  return { options: { agreementOf }, tried };
}

/** Times candidates, and judges none. */
function clocked(timeOf: (kept: readonly string[]) => Promise<CandidateTime>): Pick<TuneOptions, 'measure'> {
  return { measure: async (kept) => ({ time: await timeOf(kept) }) };
}

function inEightBits(kept: readonly string[]): Set<string> {
  return new Set(blocks.filter((block) => !kept.includes(block)));
}

const BAD = 'stage 2, block 1, feed-forward';
const WORSE = 'stage 1, embedding';

function tune(options: Partial<TuneOptions> & Pick<TuneOptions, 'agreementOf'>): Promise<Diagnosis> {
  const gains = workShares(model, ['linear', 'convolution']);
  return tunePrecision({ target: 0.99, blocks, gains, ...options });
}

describe('tunePrecision', () => {
  it('keeps nothing where all in 8 bits agrees, after one trial', async () => {
    const { options, tried } = costing({ [BAD]: 0.004 });
    expect(await tune(options)).toMatchObject({
      chosen: { blocks: [], gain: 1 },
      isReached: true,
      ranking: [],
    });
    expect(tried).toHaveLength(1);
  });

  it('ranks by measured time where candidates are timed, and tells it with every point', async () => {
    const { options } = costing({ [BAD]: 0.02, [WORSE]: 0.02 });
    // WORSE saves nothing, so that it is the first to be kept; in 8 bits BAD saves half of the time.
    const timeOf = async (kept: readonly string[]): Promise<CandidateTime> => {
      return { float: 10, milliseconds: inEightBits(kept).has(BAD) ? 5 : 11 };
    };
    const tuning = await tune({ ...options, target: 0.975, ...clocked(timeOf) });
    expect(tuning).toMatchObject({ chosen: { blocks: [WORSE], time: { milliseconds: 5, float: 10 } } });
    const saved = new Map(tuning.ranking.map(({ block, savedMs, gain }) => [block, [savedMs, gain]]));
    expect(saved.get(BAD)).toEqual([5, 1]);
    expect(saved.get(WORSE)).toEqual([-1, 0]);
    expect(tuning.points.every(({ time }) => time !== undefined)).toBe(true);
    // Points without a time are timed, and not compared again.
    const known = tuning.points.map(({ time: _time, ...point }) => point);
    let timed = 0;
    const again = await tune({
      target: 0.975,
      known,
      agreementOf: () => Promise.reject(new Error('compared again')),
      ...clocked((candidate) => ((timed += 1), timeOf(candidate))),
    });
    // And once more what came out fastest.
    expect([again.chosen, timed]).toEqual([tuning.chosen, tuning.points.length + 1]);
  });

  it('keeps the blocks that harm, the worst first, and no more than needed', async () => {
    const { options } = costing({ [BAD]: 0.02, [WORSE]: 0.05, head: 0.001 });
    const gains = new Map([...blocks].map((block) => [block, 1]));
    const tuning = await tune({ ...options, gains });
    expect(tuning.chosen.blocks).toEqual([WORSE, BAD]);
    expect(tuning.isReached).toBe(true);
    expect(tuning.chosen.agreement).toBeCloseTo(0.999, 9);
    expect(tuning.chosen.gain).toBeCloseTo(1 - 2 / gains.size, 9);
    expect(tuning.ranking.slice(0, 3).map(({ block }) => block)).toEqual([WORSE, BAD, 'head']);
    // All, each alone, then without one and without two.
    expect(tuning.points).toHaveLength(1 + gains.size + 2);
  });

  it('minds what a block gains: what harms a little for nothing goes before what harms more for much', async () => {
    const { options } = costing({ [BAD]: 0.012, [WORSE]: 0.011 });
    const gains = new Map([...blocks].map((block) => [block, block === WORSE ? 0 : 1]));
    expect((await tune({ ...options, gains, target: 0.985 })).chosen.blocks).toEqual([WORSE]);
    expect(
      (
        await tune({
          ...options,
          gains: new Map([
            [WORSE, 100],
            [BAD, 1],
          ]),
          target: 0.985,
        })
      ).chosen.blocks,
    ).toEqual([BAD]);
  });

  it('says so when the target cannot be reached, and gives the best that was found', async () => {
    const costs = Object.fromEntries([...blocks].map((block) => [block, 0.03]));
    const tuning = await tune(costing(costs).options);
    expect(tuning.isReached).toBe(false);
    expect(tuning.chosen.blocks).toHaveLength(blocks.length - 1);
    expect(tuning.chosen.agreement).toBeCloseTo(0.97, 9);
  });

  it('does not try again what it is told', async () => {
    const first = costing({ [BAD]: 0.02, [WORSE]: 0.05 });
    const controller = new AbortController();
    const points: TunePoint[] = [];
    const onPoint = (point: TunePoint): void => {
      points.push(point);
      if (points.length === 7) controller.abort();
    };
    await expect(tune({ ...first.options, onPoint, signal: controller.signal })).rejects.toThrow();
    expect(first.tried).toHaveLength(7);
    const second = costing({ [BAD]: 0.02, [WORSE]: 0.05 });
    const resumed = await tune({ ...second.options, known: points });
    const whole = await tune(costing({ [BAD]: 0.02, [WORSE]: 0.05 }).options);
    expect(resumed).toEqual(whole);
    expect(second.tried.length).toBe(whole.points.length - 7);
  });

  it('seeks something faster where all in 8 bits is slow, and leaves out what loses time', async () => {
    const { options } = costing({});
    // Each block in 8 bits loses a millisecond, but for one that saves four.
    const timeOf = async (kept: readonly string[]): Promise<CandidateTime> => {
      const narrow = inEightBits(kept);
      return { float: 20, milliseconds: 20 + narrow.size - (narrow.has(BAD) ? 5 : 0) };
    };
    const tuning = await tune({ ...options, ...clocked(timeOf), seeksSpeed: true });
    expect(tuning.chosen).toMatchObject({ time: { milliseconds: 16 }, agreement: 1 });
    expect(tuning.chosen.blocks).toEqual(blocks.filter((block) => block !== BAD).sort());
    // One that only minds the target does not ask for more.
    expect((await tune({ ...options, ...clocked(timeOf) })).points).toHaveLength(1);
  });

  it('believes what seems faster only when it is so twice', async () => {
    const { options } = costing({ [BAD]: 0.02 });
    const seen = new Map<number, number>();
    // The first measurement of what is chosen is luck.
    const timeOf = async (kept: readonly string[]): Promise<CandidateTime> => {
      const count = (seen.get(kept.length) ?? 0) + 1;
      seen.set(kept.length, count);
      return { float: 10, milliseconds: kept.length === 1 && count === 1 ? 5 : 11 };
    };
    const gains = new Map(blocks.map((block) => [block, 1]));
    const tuning = await tune({ ...options, gains, ...clocked(timeOf), affords: (count) => count === 1 });
    expect(tuning.chosen).toMatchObject({ blocks: [BAD], isConfirmed: true, time: { milliseconds: 11 } });
    expect(seen.get(1)).toBe(2);
    // What was confirmed is not timed a third time.
    await tune({ ...options, gains, ...clocked(timeOf), affords: (count) => count === 1, known: tuning.points });
    expect(seen.get(1)).toBe(2);
  });

  it('loses no other point to a candidate that the device cannot build', async () => {
    const { options } = costing({ [BAD]: 0.02 });
    const timeOf = async (kept: readonly string[]): Promise<CandidateTime> => {
      if (inEightBits(kept).has(WORSE)) throw new AppError('DEVICE_OUT_OF_MEMORY', 'no room', {});
      return { float: 10, milliseconds: 4 + kept.length / 100 };
    };
    const tuning = await tune({ ...options, ...clocked(timeOf), seeksSpeed: true });
    const failed = tuning.points.filter(({ failure }) => failure?.code === 'DEVICE_OUT_OF_MEMORY');
    expect(failed.length).toBeGreaterThan(1);
    expect(failed.every(({ time }) => time === undefined)).toBe(true);
    expect(tuning.chosen.blocks).toEqual(expect.arrayContaining([WORSE, BAD]));
    expect(tuning.chosen.time).toBeDefined();
  });

  it.each([new TypeError('a bug'), new AppError('DEVICE_LOST', 'illegal memory access')])(
    'ends with what is no failure of a candidate: %s',
    async (error) => {
      const { options } = costing({ [BAD]: 0.02 });
      await expect(tune({ ...options, ...clocked(() => Promise.reject(error)) })).rejects.toBe(error);
    },
  );

  it('times no single blocks when there is no time for it, but what it chooses in any case', async () => {
    const { options } = costing({ [BAD]: 0.02 });
    const timed: number[] = [];
    const timeOf = async (kept: readonly string[]): Promise<CandidateTime> => {
      timed.push(kept.length);
      return { float: 10, milliseconds: 5 };
    };
    const tuning = await tune({ ...options, ...clocked(timeOf), affords: () => false });
    // And a second time, since it is faster.
    expect(timed).toEqual([0, 1, 1]);
    expect(tuning.chosen.time).toEqual({ float: 10, milliseconds: 5 });
    expect(tuning.ranking.every(({ savedMs }) => savedMs === null)).toBe(true);
  });

  it.each([0, -1, 1.01, NaN])('refuses the target %d', async (target) => {
    await expect(tune({ ...costing({}).options, target })).rejects.toMatchObject({ code: 'TUNING_TARGET_INVALID' });
  });
});

describe('tunePrecision with masks of the engines', () => {
  const uniform = (): Map<string, number> => new Map(blocks.map((block) => [block, 1]));
  const time = { float: 10, milliseconds: 5 };

  /** Blocks that come first harm most; ONNX Runtime sees none of it. */
  function device(harms: Readonly<Record<string, number>>): {
    options: Partial<TuneOptions> & Pick<TuneOptions, 'agreementOf'>;
    built: number[];
    compared: string[][];
  } {
    const [built, compared]: [number[], string[][]] = [[], []];
    const options: Partial<TuneOptions> & Pick<TuneOptions, 'agreementOf'> = {
      gains: uniform(),
      hasOwnMasks: true,
      measure: async (kept) => {
        built.push(kept.length);
        const lost = [...inEightBits(kept)].reduce((sum, block) => sum + (harms[block] ?? 0), 0);
        return { time, agreement: 1 - lost };
      },
      agreementOf: async (kept) => (compared.push([...kept]), 1),
      affords: (count) => count === 1,
      harmsWithout: () => new Map(Object.entries(harms)),
    };
    return { options, built, compared };
  }

  it('judges by them alone, and takes few steps to the first choice that agrees', async () => {
    const harms = Object.fromEntries(blocks.map((block, index) => [block, 0.01 / (index + 1)]));
    const { options, built, compared } = device(harms);
    const tuning = await tune({ ...options, target: 0.995 });
    const enough = tuning.chosen.blocks.length;
    const lost = blocks.slice(enough).reduce((sum, block) => sum + (harms[block] ?? 0), 0);
    expect(lost).toBeLessThanOrEqual(0.005);
    expect(lost + (harms[blocks[enough - 1] ?? ''] ?? 0)).toBeGreaterThan(0.005);
    // Harm adds up here, so that the guess is right: one less is too few. In the end once more what was chosen.
    expect(built).toEqual([0, enough, enough - 1, enough]);
    expect(compared).toEqual([]);
    expect(tuning.points.map(({ judgedOn }) => judgedOn)).toEqual(tuning.points.map(() => 'device'));
    expect(tuning.ranking.slice(0, 2)).toEqual([
      { block: blocks[0], harm: 0.01, isEstimated: true, gain: 1 / blocks.length, savedMs: null },
      { block: blocks[1], harm: 0.005, isEstimated: true, gain: 1 / blocks.length, savedMs: null },
    ]);
  });

  it('tells how far it is, never less than before, and at the end almost all', async () => {
    const harms = Object.fromEntries(blocks.map((block, index) => [block, 0.01 / (index + 1)]));
    for (const affords of [() => true, (count: number): boolean => count === 1]) {
      const { options } = device(harms);
      const shares: number[] = [];
      await tune({
        ...options,
        affords,
        seeksSpeed: true,
        target: 0.995,
        onPoint: (_, share) => void shares.push(share),
      });
      expect(shares).toEqual([...shares].sort((one, other) => one - other));
      expect(shares[0]).toBeLessThan(0.1);
      expect(shares.at(-1)).toBeGreaterThan(0.9);
      expect(shares.at(-1)).toBeLessThan(1);
    }
  });

  it('says so when not even the last block left in 8 bits reaches the target', async () => {
    const harms = Object.fromEntries(blocks.map((block) => [block, 0.03]));
    const tuning = await tune(device(harms).options);
    expect(tuning.isReached).toBe(false);
    expect(tuning.chosen.blocks).toHaveLength(blocks.length - 1);
  });

  it('judges again what ONNX Runtime judged before, and nothing that an engine did', async () => {
    const { options, built } = device({ [BAD]: 0.02 });
    const old: TunePoint = { kind: 'without', blocks: [], agreement: 1, gain: 1, time };
    expect(await tune({ ...options, target: 0.9, known: [old] })).toMatchObject({
      chosen: { agreement: 0.98, judgedOn: 'device' },
    });
    expect(built).toEqual([0]);
    const known: TunePoint[] = [{ ...old, agreement: 0.95, judgedOn: 'device' }];
    expect((await tune({ ...options, target: 0.9, known })).chosen.agreement).toBe(0.95);
    expect(built).toEqual([0]);
  });

  it('goes on after an engine whose masks cannot be had', async () => {
    const { options, compared } = device({ [BAD]: 0.001 });
    const measure: TuneOptions['measure'] = async (kept) => {
      if (kept.length < 2) throw new AppError('MODEL_OUTPUT_NOT_FINITE', 'no finite numbers', {});
      return (await options.measure?.(kept)) ?? null;
    };
    const tuning = await tune({ ...options, measure, seeksSpeed: true });
    expect(tuning.points[0]).toMatchObject({
      judgedOn: 'onnxruntime',
      failure: { code: 'MODEL_OUTPUT_NOT_FINITE' },
    });
    expect(compared).toEqual([[], [BAD]]);
    expect(tuning.chosen).toMatchObject({ judgedOn: 'device', time });
    expect(tuning.chosen.failure).toBeUndefined();
  });

  it('ends with its time, keeps what it found, and leaves room to confirm it', async () => {
    const harms = Object.fromEntries(blocks.map((block) => [block, 0.03]));
    const { options, built } = device(harms);
    // As if the first were all the harm: too few are tried, and then more each time.
    const harmsWithout = (): Map<string, number> => new Map([[blocks[0] ?? '', 1]]);
    // Each takes one; there are five.
    const hasTime = (count: number): boolean => 5 - built.length > count - 1;
    const tuning = await tune({ ...options, harmsWithout, hasTime });
    expect([tuning.isCut, tuning.isReached]).toEqual([true, false]);
    expect(built).toEqual([0, 1, 2, 4]);
    expect(tuning.chosen.blocks).toHaveLength(4);
    // What goes on builds nothing twice but what it confirms.
    const rest = await tune({ ...options, harmsWithout, known: tuning.points });
    expect([rest.isCut, built.slice(4)]).toEqual([false, [8, 14, 14]]);
  });

  it.each<[string, Partial<TuneOptions>]>([
    ['before the first', { hasTime: () => false }],
    ['during it', { hasTime: () => true, measure: () => Promise.reject(new AppError('CANCELLED', 'aborted')) }],
  ])('has nothing when the time is up %s', async (_, change) => {
    const { options } = device({});
    await expect(tune({ ...options, ...change })).rejects.toMatchObject({ code: 'TUNING_TIME_SPENT' });
  });
});

describe('choosePoint', () => {
  const point = (number: number, agreement: number, milliseconds?: number, gain = 1 / number): TunePoint => {
    const time = milliseconds === undefined ? {} : { time: { milliseconds, float: 10 } };
    return { kind: 'without', blocks: [`${number}`], agreement, gain, ...time };
  };
  it.each<[string, TunePoint[], string]>([
    ['the fastest that reaches the target', [point(1, 1, 9), point(2, 0.995, 6), point(3, 0.9, 3)], '2'],
    ['of equally fast ones that with most in 8 bits', [point(1, 0.99, 6.02), point(2, 1, 6)], '1'],
    ['one that was timed before one that was not', [point(1, 1), point(2, 1, 12)], '2'],
    ['without times that with most in 8 bits', [point(2, 1), point(1, 0.99)], '1'],
    ['the nearest where none reaches the target', [point(1, 0.5, 1), point(2, 0.98, 9)], '2'],
  ])('takes %s', (_, points, wanted) => {
    expect(choosePoint(points, 0.99)?.blocks).toEqual([wanted]);
  });
});

describe('workShares', () => {
  it('adds up to 1 and follows the sizes', () => {
    const shares = workShares(model, ['linear', 'convolution']);
    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect([...shares.keys()].sort()).toEqual([...blocks].sort());
    expect(shares.get('head')).toBeGreaterThan(shares.get('stage 4, embedding') ?? 1);
  });
});
