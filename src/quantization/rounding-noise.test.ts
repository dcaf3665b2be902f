import { describe, expect, it } from 'vitest';
import { roundingNoise } from './rounding-noise';
import { findSites, rangeSource } from './sites';
import { fixedSmall } from './testing';
import { ValueStatistics } from './value-statistics';

const kinds = ['linear', 'convolution'] as const;
const EVEN = Float32Array.from({ length: 4096 }, (_, at) => at / 2048 - 1);
/** One in a thousand is a hundred times as large. */
const OUTLIERS = EVEN.map((value, at) => (at % 1000 === 7 ? 100 : value));

describe('roundingNoise', () => {
  it('sees outliers: what else is there gets few of the steps', async () => {
    const model = await fixedSmall('original-ts13-256.onnx');
    const sites = findSites(model.graph).filter(({ kind }) => kind === 'linear' || kind === 'convolution');
    const bad = sites.find(({ block }) => block === 'stage 2, block 1, feed-forward');
    const sourceOf = ({ node, activations: [index = 0] }: (typeof sites)[number]): string => {
      return rangeSource(model.graph, node.input[index] ?? '');
    };
    if (bad === undefined) throw new Error('there is no such block');
    const statistics = new Map(
      sites.map((site) => {
        const values = new ValueStatistics();
        const isBad = sourceOf(site) === sourceOf(bad);
        values.add([-1], [isBad ? 100 : 1], isBad ? OUTLIERS : EVEN);
        return [sourceOf(site), values];
      }),
    );
    const noise = roundingNoise(model, statistics, { format: 'int8', method: 'min-max', kinds });
    expect([...noise.keys()].sort()).toEqual([...new Set(sites.map(({ block }) => block))].sort());
    expect([...noise].sort(([, one], [, other]) => other - one)[0]?.[0]).toBe(bad.block);
    const others = [...noise].filter(([block]) => block !== bad.block).map(([, error]) => error);
    // A step is 1/127 of the range, and an even spread over it: (1/127)² / 12 of a mean square of 1/3, and the weights' own.
    expect(Math.min(...others)).toBeGreaterThan((1 / 127) ** 2 / 4);
    expect(Math.max(...others)).toBeLessThan(1e-3);
    // Floats keep what is small beside what is large: all blocks are alike.
    expect(new Set(roundingNoise(model, statistics, { format: 'fp8', method: 'min-max', kinds }).values()).size).toBe(
      1,
    );
  });
});
