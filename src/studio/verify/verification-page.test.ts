import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EngineVerification } from '../../shared/domain/verification';
import { engineVerificationSchema } from '../../shared/domain/verification';
import { LatencyLog } from './latency-log';
import { MaskScores } from './metrics';
import { imagesOfPage, verificationPage } from './verification-page';
import { verificationReport } from './verification-report';

const times = { decode: 1e6, preprocess: 1e6, transferIn: 0, infer: 6e6, postprocess: 1e6, transferOut: 0, total: 9e6 };
const label = (id: number, name: string) => ({ id, name, color: [id, 2, 3] as [number, number, number] });
const labels = [label(0, 'road'), label(1, 'sky')];

/** Only what a page shows of an engine. */
const record = {
  id: '0123456789abcdef',
  builtAt: '2026-11-20T10:00:00.000Z',
  model: { name: 'Street', labels, preprocessing: { size: { mode: 'stretch', width: 640, height: 480 } } },
  recipe: {
    shapes: {
      min: { batch: 1, height: 512, width: 512 },
      opt: { batch: 1, height: 512, width: 512 },
      max: { batch: 1, height: 512, width: 512 },
    },
  },
} as unknown as Parameters<typeof verificationPage>[0];

function verification(): EngineVerification {
  const mask = (ids: string) => ({ width: 4, height: 1, bytesPerId: 1 as const, data: Uint8Array.from(ids, Number) });
  const scores = new MaskScores(labels);
  scores.add(mask('0111'), mask('0011'));
  const worst = { width: 4, height: 1, meanIou: 0.25, timings: times };
  return engineVerificationSchema.parse({
    ...{ format: 1, engineId: record.id, modelName: 'Street', precision: 'INT8', at: '2026-11-21T15:04:05.000Z' },
    ...{ images: '/pictures', pictures: 2, runtime: 'TensorRT 10.6.0', device: 'NVIDIA T4' },
    reference: { runtime: 'ONNX Runtime 1.30.0', precision: 'FP32' },
    agreement: scores.result(),
    accuracy: { engine: scores.result(), reference: scores.result() },
    worst: [
      { ...worst, name: 'one.png', agreement: 0.75 },
      { ...worst, name: 'two <article>.png', agreement: 0.8 },
    ],
    timings: { engine: times, reference: { ...times, total: 18e6 } },
    failures: [{ name: 'bad.png', code: 'IMAGE_DAMAGED', message: 'bad.png is damaged.' }],
  });
}

const images = {
  picture: 'data:image/jpeg;base64,AA==',
  sides: [
    { overlay: 'data:image/jpeg;base64,BB==', difference: null },
    { overlay: 'data:image/jpeg;base64,CC==', difference: 'data:image/jpeg;base64,DD==' },
  ],
};

describe('the page of a verification', () => {
  it('shows the engine against the reference, with the three figures of the write-ups', () => {
    const page = verificationPage(record, verification(), [images, null], 'en');
    for (const text of [
      '75.00 %',
      '1 / 0 / 0.250',
      'INT8 · TensorRT',
      'FP32 · ONNX Runtime',
      '0.50 × the reference’s',
    ]) {
      expect(page).toContain(text);
    }
    // At the size that the engine has, whatever the model's own is.
    expect(page.match(/at 512 × 512/g)).toHaveLength(2);
    expect(page).toContain('mIoU drawn 0.2500');
    expect(page).toContain('IMAGE_DAMAGED');
  });

  it('gives its pictures back, so that it can be told in another language', () => {
    const shown = [images, null];
    const english = verificationPage(record, verification(), shown, 'en');
    expect(imagesOfPage(english)).toEqual(shown);
    const chinese = verificationPage(record, verification(), imagesOfPage(english), 'zh');
    expect(imagesOfPage(chinese)).toEqual(shown);
    expect(chinese).toContain('lang="zh-CN"');
    expect(imagesOfPage('')).toEqual([]);
  });
});

describe('the page beside an engine', () => {
  it('is asked for in any language, as bytes or as a file, once there are figures', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'verification-'));
    const engines = { read: async () => ({ record, folder }) };
    const ask = (language: 'en' | 'zh', directory: string | null = null) =>
      verificationReport(engines, { engineId: record.id, directory, language });
    try {
      await expect(ask('en')).rejects.toMatchObject({ code: 'ENGINE_NOT_VERIFIED' });
      await writeFile(join(folder, 'verification.json'), JSON.stringify(verification()));
      const bare = Buffer.from((await ask('en')).bytes ?? []).toString('utf8');
      expect(imagesOfPage(bare)).toEqual([null, null]);
      await writeFile(
        join(folder, 'verification.html'),
        verificationPage(record, verification(), [images, null], 'en'),
      );
      const { path, bytes } = await ask('zh', join(folder, 'out'));
      expect([path, bytes]).toEqual([join(folder, 'out', 'verification-0123456789abcdef.html'), null]);
      const page = await readFile(path ?? '', 'utf8');
      expect(page).toContain('lang="zh-CN"');
      expect(imagesOfPage(page)).toEqual([images, null]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('times', () => {
  it('are medians and 95th percentiles of what was added', () => {
    const log = new LatencyLog();
    expect(log.summary()).toBeNull();
    for (let n = 1; n <= 20; n += 1) log.add({ ...times, total: n * 1e6 });
    expect(log.summary()).toMatchObject({ pictures: 20, median: { total: 10.5e6, infer: 6e6 }, p95: { total: 19e6 } });
  });
});
