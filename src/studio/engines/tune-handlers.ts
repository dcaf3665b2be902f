import type { StudioHandlers } from '../../shared/contract';
import type { JobRegistry } from '../jobs/job-registry';
import type { ModelLibrary } from '../library/model-library';
import type { TuningStore } from '../tune/tuning-store';
import type { EngineBuilder } from './build-engine';
import type { BuildObserver } from './build-work';
import type { CalibrationAccess } from './calibration-access';
import { withCalibrationPaths } from './calibration-access';
import type { EngineLibrary } from './engine-library';
import type { Machine } from './engine-state';
import { foreignReason } from './engine-state';

export type TuneHandlers = Pick<StudioHandlers, 'engines.tune' | 'engines.tunings'>;

interface TuneHandlerParts extends CalibrationAccess {
  readonly builder: EngineBuilder;
  readonly jobs: JobRegistry;
  readonly library: EngineLibrary;
  readonly models: ModelLibrary;
  readonly tunings: TuningStore;
  readonly machine: () => Promise<Machine>;
  readonly observerOf: (job: Parameters<Parameters<JobRegistry['start']>[1]>[0]) => BuildObserver;
  /** Of which a job's progress is told. */
  readonly steps: number;
}

/** Finding out what of a network bears 8 bits, and what was found before. */
export function tuneHandlers(parts: TuneHandlerParts): TuneHandlers {
  const { builder, jobs, library, models, tunings, machine, observerOf, steps } = parts;
  return {
    'engines.tune': async ({ modelId, order, tune }) => {
      const settled = withCalibrationPaths(order, parts);
      const model = await models.get(modelId);
      const plan = { kind: 'tune', title: model.name, unit: 'steps', total: steps } as const;
      const work = async (job: Parameters<typeof observerOf>[0]): Promise<void> => {
        job.result((await builder.tune(model, settled, tune, observerOf(job))).key);
      };
      return { jobId: jobs.start(plan, work) };
    },
    'engines.tunings': async ({ modelId }) => {
      const model = await models.get(modelId);
      const { sha256, weights } = await library.models.of(model.path);
      const here = await machine();
      const kept = (await tunings.list()).filter(({ recipe }) => {
        return recipe.model.sha256 === sha256 && recipe.model.weights.join() === weights.join();
      });
      return kept.map((tuning) => {
        return { ...tuning, file: tunings.fileOf(tuning.key), isHere: foreignReason(tuning.recipe, here) === null };
      });
    },
  };
}
