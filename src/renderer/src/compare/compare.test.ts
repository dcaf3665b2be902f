import { describe, expect, it } from 'vitest';
import type { EngineSummary } from '../../../shared/domain/engine';
import type { Mask } from '../../../shared/domain/mask';
import { arrangementOf, layoutOf } from './compare-layout';
import { initialCompare, type CompareState } from './compare-store';
import { defaultSides, modelSide } from './default-sides';
import { countPairs, pairsOfConfusion } from './pair-counts';
import { shortNames } from './short-names';
import { worstFirst } from './worst-first';

const three: CompareState = {
  ...initialCompare,
  sides: [modelSide('m'), { kind: 'engine', engineId: 'a' }, { kind: 'engine', engineId: 'b' }],
  other: 2,
  picked: 2,
};

describe('layoutOf', () => {
  it.each<[Partial<CompareState>, object]>([
    [
      { view: 'swipe', swipeAt: 0.3 },
      { kind: 'swipe', left: 0, right: 2, at: 0.3 },
    ],
    [
      { view: 'swipe', reference: 1 },
      { kind: 'swipe', left: 1, right: 2 },
    ],
    [{ view: 'tiles' }, { kind: 'tiles', sides: [0, 1, 2] }],
    [
      { view: 'onion', share: 0.2 },
      { kind: 'onion', under: 0, over: 2, share: 0.2 },
    ],
    [{ view: 'blink' }, { kind: 'single', side: 2 }],
    [
      { view: 'blink', held: true },
      { kind: 'single', side: 0 },
    ],
    [
      { view: 'tiles', held: true },
      { kind: 'single', side: 0 },
    ],
    [{ view: 'lens' }, { kind: 'lens', under: 0, inside: 2, radius: 220 }],
    [
      { view: 'difference', change: { from: 3, to: 4 } },
      { kind: 'difference', from: 0, to: 2, pair: { from: 3, to: 4 } },
    ],
  ])('%o', (change, expected) => expect(layoutOf({ ...three, ...change }, 2)).toMatchObject(expected));

  it('arranges nothing while there is nothing to compare', () => {
    expect(arrangementOf(initialCompare, 1)).toBeNull();
    expect(arrangementOf(three, 1)).toMatchObject({ pictureId: null, masks: [null, null, null] });
  });
});

function engine(id: string, precision: string, more: Partial<EngineSummary> = {}): EngineSummary {
  return { id, precision, modelId: 'm', state: 'ready', ...more } as EngineSummary;
}

describe('defaultSides', () => {
  const engineIds = (engines: EngineSummary[]) =>
    defaultSides('m', engines).map((side) => (side.kind === 'engine' ? side.engineId : side.kind));
  it.each<[string, EngineSummary[], string[]]>([
    ['nothing without an engine', [], []],
    [
      'the newest of each precision',
      [engine('3', 'int8'), engine('2', 'fp16'), engine('1', 'int8')],
      ['model', '3', '2'],
    ],
    ['not what cannot run here', [engine('1', 'fp16', { state: 'foreign' })], []],
    ['not what belongs to another model', [engine('1', 'fp16', { modelId: 'n' })], []],
    [
      'four at most',
      ['fp32', 'tf32', 'fp16', 'int8'].map((precision) => engine(precision, precision)),
      ['model', 'fp32', 'tf32', 'fp16'],
    ],
  ])('%s', (_name, engines, expected) => expect(engineIds(engines)).toEqual(expected));
});

describe('pairs of classes', () => {
  const mask = (...ids: number[]): Mask => ({
    width: ids.length,
    height: 1,
    bytesPerId: 1,
    data: Uint8Array.from(ids),
  });
  const wide = (...ids: number[]): Mask => ({
    width: ids.length,
    height: 1,
    bytesPerId: 2,
    data: new Uint8Array(Uint16Array.from(ids).buffer),
  });
  const live = new AbortController().signal;

  it.each<[string, Mask, Mask, number | null, [number, number, number][], number]>([
    ['nothing where all agree', mask(1, 2), mask(1, 2), null, [], 2],
    [
      'the most frequent first',
      mask(1, 1, 2, 3),
      mask(2, 2, 1, 3),
      null,
      [
        [1, 2, 2],
        [2, 1, 1],
      ],
      4,
    ],
    ['not what nobody drew', mask(255, 1, 1), mask(1, 255, 2), 255, [[1, 2, 1]], 1],
    [
      'ids of two bytes',
      wide(300, 2),
      wide(2, 300),
      null,
      [
        [2, 300, 1],
        [300, 2, 1],
      ],
      2,
    ],
    ['ids of different sizes', mask(3, 4), wide(3, 400), null, [[4, 400, 1]], 2],
  ])('%s', async (_name, from, to, ignored, expected, compared) => {
    const found = await countPairs(from, to, ignored, live);
    expect(found).toEqual({ pairs: expected.map(([a, b, pixels]) => ({ from: a, to: b, pixels })), compared });
  });

  it('reads the same from a confusion matrix', () => {
    const found = pairsOfConfusion({
      pixels: 20,
      confusionIds: [1, 7],
      confusion: [
        [9, 2],
        [5, 4],
      ],
    } as unknown as Parameters<typeof pairsOfConfusion>[0]);
    expect(found).toEqual({
      pairs: [
        { from: 7, to: 1, pixels: 5 },
        { from: 1, to: 7, pixels: 2 },
      ],
      compared: 20,
    });
  });

  it('stops when nobody waits for it any more', async () => {
    await expect(countPairs(mask(1), mask(2), null, AbortSignal.abort())).rejects.toThrow();
  });
});

it('puts the pictures that agree least first, and before them those without a figure', () => {
  const picture = (name: string, worst: number | null) => ({ name, worst }) as Parameters<typeof worstFirst>[0][number];
  const sorted = worstFirst([picture('a', 0.9), picture('10', 0.5), picture('9', 0.5), picture('z', null)]);
  expect(sorted.map(({ name }) => name)).toEqual(['z', '9', '10', 'a']);
});

it.each([
  [
    ['Net · FP32 · ORT', 'Net · INT8 · ORT'],
    ['FP32', 'INT8'],
  ],
  [
    ['Net · FP32 · ORT', 'Other net · FP32 · ORT'],
    ['Net', 'Other net'],
  ],
  [
    ['Net · FP16 · A', 'Net · FP16 · B'],
    ['A', 'B'],
  ],
  [
    ['Net', 'Net · INT8'],
    ['Net', 'Net · INT8'],
  ],
  [
    ['Net · FP32 · ORT', 'masks'],
    ['Net · FP32 · ORT', 'masks'],
  ],
  [
    ['Net · FP32 · ORT (model)', 'Net · FP32 · ORT (3dcaf5)', 'Net · INT8 · ORT'],
    ['FP32 (model)', 'FP32 (3dcaf5)', 'INT8'],
  ],
  [
    ['Net · FP32 · ORT', 'Net · INT8 · ORT', 'Drawn masks'],
    ['FP32', 'INT8', 'Drawn masks'],
  ],
  [['Net · FP32'], ['Net · FP32']],
])('%o are told apart by %o', (names, expected) => expect(shortNames(names)).toEqual(expected));
