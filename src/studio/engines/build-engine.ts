import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, isAbort } from '../../shared/app-error';
import type { BuildOrder, EngineRecord, EngineSummary } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { TaskLimit } from '../task-limit';
import { planBuild } from './build-plan';
import type { BuildObserver, Compiled, Work } from './build-work';
import { seconds, spansOf, tell, throwIfAborted } from './build-work';
import { namesPictures, quantizeStepOf, settleCalibration } from './calibration-of-recipe';
import { compileOnnxRuntime } from './compile-onnxruntime';
import { compileTensorRt } from './compile-tensorrt';
import { engineFiles } from './engine-files';
import type { EngineLibrary } from './engine-library';
import { engineKey } from './recipe';
import type { Rewritten } from './rewrite-graph';
import { rewriteGraph } from './rewrite-graph';
import type { TimingCache } from './timing-cache';
import { tuneToTarget } from './tune-to-target';
import { writeEngine } from './write-engine';

export interface EngineBuilderOptions {
  readonly libraries: TensorRtLibraries;
  readonly library: EngineLibrary;
  readonly timing: TimingCache;
  /** The studio's calibrations for 8 bits, one file for each. */
  readonly calibrations: string;
  /** ONNX Runtime's compiled worker thread; without it networks run in this thread. */
  readonly workerFile?: string;
  /** Of the processor, for calibrating; ONNX Runtime decides when left out. */
  readonly threads?: number;
}

/** Makes engines of models, one at a time for each device. */
export class EngineBuilder {
  readonly #options: EngineBuilderOptions;
  readonly #queues = new Map<number, TaskLimit>();

  constructor(options: EngineBuilderOptions) {
    this.#options = options;
  }

  /**
   * Builds, or answers with the engine that is there already. Nothing but a whole engine is ever left behind.
   *
   * @throws AppError CANCELLED within two seconds of the signal, ENGINE_BUILD_FAILED, ONNX_PARSE_FAILED, OUT_OF_DEVICE_MEMORY,
   *   DISK_FULL, and what {@link planBuild} and {@link settleCalibration} throw
   */
  async build(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<EngineSummary> {
    let queue = this.#queues.get(order.device);
    if (queue === undefined) this.#queues.set(order.device, (queue = new TaskLimit(1)));
    observer.phase('queue', 'waiting for the build before');
    return queue.run(() => this.#build(model, order, observer), observer.signal);
  }

  async #build(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<EngineSummary> {
    try {
      const work = await this.#prepare(model, order, observer);
      const kept = order.fresh ? null : await this.#kept(engineKey(work.plan.recipe));
      if (kept !== null) {
        observer.log(`info: This very engine was built on ${kept.builtAt}; --fresh builds it again.`);
        return kept;
      }
      throwIfAborted(observer.signal);
      return await this.#stage(work);
    } catch (error) {
      if (isAbort(error)) throw new AppError('CANCELLED', 'The build was cancelled.', { cause: error });
      throw error;
    }
  }

  /** Settles the recipe. What calibrating found is kept even when the build is given up after it. */
  async #prepare(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<Omit<Work, 'staged'>> {
    const started = seconds();
    observer.phase('prepare', model.name);
    const { libraries, library, calibrations, threads } = this.#options;
    const plan = await planBuild(libraries, library.models, model, order);
    const calibrates = quantizeStepOf(plan.recipe) !== null && namesPictures(order);
    const tunes = calibrates && order.targetAgreement !== undefined && order.recipe === undefined;
    const spans = spansOf({ calibrates, tunes });
    const draft = { plan, calibration: null, spans, model, observer, started, lines: [], warnings: [] };
    const advance = (phase: 'calibrate' | 'tune', detail: string, share: number): void => {
      const [from, to] = spans[phase];
      observer.phase(phase, detail);
      observer.progress(from + (to - from) * share);
    };
    const place = {
      directory: calibrations,
      ...(threads === undefined ? {} : { threads }),
      signal: observer.signal,
      warn: (text: string) => tell(draft, 'warning', text),
      info: (text: string) => tell(draft, 'info', text),
    };
    const settled = await settleCalibration(plan.recipe, model, order, {
      ...place,
      ofEngines: (hash) => this.#calibrationsOf(hash),
      onProgress: ({ done, total, picture }) => advance('calibrate', picture, done / total),
    });
    const recipe = await tuneToTarget(settled.recipe, model, order, {
      ...place,
      onTrial: (text, done, most) => advance('tune', text, Math.min(1, done / most)),
    });
    return { ...draft, plan: { ...plan, recipe }, calibration: settled.calibration };
  }

  async #calibrationsOf(hash: string): Promise<string[]> {
    const { library } = this.#options;
    const files: string[] = [];
    for (const { id } of await library.list()) {
      const { record, folder } = await library.read(id);
      if (quantizeStepOf(record.recipe)?.statistics === hash) files.push(join(folder, engineFiles.calibration));
    }
    return files;
  }

  async #stage(draft: Omit<Work, 'staged'>): Promise<EngineSummary> {
    const { library } = this.#options;
    const staged = await library.stage();
    try {
      const work: Work = { ...draft, staged };
      const record = await this.#make(work);
      throwIfAborted(work.observer.signal);
      return await library.place(staged, record, 'built');
    } finally {
      await rm(staged, { recursive: true, force: true });
    }
  }

  async #kept(id: string): Promise<EngineSummary | null> {
    const engine = await this.#options.library.get(id).catch((error: unknown) => {
      if (error instanceof AppError) return null;
      throw error;
    });
    // One that was built for another machine, or ahead of time, is still this very engine.
    return engine !== null && (engine.state === 'ready' || engine.state === 'foreign') ? engine : null;
  }

  async #make(work: Work): Promise<EngineRecord> {
    const rewritten = await rewriteGraph(work);
    const passSeconds = seconds() - work.started;
    const compiled = await this.#compile(work, rewritten);
    work.observer.phase('keep', engineKey(work.plan.recipe));
    const record = await writeEngine(work, { rewritten, compiled, passSeconds });
    work.observer.progress(1);
    return record;
  }

  #compile(work: Work, rewritten: Rewritten): Promise<Compiled> {
    const { target } = work.plan;
    const { timing, workerFile } = this.#options;
    if (target.kind === 'onnxruntime') return compileOnnxRuntime(work, rewritten, workerFile);
    return compileTensorRt(work, target, rewritten, timing, (isWarm) => this.#earlier(work, isWarm));
  }

  /** Seconds that builds of the same model took with the same effort, on the same device. */
  async #earlier({ plan, model }: Work, warmCache: boolean): Promise<number[]> {
    const { recipe } = plan;
    const times: number[] = [];
    for (const engine of await this.#options.library.list()) {
      const { record } = await this.#options.library.read(engine.id);
      const same =
        record.model.id === model.id &&
        record.warmCache === warmCache &&
        record.recipe.runtime.family === recipe.runtime.family &&
        record.recipe.builder.level === recipe.builder.level &&
        JSON.stringify(record.recipe.device) === JSON.stringify(recipe.device);
      if (same) times.push(record.times.build);
    }
    return times.slice(0, 5);
  }
}
