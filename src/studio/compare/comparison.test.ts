import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonSide, OpenComparison } from '../../shared/domain/comparison';
import type { CompareBench } from './testing';
import { compareBench } from './testing';

let bench: CompareBench;
let rgb: string;
let bgr: string;
let pictures: string;
let masks: string;
beforeAll(async () => {
  bench = await compareBench();
  rgb = await bench.model('Plain', 'rgb');
  bgr = await bench.model('Swapped & <b>bold</b>', 'bgr');
  pictures = join(bench.root, 'pictures');
  masks = join(bench.root, 'masks');
  await bench.picture('pictures/a <script> & 😀.png');
  await bench.picture('pictures/b.png');
  // All as the picture is, but for the lower right, which nobody drew.
  await bench.drawnMask('masks/a <script> & 😀.png', [0, 1, 255]);
  await bench.drawnMask('masks/b.png', [0, 0, 2]);
});
afterAll(() => bench.close());

const model = (modelId: string): ComparisonSide => ({ kind: 'model', modelId, runtime: 'onnxruntime' });
const drawn = (directory: string): ComparisonSide => ({ kind: 'masks', directory });

async function open(sides: ComparisonSide[], reference = 0): Promise<OpenComparison> {
  return bench.call('compare.open', { sides, reference });
}

async function compared(sides: ComparisonSide[], reference = 0): Promise<OpenComparison> {
  const comparison = await open(sides, reference);
  const { jobId } = await bench.call('compare.run', { comparisonId: comparison.comparisonId, directory: pictures });
  expect(await bench.ended(jobId)).toMatchObject({ state: 'done', kind: 'compare', done: 2, total: 2 });
  return comparison;
}

describe('one picture', () => {
  it('is answered by each side, with figures against reference and drawn mask', async () => {
    const { comparisonId, sides, labels } = await open([model(rgb), model(bgr), drawn(masks)]);
    expect(sides.map(({ kind, precision }) => [kind, precision])).toEqual([
      ['model', 'FP32'],
      ['model', 'FP32'],
      ['masks', ''],
    ]);
    expect(new Set(sides.map(({ name }) => name)).size).toBe(3);
    expect(labels.map(({ name }) => name)).toEqual(['red', 'green', 'blue']);
    const { added } = await bench.call('pictures.add', { paths: [join(pictures, 'a <script> & 😀.png')] });
    const pictureId = added[0]?.id ?? '';
    const found = await bench.call('compare.picture', { comparisonId, pictureId });
    expect(found.picture).toMatchObject({ width: 8, height: 8 });
    // Red and blue change places: of 64 pixels the 16 green ones agree.
    expect(found.sides[0]).toMatchObject({ outcome: 'mask', score: null, accuracy: { pixels: 48, agreement: 1 } });
    expect(found.sides[1]).toMatchObject({
      outcome: 'mask',
      score: { pixels: 64, agreement: 16 / 64, meanIou: 1 / 3 },
      accuracy: { pixels: 48, agreement: 16 / 48 },
    });
    expect(found.sides[2]).toMatchObject({ timings: null, score: { agreement: 1 }, accuracy: null });
    await bench.call('compare.close', { comparisonId });
  });

  it('has the reason where a side fails, and the others', async () => {
    await bench.drawnMask('other/b.png', [0, 1, 2], 4);
    const { comparisonId } = await open([model(rgb), drawn(join(bench.root, 'other'))]);
    const { added } = await bench.call('pictures.add', { paths: [pictures] });
    const byName = new Map(added.map(({ name, id }) => [name, id]));
    const missing = await bench.call('compare.picture', {
      comparisonId,
      pictureId: byName.get('a <script> & 😀.png') ?? '',
    });
    expect(missing.sides).toMatchObject([
      { outcome: 'mask' },
      { outcome: 'failed', error: { code: 'FILE_NOT_FOUND' } },
    ]);
    const wrong = await bench.call('compare.picture', { comparisonId, pictureId: byName.get('b.png') ?? '' });
    expect(wrong.sides[1]).toMatchObject({ outcome: 'failed', error: { code: 'MASK_SIZE_DIFFERS' } });
  });
});

describe('a folder', () => {
  it('gives figures over all pictures, and each picture its own', async () => {
    const { comparisonId } = await compared([model(rgb), model(bgr), drawn(masks)]);
    const result = await bench.call('compare.result', { comparisonId });
    expect(result).toMatchObject({ running: false, done: 2, total: 2, failures: [] });
    const [first, second, third] = result?.sides ?? [];
    expect(first).toMatchObject({ agreement: null, accuracy: { pixels: 112, pixelAgreement: 96 / 112 } });
    expect(second).toMatchObject({ compared: 2, agreement: { pixels: 128, pixelAgreement: 32 / 128 } });
    expect(second?.latency).toMatchObject({ pictures: 2 });
    expect(third).toMatchObject({ latency: null, accuracy: null });
    expect(result?.pictures.map(({ worst }) => worst)).toEqual([0.25, 0.25]);
    expect(result?.pictures[1]?.sides[0]).toMatchObject({ agreement: null, accuracy: (2 / 3 + 0 + 1) / 3 });
    expect((await bench.call('compare.result', { comparisonId, since: 1 }))?.pictures).toHaveLength(1);
  });

  it('is told against another reference without running again', async () => {
    const { comparisonId } = await compared([model(rgb), model(bgr)]);
    await bench.call('compare.setReference', { comparisonId, reference: 1 });
    const result = await bench.call('compare.result', { comparisonId });
    expect(result?.sides.map(({ agreement }) => agreement?.pixelAgreement ?? null)).toEqual([0.25, null]);
    // The reference says blue for the red half.
    const agreement = result?.sides[0]?.agreement;
    expect(agreement?.confusion[agreement.confusionIds.indexOf(2)]?.[agreement.confusionIds.indexOf(0)]).toBe(64);
  });

  it('names what cannot be read and goes on', async () => {
    const mixed = join(bench.root, 'mixed');
    await bench.picture('mixed/good.png');
    await writeFile(join(mixed, 'bad.png'), 'not a picture');
    const { comparisonId } = await open([model(rgb), model(bgr)]);
    const { jobId } = await bench.call('compare.run', { comparisonId, directory: mixed });
    const job = await bench.ended(jobId);
    expect(job.failures.map(({ item, error }) => [item, error.code])).toEqual([['bad.png', 'IMAGE_UNSUPPORTED']]);
    const result = await bench.call('compare.result', { comparisonId });
    expect(result?.failures).toMatchObject([{ name: 'bad.png', side: null, code: 'IMAGE_UNSUPPORTED' }]);
    expect(result?.pictures).toHaveLength(1);
  });

  it('can be cancelled, and keeps what was found until then', async () => {
    const { comparisonId } = await open([model(rgb), model(bgr)]);
    const { added } = await bench.call('pictures.add', { paths: [join(pictures, 'b.png')] });
    const pictureIds = Array.from({ length: 2000 }, () => added[0]?.id ?? '');
    const { jobId } = await bench.call('compare.run', { comparisonId, pictureIds });
    await bench.call('jobs.cancel', { jobId });
    expect(await bench.ended(jobId)).toMatchObject({ state: 'cancelled', error: null });
    const result = await bench.call('compare.result', { comparisonId });
    expect(result).toMatchObject({ running: false, total: 2000 });
    expect(result?.pictures).toHaveLength(result?.done ?? -1);
    expect(result?.done).toBeLessThan(2000);
  });

  it('takes masks in the pictures’ own folder for no pictures', async () => {
    const beside = join(bench.root, 'beside');
    await bench.picture('beside/x.jpg');
    await bench.drawnMask('beside/x.png', [0, 1, 2]);
    const { comparisonId } = await open([model(rgb), drawn(beside)]);
    const { jobId } = await bench.call('compare.run', { comparisonId, directory: beside });
    await bench.ended(jobId);
    const result = await bench.call('compare.result', { comparisonId });
    expect(result).toMatchObject({ total: 1, sides: [{}, { agreement: { pixelAgreement: 1 } }] });
  });
});

describe('engines', () => {
  it('stand beside the model that they were built from, with what sets them apart', async () => {
    const side = { batch: 1, height: 8, width: 8 };
    const shapes = { min: side, opt: side, max: side };
    const order = { runtime: 'onnxruntime', precision: 'fp32', shapes } as const;
    const { jobId } = await bench.call('engines.build', { modelId: rgb, order });
    const job = await bench.ended(jobId);
    expect(job.error).toBeNull();
    const engineId = job.results[0] ?? '';
    const { comparisonId, sides } = await compared([model(rgb), { kind: 'engine', engineId: engineId.slice(0, 6) }]);
    const [first, second] = sides;
    expect(first).toMatchObject({ kind: 'model', engineId: null, notes: [] });
    expect(second).toMatchObject({
      kind: 'engine',
      engineId,
      runtimeId: 'onnxruntime',
      modelId: rgb,
      precision: 'FP32',
    });
    expect(second?.notes[0]?.message).toMatch(/^Sees pictures at 8x8, the reference at their own size/);
    expect(first?.name).not.toBe(second?.name);
    const result = await bench.call('compare.result', { comparisonId });
    expect(result?.sides[1]).toMatchObject({ compared: 2, agreement: { pixelAgreement: 1 } });
    await bench.call('compare.close', { comparisonId });
  });
});

describe('what cannot be compared', () => {
  it.each([
    ['one side', () => [model(rgb)], 0, 'COMPARE_TOO_FEW_SIDES'],
    ['five', () => [rgb, bgr, rgb, bgr, rgb].map(model), 0, 'COMPARE_TOO_MANY_SIDES'],
    ['a side twice', () => [model(rgb), model(rgb)], 0, 'COMPARE_SAME_TWICE'],
    ['a reference that is none', () => [model(rgb), model(bgr)], 2, 'COMPARE_REFERENCE_UNKNOWN'],
    ['an unknown engine', () => [model(rgb), { kind: 'engine', engineId: 'abcdef' } as const], 0, 'ENGINE_NOT_FOUND'],
    ['an unknown model', () => [model(rgb), model('nobody')], 0, 'MODEL_NOT_FOUND'],
    ['masks alone', () => [drawn(masks), drawn(pictures)], 0, 'COMPARE_WITHOUT_NETWORK'],
    ['masks of no folder', () => [model(rgb), drawn(join(masks, 'none'))], 0, 'FILE_NOT_FOUND'],
  ] satisfies [string, () => ComparisonSide[], number, string][])('%s', async (_, sides, reference, code) => {
    await expect(open(sides(), reference)).rejects.toMatchObject({ code });
  });

  it('networks of other classes', async () => {
    const other = await bench.model('Other', 'rgb', ['cat', 'dog', 'cow']);
    await expect(open([model(rgb), model(other)])).rejects.toMatchObject({ code: 'COMPARE_CLASSES_DIFFER' });
  });

  it('an empty folder, and figures of no run', async () => {
    const { comparisonId } = await open([model(rgb), model(bgr)]);
    await mkdir(join(bench.root, 'empty'), { recursive: true });
    const run = bench.call('compare.run', { comparisonId, directory: join(bench.root, 'empty') });
    await expect(run).rejects.toMatchObject({ code: 'FOLDER_WITHOUT_PICTURES' });
    expect(await bench.call('compare.result', { comparisonId })).toBeNull();
    const report = bench.call('compare.export', { comparisonId, formats: ['csv'], directory: null });
    await expect(report).rejects.toMatchObject({ code: 'COMPARE_NOT_RUN' });
    await bench.call('compare.close', { comparisonId });
    const gone = bench.call('compare.result', { comparisonId });
    await expect(gone).rejects.toMatchObject({ code: 'COMPARISON_UNKNOWN' });
  });
});

describe('sessions', () => {
  it('of the studio outlive comparisons, and those of a comparison outlive the studio’s', async () => {
    const own = await bench.call('session.open', { modelId: rgb });
    const others = [];
    for (const name of ['m1', 'm2', 'm3', 'm4']) others.push(await bench.model(name, 'rgb'));
    const { comparisonId, sides } = await open(others.map(model));
    const { added } = await bench.call('pictures.add', { paths: [join(pictures, 'b.png')] });
    const pictureId = added[0]?.id ?? '';
    await expect(bench.call('session.segment', { sessionId: own.id, pictureId })).resolves.toMatchObject({ pictureId });
    for (const modelId of [bgr, ...others]) await bench.call('session.open', { modelId });
    await bench.call('session.close', { sessionId: sides[0]?.sessionId ?? '' });
    await bench.call('session.close', { sessionId: sides[0]?.sessionId ?? '' });
    const found = await bench.call('compare.picture', { comparisonId, pictureId, fresh: true });
    expect(found.sides.map(({ outcome }) => outcome)).toEqual(['mask', 'mask', 'mask', 'mask']);
    await bench.call('compare.close', { comparisonId });
    const closed = bench.call('session.segment', { sessionId: sides[0]?.sessionId ?? '', pictureId });
    await expect(closed).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' });
  });
});

describe('files of a comparison', () => {
  it('are a page, two tables and all figures', async () => {
    const { comparisonId } = await compared([model(rgb), model(bgr), drawn(masks)]);
    const directory = join(bench.root, 'out');
    const formats = ['html', 'csv', 'json'] as const;
    const order = { comparisonId, formats: [...formats], directory, name: 'a/b' };
    const { jobId } = await bench.call('compare.export', order);
    const job = await bench.ended(jobId);
    expect(job).toMatchObject({ state: 'done', kind: 'export', done: 2, total: 2, results: { length: 4 } });
    const files = await bench.call('compare.exported', { jobId });
    expect((await readdir(directory)).sort()).toEqual(['a_b.csv', 'a_b.html', 'a_b.json', 'a_b.pictures.csv']);
    expect(files.every(({ path, bytes }) => path !== null && bytes === null)).toBe(true);
    const json: unknown = JSON.parse(await readFile(join(directory, 'a_b.json'), 'utf8'));
    expect(json).toMatchObject({ format: 1, reference: 0, sides: [{}, { agreement: { pixelAgreement: 0.25 } }, {}] });
    const rows = (await readFile(join(directory, 'a_b.pictures.csv'), 'utf8')).split('\r\n');
    expect(rows).toHaveLength(1 + 2 * 3 + 1);
    expect(rows[2]).toMatch(/^a <script> & 😀\.png,8,8,.*,0\.25,0\.3333/);
    const page = await readFile(join(directory, 'a_b.html'), 'utf8');
    expect(page.match(/<img /g)).toHaveLength(2 * 6);
    expect(page).toContain('a &lt;script&gt; &amp; 😀.png');
    expect(page).not.toMatch(/<script|<b>bold/);
  });

  it('come as bytes too, and do without a picture that has gone', async () => {
    const gone = join(bench.root, 'gone');
    await bench.picture('gone/one.png');
    const { comparisonId } = await open([model(rgb), model(bgr)]);
    await bench.ended((await bench.call('compare.run', { comparisonId, directory: gone })).jobId);
    await rm(gone, { recursive: true });
    const order = { comparisonId, formats: ['html'] as const, directory: null, language: 'zh' as const };
    const { jobId } = await bench.call('compare.export', { ...order, formats: ['html'] });
    await bench.ended(jobId);
    const [file] = await bench.call('compare.exported', { jobId });
    expect(await bench.call('compare.exported', { jobId })).toEqual([]);
    const page = Buffer.from(file?.bytes ?? []).toString('utf8');
    expect(file).toMatchObject({ name: 'comparison.html', mime: 'text/html', path: null });
    expect(page).toContain('无法再次显示这张图片');
    expect(page).not.toContain('<img ');
  });

  it('are not written when the export is cancelled, or the comparison closed', async () => {
    const directory = join(bench.root, 'cancelled');
    for (const close of [false, true]) {
      const { comparisonId } = await compared([model(rgb), model(bgr)]);
      const { jobId } = await bench.call('compare.export', { comparisonId, formats: ['html'], directory });
      if (close) await bench.call('compare.close', { comparisonId });
      else await bench.call('jobs.cancel', { jobId });
      expect((await bench.ended(jobId)).state).toBe('cancelled');
      expect(await bench.call('compare.exported', { jobId })).toEqual([]);
    }
    expect(await readdir(directory).catch(() => [])).toEqual([]);
  });
});
