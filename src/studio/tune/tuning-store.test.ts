import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Recipe } from '../../shared/domain/engine';
import type { NumberedPoint, TunePoint, Tuning } from '../../shared/domain/tuning';
import { numbered, readTuning, recipeOfPoint, TuningStore } from './tuning-store';

let data: string;
let store: TuningStore;
let warnings: string[];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'tunings-'));
  store = new TuningStore(data);
  warnings = [];
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const key = 'a'.repeat(32);
const shape = { batch: 1, height: 64, width: 96 };
const recipe: Recipe = {
  format: 1,
  model: { sha256: 'b'.repeat(64), weights: [], name: 'Net' },
  passes: [
    { pass: 'simplify' },
    { pass: 'quantize', format: 'int8', method: 'mse', kinds: ['linear'], keep: ['x'], statistics: 'c'.repeat(64) },
  ],
  shapes: { min: shape, opt: shape, max: shape },
  precision: 'int8',
  builder: {
    typing: 'strong',
    tf32: false,
    level: null,
    workspaceBytes: null,
    versionCompatible: false,
    hardwareCompatibility: 'none',
    targets: [],
  },
  runtime: { family: 'onnxruntime', version: '1' },
  device: { kind: 'cpu', arch: 'x64' },
};

function point(number: number, kind: TunePoint['kind'], blocks: string[]): NumberedPoint {
  return { number, kind, blocks, agreement: 0.99, gain: 0.5 };
}

function tuning(change: Partial<Tuning> = {}): Tuning {
  return {
    format: 1,
    key,
    at: '2026-01-01T00:00:00.000Z',
    modelId: 'net',
    modelName: 'Net',
    recipe,
    wideRecipe: { ...recipe, precision: 'fp32', passes: [] },
    wide: 'fp32',
    target: 0.99,
    compared: 3,
    timedOn: null,
    wideAgreement: 1,
    points: [point(1, 'without', []), point(2, 'alone', ['a']), point(3, 'without', ['b', 'a'])],
    ranking: [],
    isFinished: true,
    isReached: true,
    chosen: 3,
    use: 'int8',
    recommendation: 'INT8.',
    overflows: [],
    warnings: [],
    ...change,
  };
}

describe('TuningStore', () => {
  it('keeps tunings as readable text, a line for each point, and lists the newest first', async () => {
    await store.save(tuning());
    expect(await store.load(key, ({ message }) => warnings.push(message))).toEqual(tuning());
    expect(
      readFileSync(store.fileOf(key), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"number"')),
    ).toHaveLength(3);
    const later = tuning({ key: 'd'.repeat(32), at: '2026-02-01T00:00:00.000Z' });
    await store.save(later);
    await store.save(tuning({ key: 'e'.repeat(32), points: [], chosen: null }));
    writeFileSync(join(store.folder, `${'f'.repeat(32)}.json`), 'no JSON');
    expect((await store.list()).map((each) => each.key[0])).toEqual(['d', 'a', 'e']);
    expect(await store.load('0'.repeat(32), fail)).toBeNull();
  });

  it.each<[string, (text: string) => string]>([
    ['half of it', (text) => text.slice(0, text.length / 2)],
    ['another format', (text) => text.replace('"format": 1', '"format": 2')],
    ['nonsense by hand', (text) => text.replace('"agreement":0.99', '"agreement":7')],
    ['a number twice', (text) => text.replace('"number":3', '"number":1')],
    ['another tuning', (text) => text.replace(key, 'd'.repeat(32))],
  ])('puts aside %s, and says so', async (_, damage) => {
    await store.save(tuning());
    const file = store.fileOf(key);
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    expect(await store.load(key, ({ message }) => warnings.push(message))).toBeNull();
    expect([existsSync(file), existsSync(`${file}.damaged`)]).toEqual([false, true]);
    expect(warnings.join()).toMatch(/no tuning that can be used.*put aside/);
  });

  it('refuses a file of the user that is none', async () => {
    const file = join(data, 'mine.json');
    await expect(readTuning(file)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    writeFileSync(file, '[]');
    await expect(readTuning(file)).rejects.toMatchObject({ code: 'TUNING_DAMAGED', hint: expect.any(String) });
  });
});

describe('numbered', () => {
  it('leaves each point its number, and its time where nobody took another', () => {
    const time = { milliseconds: 1, float: 2 };
    const before = [{ ...point(1, 'without', []), time }, point(2, 'alone', ['a'])];
    const tried: TunePoint[] = [
      { kind: 'without', blocks: ['a'], agreement: 1, gain: 0.5 },
      { kind: 'alone', blocks: ['a'], agreement: 0.9, gain: 0.5 },
      { kind: 'without', blocks: [], agreement: 0.95, gain: 1 },
    ];
    const points = numbered(before, tried);
    expect(points.map(({ number, kind, agreement }) => [number, kind, agreement])).toEqual([
      [1, 'without', 0.95],
      [2, 'alone', 0.9],
      [3, 'without', 1],
    ]);
    expect(points[0]?.time).toEqual(time);
  });
});

describe('recipeOfPoint', () => {
  it('keeps the blocks of the point beside those of the user; the best one when none is named', () => {
    expect(recipeOfPoint(tuning(), null, 'x').passes.at(-1)).toMatchObject({ keep: ['a', 'b', 'x'] });
    expect(recipeOfPoint(tuning(), 'wide', 'x')).toMatchObject({ precision: 'fp32', passes: [] });
    expect(recipeOfPoint(tuning(), 1, 'x').passes.at(-1)).toMatchObject({ keep: ['x'] });
  });

  it.each<[string, number | null, Partial<Tuning>]>([
    ['an unknown number', 9, {}],
    ['a block alone', 2, {}],
    ['one that has none yet', null, { points: [], chosen: null }],
  ])('refuses %s', (_, number, change) => {
    expect(() => recipeOfPoint(tuning(change), number, 'x.json')).toThrow(
      expect.objectContaining({ code: 'TUNING_POINT_UNKNOWN' }),
    );
  });
});

function fail({ message }: { message: string }): never {
  throw new Error(message);
}
