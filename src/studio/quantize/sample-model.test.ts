import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeIo } from '../../onnx/describe-io';
import { quantizeModel } from '../../quantization/quantize-model';
import { fixedSampleModel } from '../../quantization/testing';
import { modelManifestSchema } from '../../shared/domain/model';
import { calibrateFolder } from './calibrate-folder';
import type { InputForm } from './picture-inputs';
import { cutPieces, HeldOutScenes, RESOURCES } from './testing';

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'sample-int8-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

describe('the sample model in 8 bits', () => {
  it(
    'calibrated on 128 other pictures, keeps 99 % of the masks of 24 held-out scenes and a point of mIoU',
    { timeout: 600_000 },
    async () => {
      const model = await fixedSampleModel();
      const text = await readFile(join(RESOURCES, 'models', 'street-b0', 'model.json'), 'utf8');
      const { preprocessing, labels } = modelManifestSchema.parse(JSON.parse(text));
      if (preprocessing === undefined) throw new Error('the sample model says nothing of its preprocessing');
      const form: InputForm = { input: describeIo(model).input, preprocessing };
      await cutPieces(join(work, 'pieces'), 128);
      const { statistics, pictures } = await calibrateFolder({
        model,
        form,
        folder: join(work, 'pieces'),
        cache: { directory: join(work, 'cache') },
      });
      expect(pictures).toBe(128);
      const scenes = await HeldOutScenes.open(form, labels?.length ?? 0);
      expect(scenes.count).toBe(24);
      const reference = await scenes.masksOf(model);
      // What the model's own page promises, to show that the comparison with the truth is a fair one.
      expect(reference.meanIou).toBeGreaterThan(0.84);
      const { model: quantized, report } = quantizeModel(model, statistics);
      expect(report.quantized).toBeGreaterThan(50);
      const narrow = await scenes.masksOf(quantized);
      const agreement = scenes.agreement(reference, narrow);
      expect(agreement).toBeGreaterThanOrEqual(0.99);
      // Not so equal that nothing can have been quantised.
      expect(agreement).toBeLessThan(1);
      expect(reference.meanIou - narrow.meanIou).toBeLessThanOrEqual(0.01);
    },
  );
});
