import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { quantizeModel } from '../../quantization/quantize-model';
import { fixedSmall } from '../../quantization/testing';
import { calibrateFolder } from './calibrate-folder';
import { MaskAgreement } from './mask-agreement';
import { pictureInputs } from './picture-inputs';
import { tuneFolder } from './tune-folder';
import type { TuneFolderOptions } from './tune-folder';

let work: string;
let options: TuneFolderOptions;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'tune-'));
  const folder = join(work, 'pictures');
  await mkdir(folder);
  for (let index = 0; index < 5; index += 1) {
    const data = Buffer.from(Array.from({ length: 96 * 64 * 3 }, (_, at) => (at * (index + 3) + (at % 29) * 7) % 256));
    await sharp(data, { raw: { width: 96, height: 64, channels: 3 } }).toFile(join(folder, `${index}.png`));
  }
  const model = await fixedSmall('original-ts13-dynamic.onnx');
  const preprocessing = {
    size: { mode: 'stretch' as const, width: 96, height: 64 },
    resample: 'bilinear' as const,
    channelOrder: 'rgb' as const,
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406] as [number, number, number],
    std: [0.229, 0.224, 0.225] as [number, number, number],
  };
  const form = { input: describeIo(model).input, preprocessing };
  options = { model, form, folder, cache: { directory: join(work, 'cache') }, count: 3, compared: 2, target: 1 };
});
afterEach(() => rm(work, { recursive: true, force: true }));

describe('MaskAgreement', () => {
  it.each(['int8', 'fp8'] as const)(
    'compares masks of %s with the reference, which agrees with itself',
    async (format) => {
      const { model, form, folder } = options;
      const { statistics } = await calibrateFolder(options);
      const paths = ['0.png', '1.png'].map((name) => join(folder, name));
      const masks = await MaskAgreement.with(model, () => pictureInputs(paths, form, fail));
      expect(masks.pictures).toBe(2);
      expect(await masks.of(model)).toBe(1);
      const agreement = await masks.of(quantizeModel(model, statistics, { format }).model);
      expect(agreement).toBeGreaterThan(0.5);
      expect(agreement).toBeLessThan(1);
    },
  );
});

describe('tuneFolder', () => {
  it('compares on pictures that it did not calibrate on, and keeps every point', async () => {
    const { tuning, calibration, compared, warnings } = await tuneFolder(options);
    expect([calibration.pictures, compared]).toEqual([3, 2]);
    expect(warnings.some((text) => text.includes('no other pictures'))).toBe(false);
    const kept = JSON.parse(await readFile(`${calibration.file}.tuning`, 'utf8')) as { points: unknown[] };
    expect(kept.points).toEqual(tuning.points);
  });

  it('times candidates on ONNX Runtime in turns with the original, and keeps the times', async () => {
    const agreementOf = async (): Promise<number> => 1;
    const { tuning, calibration } = await tuneFolder({ ...options, agreementOf, timed: true, threads: 1 });
    expect(tuning.gainSource).toBe('measured');
    expect(tuning.time?.milliseconds).toBeGreaterThan(0);
    expect(tuning.time?.float).toBeGreaterThan(0);
    const kept = JSON.parse(await readFile(`${calibration.file}.tuning`, 'utf8')) as { points: unknown[] };
    expect(kept.points).toEqual([expect.objectContaining({ time: tuning.time })]);
    expect((await tuneFolder({ ...options, agreementOf, timed: true })).tuning.time).toEqual(tuning.time);
  });

  it('goes on after it was cancelled, without trying again what it knows', async () => {
    const controller = new AbortController();
    let points = 0;
    const onPoint = (): void => {
      points += 1;
      if (points === 4) controller.abort();
    };
    await expect(tuneFolder({ ...options, onPoint, signal: controller.signal })).rejects.toThrow();
    let tried = 0;
    const agreementOf = async (_: OnnxModel): Promise<number> => {
      tried += 1;
      return 0.5;
    };
    const { tuning } = await tuneFolder({ ...options, agreementOf });
    expect(tuning.points.length - tried).toBe(4);
    const { file } = (await tuneFolder({ ...options, agreementOf })).calibration;
    await writeFile(`${file}.tuning`, '{"format": 1, "points": "none"}');
    tried = 0;
    expect((await tuneFolder({ ...options, agreementOf })).tuning.points).toHaveLength(tried);
  });
});

function fail(path: string, error: unknown): never {
  throw new Error(path, { cause: error });
}
