import { beforeAll, describe, expect, it } from 'vitest';
import type { OnnxModel } from '../onnx/model';
import { isOp } from '../onnx/node';
import { collectStatistics } from './collect-statistics';
import { tunePrecision } from './precision-doctor';
import type { CandidateTime, TuneOptions, TunePoint, Tuning } from './precision-doctor';
import { findSites } from './sites';
import { fixedSmall, madeUpInputs } from './testing';
import type { StatisticsByValue } from './value-statistics';
import { workShares } from './work-share';

let model: OnnxModel;
let statistics: StatisticsByValue;
beforeAll(async () => {
  model = await fixedSmall('original-ts13-256.onnx');
  statistics = await collectStatistics(model, { inputs: await madeUpInputs(model, 1) });
});

/** Blocks of which something is in 8 bits. */
function quantizedBlocks(quantized: OnnxModel): Set<string> {
  const blocks = new Map(findSites(model.graph).map(({ node, block }) => [node.name, block]));
  const chosen = quantized.graph.nodes.filter((node) =>
    node.input.some((value) => isOp(quantized.graph.producer(value), 'DequantizeLinear')),
  );
  return new Set(chosen.map(({ name }) => blocks.get(name) ?? name));
}

/** A network in which each block in 8 bits costs so much agreement. */
function costing(costs: Readonly<Record<string, number>>): {
  options: Pick<TuneOptions, 'agreementOf'>;
  tried: string[][];
} {
  const tried: string[][] = [];
  const agreementOf = async (quantized: OnnxModel): Promise<number> => {
    const blocks = [...quantizedBlocks(quantized)];
    tried.push(blocks);
    return 1 - blocks.reduce((sum, block) => sum + (costs[block] ?? 0), 0);
  };
  return { options: { agreementOf }, tried };
}

const BAD = 'stage 2, block 1, feed-forward';
const WORSE = 'stage 1, embedding';

function tune(options: Partial<TuneOptions> & Pick<TuneOptions, 'agreementOf'>): Promise<Tuning> {
  return tunePrecision(model, statistics, { target: 0.99, ...options });
}

describe('tunePrecision', () => {
  it('keeps nothing where all in 8 bits agrees, after one trial', async () => {
    const { options, tried } = costing({ [BAD]: 0.004 });
    expect(await tune(options)).toMatchObject({ keep: [], isReached: true, gain: 1, ranking: [] });
    expect(tried).toHaveLength(1);
  });

  it('ranks by measured time where candidates are timed, and tells it with every point', async () => {
    const { options } = costing({ [BAD]: 0.02, [WORSE]: 0.02 });
    // WORSE saves nothing, so that it is the first to be kept; in 8 bits BAD saves half of the time.
    const timeOf = async (candidate: OnnxModel): Promise<CandidateTime> => {
      return { float: 10, milliseconds: quantizedBlocks(candidate).has(BAD) ? 5 : 11 };
    };
    const tuning = await tune({ ...options, target: 0.975, timeOf });
    expect(tuning).toMatchObject({ keep: [WORSE], gainSource: 'measured', time: { milliseconds: 5, float: 10 } });
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
      timeOf: (candidate) => ((timed += 1), timeOf(candidate)),
    });
    expect([again.keep, timed]).toEqual([tuning.keep, tuning.points.length]);
  });

  it('keeps the blocks that harm, the worst first, and no more than needed', async () => {
    const { options } = costing({ [BAD]: 0.02, [WORSE]: 0.05, head: 0.001 });
    const gains = new Map([...quantizedBlocksOf()].map((block) => [block, 1]));
    const tuning = await tune({ ...options, gains });
    expect(tuning.keep).toEqual([WORSE, BAD]);
    expect(tuning).toMatchObject({ isReached: true, gainSource: 'measured' });
    expect(tuning.agreement).toBeCloseTo(0.999, 9);
    expect(tuning.gain).toBeCloseTo(1 - 2 / gains.size, 9);
    expect(tuning.ranking.slice(0, 3).map(({ block }) => block)).toEqual([WORSE, BAD, 'head']);
    // All, each alone, then without one and without two.
    expect(tuning.points).toHaveLength(1 + gains.size + 2);
  });

  it('minds what a block gains: what harms a little for nothing goes before what harms more for much', async () => {
    const { options } = costing({ [BAD]: 0.012, [WORSE]: 0.011 });
    const gains = new Map([...quantizedBlocksOf()].map((block) => [block, block === WORSE ? 0 : 1]));
    expect((await tune({ ...options, gains, target: 0.985 })).keep).toEqual([WORSE]);
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
      ).keep,
    ).toEqual([BAD]);
  });

  it('says so when the target cannot be reached, and gives the best that was found', async () => {
    const costs = Object.fromEntries([...quantizedBlocksOf()].map((block) => [block, 0.03]));
    const tuning = await tune(costing(costs).options);
    expect(tuning.isReached).toBe(false);
    expect(tuning.keep).toHaveLength(quantizedBlocksOf().size - 1);
    expect(tuning.agreement).toBeCloseTo(0.97, 9);
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

  it.each([0, -1, 1.01, NaN])('refuses the target %d', async (target) => {
    await expect(tune({ ...costing({}).options, target })).rejects.toMatchObject({ code: 'TUNING_TARGET_INVALID' });
  });
});

function quantizedBlocksOf(): Set<string> {
  const kinds = ['linear', 'convolution'];
  return new Set(findSites(model.graph).flatMap(({ kind, block }) => (kinds.includes(kind) ? [block] : [])));
}

describe('workShares', () => {
  it('adds up to 1 and follows the sizes', () => {
    const shares = workShares(model, ['linear', 'convolution']);
    expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect([...shares.keys()].sort()).toEqual([...quantizedBlocksOf()].sort());
    expect(shares.get('head')).toBeGreaterThan(shares.get('stage 4, embedding') ?? 1);
  });
});
