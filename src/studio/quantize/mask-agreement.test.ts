import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeIo } from '../../onnx/describe-io';
import { quantizeModel } from '../../quantization/quantize-model';
import { fixedSmall } from '../../quantization/testing';
import { calibrateFolder } from './calibrate-folder';
import type { CalibrateOptions } from './calibrate-folder';
import { MaskAgreement } from './mask-agreement';
import { pictureInputs } from './picture-inputs';

let work: string;
let options: CalibrateOptions;
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
  options = { model, form, folder, cache: { directory: join(work, 'cache') }, count: 3 };
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

function fail(path: string, error: unknown): never {
  throw new Error(path, { cause: error });
}
