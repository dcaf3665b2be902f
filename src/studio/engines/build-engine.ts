import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, isAbort } from '../../shared/app-error';
import { trialName } from '../../shared/phase-detail';
import { remark } from '../../shared/remark';
import type { BuildOrder, EngineProof, EngineRecord, EngineSummary } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { TuneOrder, Tuning } from '../../shared/domain/tuning';
import { TaskLimit } from '../task-limit';
import type { TensorRtTarget } from './build-plan';
import { planBuild } from './build-plan';
import type { BuildObserver, Compiled, Work } from './build-work';
import { inform, seconds, spansOf, throwIfAborted, warn } from './build-work';
import { compileOnnxRuntime } from './compile-onnxruntime';
import { compileTensorRt } from './compile-tensorrt';
import { proveEngine } from './prove-engine';
import { engineKey } from './recipe';
import type { Rewritten } from './rewrite-graph';
import { rewriteGraph } from './rewrite-graph';
import type { BuildParts, SettleListener } from './settle-build';
import { reachAgreement, recommendationOf, settlePlan, tuneSettled, workAhead } from './settle-build';
import { Deadline } from '../tune/deadline';
import { sayPoint } from '../tune/describe-point';
import { writeEngine } from './write-engine';

export interface EngineBuilderOptions extends BuildParts {
  /** ONNX Runtime's compiled worker thread; without it networks run in this thread. */
  readonly workerFile?: string;
  /** What new engines are shown, to compare their masks with ONNX Runtime's; none are compared when left out. */
  readonly provePictures?: readonly string[];
}

/** Makes engines of models, one at a time for each device. */
interface Made {
  readonly compiled: Compiled;
  readonly proof: EngineProof | null;
}

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
   *   DISK_FULL, and what {@link planBuild}, {@link settlePlan} and {@link reachAgreement} throw
   */
  async build(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<EngineSummary> {
    return this.#inTurn(order.device, observer, () => this.#build(model, order, observer));
  }

  async #inTurn<T>(device: number, observer: BuildObserver, work: () => Promise<T>): Promise<T> {
    let queue = this.#queues.get(device);
    if (queue === undefined) this.#queues.set(device, (queue = new TaskLimit(1)));
    observer.phase('queue', 'waiting for the build before');
    try {
      return await queue.run(work, observer.signal);
    } catch (error) {
      if (isAbort(error)) throw new AppError('CANCELLED', 'The build was cancelled.', { cause: error });
      throw error;
    }
  }

  async #build(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<EngineSummary> {
    const work = await this.#prepare(model, order, observer);
    const kept = order.fresh ? null : await this.#kept(engineKey(work.plan.recipe));
    if (kept !== null) {
      const at = kept.builtAt;
      const said = remark('engine-kept', `This very engine was built on ${at}; --fresh builds it again.`, { at });
      observer.log({ ...said, severity: 'info' });
      return kept;
    }
    throwIfAborted(observer.signal);
    return await this.#stage(work);
  }

  async #prepare(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<Omit<Work, 'staged'>> {
    const started = seconds();
    observer.phase('prepare', model.name);
    const { libraries, library } = this.#options;
    const plan = await planBuild(libraries, library.models, model, order);
    const spans = spansOf(workAhead(plan.recipe, order));
    const draft = { spans, model, observer, started, lines: [], warnings: [] };
    const listener = listenerFor(draft, 'build');
    const settled = await settlePlan(this.#options, plan, model, order, listener);
    return { ...draft, ...(await reachAgreement(this.#options, settled, model, order, listener)) };
  }

  /**
   * Finds what of a network bears 8 bits, without building an engine that is kept. Takes its turn among the builds: what is
   * built meanwhile would weigh on the times.
   *
   * @throws AppError CANCELLED (points are kept), CALIBRATION_NEEDED, and what {@link build} throws before it builds
   */
  async tune(model: ModelSummary, order: BuildOrder, tune: TuneOrder, observer: BuildObserver): Promise<Tuning> {
    return this.#inTurn(order.device, observer, async () => {
      const deadline = new Deadline(tune.maxSeconds);
      observer.phase('prepare', model.name);
      const { libraries, library } = this.#options;
      const plan = await planBuild(libraries, library.models, model, order);
      const spans = spansOf({ calibrates: true, tunes: true, builds: false });
      const listener = listenerFor({ spans, observer, lines: [], warnings: [] }, 'tuning');
      const settled = await settlePlan(this.#options, plan, model, order, listener);
      const how = { ...listener, tune, seeksSpeed: true, deadline };
      const tuning = await tuneSettled(this.#options, settled, model, order, how);
      listener.info(recommendationOf(tuning));
      observer.progress(1);
      return tuning;
    });
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
    const made = await this.#compile(work, rewritten);
    work.observer.phase('keep', engineKey(work.plan.recipe));
    const record = await writeEngine(work, { ...made, rewritten, passSeconds });
    work.observer.progress(1);
    return record;
  }

  async #compile(work: Work, rewritten: Rewritten): Promise<Made> {
    const { target } = work.plan;
    const { workerFile } = this.#options;
    if (target.kind === 'onnxruntime')
      return { compiled: await compileOnnxRuntime(work, rewritten, workerFile), proof: null };
    return this.#compileTensorRt(work, target, rewritten);
  }

  async #compileTensorRt(work: Work, target: TensorRtTarget, rewritten: Rewritten): Promise<Made> {
    const { timing, provePictures: pictures = [] } = this.#options;
    const compiled = await compileTensorRt(work, target, rewritten, timing, (isWarm) => this.#earlier(work, isWarm));
    const planPath = join(work.staged, compiled.planFile);
    const proof = await proveEngine(work, { target, timing, planPath, io: rewritten.io, pictures });
    return { compiled, proof };
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

/** What happens before a build, told as phases of it. */
function listenerFor(
  work: Pick<Work, 'spans' | 'observer' | 'lines' | 'warnings'>,
  what: 'build' | 'tuning',
): SettleListener {
  const { observer, spans } = work;
  const advance = (phase: 'calibrate' | 'tune', detail: string, share: number): void => {
    const [from, to] = spans[phase];
    observer.phase(phase, detail);
    observer.progress(from + (to - from) * Math.min(1, share));
  };
  return {
    signal: observer.signal,
    warn: (said) => warn(work, said),
    info: (said) => inform(work, said),
    onProgress: ({ done, total, picture }) => advance('calibrate', picture, done / total),
    onTrial: (point, share) => {
      if (what === 'tuning') inform(work, sayPoint(point));
      advance('tune', trialName(point), share);
    },
  };
}
