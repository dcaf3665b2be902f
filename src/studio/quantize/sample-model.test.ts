import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOrderSchema } from '../../shared/domain/engine';
import { openOnProcessor } from '../../runtimes/onnxruntime/ort-runtime';
import { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { EngineBuilder } from '../engines/build-engine';
import { planBuild } from '../engines/build-plan';
import { EngineLibrary } from '../engines/engine-library';
import { processorEngine } from '../engines/engine-to-open';
import { TimingCache } from '../engines/timing-cache';
import { TuningStore } from '../tune/tuning-store';
import { ModelLibrary } from '../library/model-library';
import { verifyOnFolder } from '../verify/verify-engine';
import { cutPieces, RESOURCES } from './testing';

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'sample-int8-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

const silent = {
  signal: new AbortController().signal,
  phase: () => undefined,
  progress: () => undefined,
  timeLeft: () => undefined,
  log: () => undefined,
};
/** One thread computes as much with half of the work: two wait for each other, above all beside other tests. */
const how = { threads: 1 };

describe('the sample model in 8 bits', () => {
  it(
    'calibrated on 128 other pictures, keeps 99 % of the masks of 24 held-out scenes and a point of mIoU',
    { timeout: 600_000 },
    async () => {
      const pieces = join(work, 'pieces');
      await cutPieces(pieces, 128);
      const models = new ModelLibrary({ dataDirectory: work, resourcesDirectory: RESOURCES });
      const [model] = await models.list();
      if (model === undefined) throw new Error('the sample model is missing');
      const machine = async (): Promise<{ families: []; devices: [] }> => ({ families: [], devices: [] });
      const library = new EngineLibrary({ dataDirectory: work, machine });
      const libraries = new TensorRtLibraries({ dataDirectory: work });
      const builder = new EngineBuilder({
        libraries,
        library,
        timing: new TimingCache(work),
        tunings: new TuningStore(work),
        calibrations: join(work, 'calibrations'),
        ...how,
      });
      const calibration = { folder: pieces, count: 128 };
      const chosen = buildOrderSchema.parse({ runtime: 'onnxruntime', precision: 'int8', calibration });
      const { recipe } = await planBuild(libraries, library.models, model, chosen);
      // Convolutions too, as for a device: on a processor they are left alone because they gain nothing.
      const passes = recipe.passes.map((step) => {
        return step.pass === 'quantize' ? { ...step, kinds: [...step.kinds, 'convolution' as const] } : step;
      });
      const order = { ...chosen, recipe: { ...recipe, passes } };
      const built = await library.read((await builder.build(model, order, silent)).id);
      expect(built.record.passes.at(-1)).toMatchObject({ pass: 'quantize' });
      expect(built.record.passes.at(-1)?.findings).toBeGreaterThan(50);
      await models.close();

      const { model: engine, zeroPixel } = processorEngine(built);
      const sides = {
        engine: await openOnProcessor(engine, how, { rewrite: false, zeroPixel }),
        reference: await openOnProcessor(model, how, {}),
      };
      const scenes = join(RESOURCES, 'samples', 'scenes');
      const { labels } = model;
      const { signal } = silent;
      const found = await verifyOnFolder(sides, { images: scenes, masks: scenes, limit: null, labels, signal });
      await Promise.all([sides.engine.close(), sides.reference.close()]);

      expect([found.pictures, found.failures]).toEqual([24, []]);
      const reference = found.accuracy?.reference.meanIou ?? 0;
      // What the model's own page promises, to show that the comparison with the truth is a fair one.
      expect(reference).toBeGreaterThan(0.84);
      expect(found.agreement.pixelAgreement).toBeGreaterThanOrEqual(0.99);
      // Not so equal that nothing can have been quantised.
      expect(found.agreement.pixelAgreement).toBeLessThan(1);
      expect(reference - (found.accuracy?.engine.meanIou ?? 0)).toBeLessThanOrEqual(0.01);
    },
  );
});
