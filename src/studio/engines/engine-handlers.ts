import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import type { EmitEvent, StudioHandlers } from '../../shared/contract';
import type { EngineRecord } from '../../shared/domain/engine';
import { runtimeOfFamily } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { RuntimeId } from '../../shared/domain/runtime';
import type { EngineVerification } from '../../shared/domain/verification';
import { engineVerificationSchema } from '../../shared/domain/verification';
import type { OnnxRuntimeOptions } from '../../runtimes/onnxruntime/ort-runtime';
import { ortVersion } from '../../runtimes/onnxruntime/ort-runtime';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import type { Runtime } from '../../runtimes/runtime';
import type { FileAccess } from '../file-access';
import type { JobProgress, JobRegistry } from '../jobs/job-registry';
import type { ModelLibrary } from '../library/model-library';
import type { PictureRegistry } from '../pictures/picture-registry';
import { saveVerification } from '../verify/save-verification';
import { TuningStore } from '../tune/tuning-store';
import type { VerifyOrder } from '../verify/verify-engine';
import { verifyOnFolder } from '../verify/verify-engine';
import { EngineBuilder } from './build-engine';
import type { BuildObserver } from './build-work';
import type { CalibrationAccess } from './calibration-access';
import { withCalibrationPaths } from './calibration-access';
import { planBuild } from './build-plan';
import { engineFiles } from './engine-files';
import { EngineLibrary } from './engine-library';
import { EngineSessions } from './engine-sessions';
import type { Machine } from './engine-state';
import { engineFamilyNames } from './engine-state';
import { engineToOpen, precisionLabel, servedSize } from './engine-to-open';
import { inspectEngine } from './inspect-engine';
import { keepBench } from './kept-measurements';
import type { Measured } from './measure-engine';
import { benchEngine, profileEngine } from './measure-engine';
import { rehearse } from './rehearse';
import { TimingCache } from './timing-cache';
import type { TuneHandlers } from './tune-handlers';
import { tuneHandlers } from './tune-handlers';
import type { WizardHandlers } from './wizard-handlers';
import { wizardHandlers } from './wizard-handlers';

type EngineHandlers = Omit<
  Pick<StudioHandlers, Extract<keyof StudioHandlers, `engines.${string}`>>,
  'engines.verificationReport'
>;

export interface EngineStudioOptions {
  readonly dataDirectory: string;
  readonly access: FileAccess;
  readonly emit: EmitEvent;
  readonly jobs: JobRegistry;
  readonly models: ModelLibrary;
  readonly libraries: TensorRtLibraries;
  /** What engines are compared with. */
  readonly reference: Runtime;
  /** How engines of ONNX Runtime are opened: where optimised graphs are kept, and the compiled worker. */
  readonly processor?: OnnxRuntimeOptions;
  readonly pictures: Pick<PictureRegistry, 'fileOf' | 'has' | 'pathOf'>;
  /** New engines are compared with ONNX Runtime on these files; none are compared when left out. */
  readonly provePictures?: readonly string[];
}

/** Shares of a build are shown in steps of a tenth of a percent. */
const STEPS = 1000;

/** The part of the studio that makes engines and runs them. */
export class EngineStudio {
  readonly library: EngineLibrary;
  readonly #options: EngineStudioOptions;
  readonly #builder: EngineBuilder;
  readonly #tunings: TuningStore;
  readonly #sessions: EngineSessions;

  constructor(options: EngineStudioOptions) {
    const { dataDirectory, emit, libraries, reference, processor = {}, provePictures = [] } = options;
    const { workerFile } = processor;
    this.#options = options;
    this.library = new EngineLibrary({
      dataDirectory,
      machine: () => this.#machine(),
      onChange: (engines) => emit('engines.changed', engines),
    });
    this.#tunings = new TuningStore(dataDirectory);
    this.#builder = new EngineBuilder({
      libraries,
      library: this.library,
      timing: new TimingCache(dataDirectory),
      tunings: this.#tunings,
      calibrations: join(dataDirectory, 'calibrations'),
      provePictures,
      ...(workerFile === undefined ? {} : { workerFile }),
    });
    const machine = (): Promise<Machine> => this.#machine();
    this.#sessions = new EngineSessions({ library: this.library, libraries, machine, reference, processor });
  }

  /** The runtimes that open what this library holds, and networks without an engine. */
  runtimes(): Runtime[] {
    return this.#sessions.runtimes();
  }

  /** What an engine was built for is what opens it, whatever a shell takes it for. @throws AppError ENGINE_NOT_FOUND */
  async runtimeOf(engineId: string): Promise<RuntimeId> {
    return runtimeOfFamily((await this.library.get(engineId)).runtime.family);
  }

  handlers(): EngineHandlers {
    return { ...this.#libraryHandlers(), ...this.#workHandlers(), ...this.#wizardHandlers(), ...this.#tuneHandlers() };
  }

  #libraryHandlers(): Pick<
    EngineHandlers,
    | 'engines.list'
    | 'engines.remove'
    | 'engines.restore'
    | 'engines.trust'
    | 'engines.export'
    | 'engines.import'
    | 'engines.inspect'
    | 'engines.verification'
  > {
    const { library } = this;
    const { access, libraries } = this.#options;
    return {
      'engines.list': () => library.list(),
      'engines.remove': async ({ engineId }) => ({ engineId: await library.remove(engineId) }),
      'engines.restore': ({ engineId }) => library.restore(engineId),
      'engines.trust': ({ engineId }) => library.trust(engineId),
      'engines.export': async ({ engineId, directory }) => {
        access.check(directory);
        return { files: await library.exportTo(engineId, directory) };
      },
      'engines.import': ({ path }) => {
        access.check(path);
        return library.importFrom(path);
      },
      'engines.inspect': async ({ engineId }) =>
        inspectEngine({ library, libraries, machine: await this.#machine() }, engineId),
      'engines.verification': async ({ engineId }) => {
        const file = join(library.folderOf(await library.resolve(engineId)), engineFiles.verification);
        const text = await readFile(file, 'utf8').catch(() => null);
        return text === null ? null : engineVerificationSchema.parse(JSON.parse(text));
      },
    };
  }

  #workHandlers(): Pick<
    EngineHandlers,
    'engines.draft' | 'engines.rehearse' | 'engines.build' | 'engines.profile' | 'engines.bench' | 'engines.verify'
  > {
    const { access, jobs, libraries, models } = this.#options;
    return {
      'engines.draft': async ({ modelId, order }) => {
        const model = await models.get(modelId);
        return (await planBuild(libraries, this.library.models, model, order)).recipe;
      },
      'engines.rehearse': async ({ modelId, order }, { signal }) => rehearse(await models.get(modelId), order, signal),
      'engines.build': async ({ modelId, order }) => {
        const settled = withCalibrationPaths(order, this.#calibrationAccess());
        const model = await models.get(modelId);
        const plan = { kind: 'build', title: model.name, unit: 'steps', total: STEPS } as const;
        return { jobId: jobs.start(plan, (job) => this.#build(model, settled, job)) };
      },
      'engines.profile': async ({ engineId, runs, shape }, { signal }) =>
        profileEngine(await this.#measured(engineId), { runs, shape }, signal),
      'engines.bench': async ({ engineId, options }, { signal }) => {
        const measured = await this.#measured(engineId);
        const report = await benchEngine(measured, options, signal);
        await keepBench(measured.engine.path, report);
        return report;
      },
      'engines.verify': async ({ engineId, images, pictureIds, masks, limit }) => {
        if (images !== undefined) access.check(images);
        if (masks !== undefined) access.check(masks);
        const { modelName } = await this.library.get(engineId);
        const plan = { kind: 'verify', title: modelName, unit: 'files', total: 0 } as const;
        const pictures = pictureIds?.map((id) => this.#options.pictures.fileOf(id)) ?? null;
        const order = { images: images ?? '', pictures, masks: masks ?? null, limit: limit ?? null };
        return { jobId: jobs.start(plan, (job) => this.#verify(engineId, order, job)) };
      },
    };
  }

  #wizardHandlers(): WizardHandlers {
    const { emit, models } = this.#options;
    const { library } = this;
    const changed = async (): Promise<void> => emit('engines.changed', await library.list());
    return wizardHandlers({ ...this.#calibrationAccess(), library, models, changed });
  }

  #tuneHandlers(): TuneHandlers {
    const { jobs, models } = this.#options;
    return tuneHandlers({
      ...this.#calibrationAccess(),
      builder: this.#builder,
      jobs,
      library: this.library,
      models,
      tunings: this.#tunings,
      machine: () => this.#machine(),
      observerOf,
      steps: STEPS,
    });
  }

  #calibrationAccess(): CalibrationAccess {
    const { access, pictures, dataDirectory } = this.#options;
    return { access, pictures, calibrations: join(dataDirectory, 'calibrations') };
  }

  async #build(model: ModelSummary, order: Parameters<EngineBuilder['build']>[1], job: JobProgress): Promise<void> {
    job.result((await this.#builder.build(model, order, observerOf(job))).id);
  }

  async #verify(
    engineId: string,
    order: Pick<VerifyOrder, 'images' | 'pictures' | 'masks' | 'limit'>,
    job: JobProgress,
  ): Promise<void> {
    const usable = await this.library.use(engineId);
    const { record, folder } = usable;
    const model = await this.#modelOf(record);
    // Both see the same pixels: the reference gets the size that the engine has.
    const size = servedSize(model.preprocessing.size, record);
    const sameInput = { ...model, preprocessing: { ...model.preprocessing, size } };
    const how = { threads: 0, signal: job.signal };
    job.phase('open');
    const theirs = await this.#options.reference.open(sameInput, how);
    try {
      const mine = await this.#sessions.open(usable, model, how);
      try {
        const sides = { engine: mine, reference: theirs };
        const { worstFiles, ...outcome } = await verifyOnFolder(sides, {
          ...order,
          labels: model.labels,
          signal: job.signal,
          onPicture: (done, total, name) => {
            job.phase(name);
            job.progress(done, total);
          },
        });
        const report: EngineVerification = {
          format: 1,
          engineId: record.id,
          modelName: record.model.name,
          precision: precisionLabel(record.recipe.precision),
          at: new Date().toISOString(),
          images: order.images,
          runtime: `${runtimeName(record)} ${mine.runtimeVersion}`,
          device: mine.device,
          reference: { runtime: `ONNX Runtime ${theirs.runtimeVersion}`, precision: theirs.precision },
          ...outcome,
        };
        const verified = { record, folder, sides, worstFiles, labels: model.labels, signal: job.signal };
        await saveVerification(verified, report);
        job.result(record.id);
      } finally {
        await mine.close();
      }
    } finally {
      await theirs.close();
    }
  }

  /** The model that an engine was built from: as the library has it now, else as it was at the build. */
  async #modelOf({ model, recipe }: EngineRecord): Promise<ModelSummary> {
    const known = await this.#options.models.get(model.id).catch(() => null);
    if (known !== null && (await this.library.models.of(known.path)).sha256 === recipe.model.sha256) return known;
    if (!(await this.library.models.hasChanged(model.path, recipe.model)) && existsSync(model.path)) return model;
    throw new AppError(
      'MODEL_FILE_MISSING',
      `The network that the engine was built from is not at ${model.path} any more.`,
      {
        hint: 'Put it back, or build the engine again from where it lies now.',
        details: { path: model.path },
      },
    );
  }

  async #measured(engineId: string): Promise<Measured> {
    const { libraries, processor = {} } = this.#options;
    const engine = await this.library.get(engineId);
    const usable = await this.library.use(engine.id);
    if (engine.runtime.family === 'onnxruntime') return { kind: 'onnxruntime', engine, usable, runtime: processor };
    return { kind: 'tensorrt', engine, usable, toOpen: engineToOpen(usable, await this.#machine()), libraries };
  }

  /** A machine without the addon, a driver or TensorRT has neither devices nor runtimes. */
  async #machine(): Promise<Machine> {
    const { libraries } = this.#options;
    const [search, cuda, processor] = await Promise.all([
      libraries.search().catch(() => null),
      libraries.cuda().catch(() => null),
      ortVersion().then(
        (version) => [{ family: 'onnxruntime', version } as const],
        () => [],
      ),
    ]);
    const families = (search?.families ?? []).filter(({ usable }) => usable);
    return {
      families: [...families.map(({ family, version }) => ({ family, version })), ...processor],
      devices: cuda?.devices ?? [],
    };
  }
}

/** A build's phases and progress as those of a job. */
function observerOf(job: JobProgress): BuildObserver {
  return {
    signal: job.signal,
    phase: (phase, detail) => job.phase(detail === '' ? phase : `${phase}: ${detail}`),
    progress: (share) => job.progress(Math.round(share * STEPS)),
    timeLeft: (range) => job.timeLeft(range),
    log: (line) => job.log(line),
  };
}

/** Sessions of TensorRT tell its edition with the version. */
function runtimeName({ recipe: { runtime } }: EngineRecord): string {
  return runtime.family === 'onnxruntime' ? engineFamilyNames.onnxruntime : 'TensorRT';
}
