import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, isAbort } from '../../shared/app-error';
import type { BuildOrder, EngineRecord, EngineSummary } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { describeIo } from '../../onnx/describe-io';
import type { ModelIo } from '../../onnx/describe-io';
import { openModel } from '../../onnx/model';
import { saveModel } from '../../onnx/model-write';
import type { PassReport } from '../../onnx/pass';
import type { BuildEvent, BuildResult } from '../../runtimes/tensorrt/addon';
import { withRemedy } from '../../runtimes/tensorrt/native-errors';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { writeError } from '../library/json-file';
import { TaskLimit } from '../task-limit';
import { applySteps } from './apply-recipe';
import type { BuildPlan } from './build-plan';
import { buildRequest, checkInput, planBuild } from './build-plan';
import { BuildProgress, buildTimeLeft } from './build-progress';
import { sha256OfFile } from './canonical';
import { engineFiles } from './engine-files';
import type { EngineLibrary } from './engine-library';
import { engineKey } from './recipe';
import type { TimingCache } from './timing-cache';

export type BuildPhase = 'queue' | 'prepare' | 'rewrite' | 'build' | 'keep';

/** What a build tells while it runs. */
export interface BuildObserver {
  readonly signal: AbortSignal;
  phase(phase: BuildPhase, detail: string): void;
  /** Share of the whole, 0–1. */
  progress(share: number): void;
  /** Seconds, as a range; null while unknown. */
  timeLeft(range: [number, number] | null): void;
  /** `severity: text`, warnings and worse of TensorRT and what passes did. */
  log(line: string): void;
}

export interface EngineBuilderOptions {
  readonly libraries: TensorRtLibraries;
  readonly library: EngineLibrary;
  readonly timing: TimingCache;
}

/** Where the phases lie in the whole. */
const SPANS = { rewrite: [0.02, 0.1], build: [0.1, 0.97] } as const;
/** Lines of TensorRT's log that are kept with the engine. */
const LOG_LINES = 5000;

interface Work {
  readonly plan: BuildPlan;
  readonly model: ModelSummary;
  readonly staged: string;
  readonly observer: BuildObserver;
  readonly started: number;
  readonly lines: string[];
  readonly warnings: string[];
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
   *   DISK_FULL, and what {@link planBuild} throws
   */
  async build(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<EngineSummary> {
    let queue = this.#queues.get(order.device);
    if (queue === undefined) this.#queues.set(order.device, (queue = new TaskLimit(1)));
    observer.phase('queue', 'waiting for the build before');
    return queue.run(() => this.#build(model, order, observer), observer.signal);
  }

  async #build(model: ModelSummary, order: BuildOrder, observer: BuildObserver): Promise<EngineSummary> {
    const started = seconds();
    observer.phase('prepare', model.name);
    const { libraries, library } = this.#options;
    const plan = await planBuild(libraries, library.models, model, order);
    const kept = order.fresh ? null : await this.#kept(engineKey(plan.recipe));
    if (kept !== null) {
      observer.log(`info: This very engine was built on ${kept.builtAt}; --fresh builds it again.`);
      return kept;
    }
    throwIfAborted(observer.signal);
    const staged = await library.stage();
    const work: Work = { plan, model, staged, observer, started, lines: [], warnings: [] };
    try {
      const record = await this.#make(work);
      throwIfAborted(observer.signal);
      return await library.place(staged, record, 'built');
    } catch (error) {
      if (isAbort(error)) throw new AppError('CANCELLED', 'The build was cancelled.', { cause: error });
      throw error;
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
    const { plan, staged } = work;
    const rewritten = await rewrite(work);
    const passSeconds = seconds() - work.started;
    const { recipe } = plan;
    const warn = (text: string): void => tell(work, 'warning', text);
    const cache = await this.#options.timing.read(recipe.runtime, recipe.device, warn);
    const result = await this.#compile(work, rewritten, cache);
    await this.#options.timing.write(recipe.runtime, recipe.device, result.timingCache, warn);
    work.observer.phase('keep', engineKey(recipe));
    const record = await describe(work, { rewritten, result, passSeconds, warmCache: cache !== null });
    await writeParts(staged, record, result.layerInformation, work.lines);
    work.observer.progress(1);
    return record;
  }

  async #compile(work: Work, { io, file }: Rewritten, cache: Uint8Array | null): Promise<BuildResult> {
    const { plan, staged, observer } = work;
    const { library } = plan.family;
    observer.phase('build', `${library.family} ${library.version}`);
    const request = buildRequest(plan, { graph: file, plan: join(staged, engineFiles.plan) }, io.input, cache);
    const earlier = await this.#earlier(work, cache !== null);
    const progress = new BuildProgress();
    const begun = seconds();
    const onEvent = (event: BuildEvent): void => {
      if (event.kind === 'log') return tell(work, event.severity, event.text);
      progress.add(event);
      if (event.kind === 'phase') observer.phase('build', event.phase);
      const [from, to] = SPANS.build;
      observer.progress(from + (to - from) * progress.share);
      observer.timeLeft(buildTimeLeft(progress.share, seconds() - begun, earlier));
    };
    return withRemedy(basename(work.model.path), () => library.build(request, onEvent, observer.signal));
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

interface Rewritten {
  readonly io: ModelIo;
  readonly file: string;
  readonly reports: readonly PassReport[];
}

/** The recipe's passes on a copy of the model, written beside where the engine will be. */
async function rewrite(work: Work): Promise<Rewritten> {
  const { plan, model, staged, observer } = work;
  const { passes } = plan.recipe;
  const file = join(staged, engineFiles.graph);
  const graph = await openModel(model.path);
  try {
    const [from, to] = SPANS.rewrite;
    const reports = await applySteps(graph, passes, {
      signal: observer.signal,
      onStep: ({ pass }, index) => {
        observer.phase('rewrite', pass);
        observer.progress(from + ((to - from) * index) / passes.length);
      },
    });
    for (const report of reports) {
      const { pass, findings, nodesBefore, nodesAfter } = report;
      tell(work, 'info', `${pass}: ${findings.length} found, ${nodesBefore} → ${nodesAfter} nodes`);
    }
    const io = describeIo(graph, model.output.name === '' ? undefined : outputName(graph, model));
    checkInput(io.input, plan.recipe, graph.fileName);
    throwIfAborted(observer.signal);
    await saveModel(graph, file);
    return { io, file, reports };
  } finally {
    graph.close();
  }
}

/** The model's own output where the passes have left it; else what they made of it. */
function outputName(graph: Awaited<ReturnType<typeof openModel>>, model: ModelSummary): string | undefined {
  return graph.graph.outputs.some(({ name }) => name === model.output.name) ? model.output.name : undefined;
}

interface Made {
  readonly rewritten: Rewritten;
  readonly result: BuildResult;
  readonly passSeconds: number;
  readonly warmCache: boolean;
}

async function describe(work: Work, { rewritten, result, passSeconds, warmCache }: Made): Promise<EngineRecord> {
  const { plan, model, staged } = work;
  const part = async (file: string): Promise<EngineRecord['plan']> => {
    const path = join(staged, file);
    return { file, bytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
  };
  return {
    format: 1,
    id: engineKey(plan.recipe),
    builtAt: new Date().toISOString(),
    recipe: plan.recipe,
    model,
    input: rewritten.io.input,
    output: { ...rewritten.io.output, classes: rewritten.io.output.classes ?? model.output.classes },
    tensors: result.tensors.map((tensor) => ({ ...tensor, dims: [...tensor.dims] })),
    plan: await part(engineFiles.plan),
    graph: await part(engineFiles.graph),
    layers: result.layers,
    passes: rewritten.reports.map(({ pass, findings, nodesBefore, nodesAfter, milliseconds }) => {
      return { pass, findings: findings.length, nodesBefore, nodesAfter, milliseconds };
    }),
    times: { passes: passSeconds, build: result.seconds, total: seconds() - work.started },
    warmCache,
    warnings: [...new Set(work.warnings)],
  };
}

/** The record comes last: a folder without it is no engine. */
async function writeParts(
  staged: string,
  record: EngineRecord,
  layerInformation: string,
  lines: readonly string[],
): Promise<void> {
  const write = async (name: string, content: string): Promise<void> => {
    const path = join(staged, name);
    await writeFile(path, content).catch((error: unknown) => {
      throw writeError(error, path);
    });
  };
  await write(engineFiles.layers, layerInformation);
  await write(engineFiles.log, `${lines.join('\n')}\n`);
  await write(engineFiles.recipe, `${JSON.stringify(record.recipe, null, 2)}\n`);
  await write(engineFiles.record, `${JSON.stringify(record, null, 2)}\n`);
}

function tell({ lines, warnings, observer }: Work, severity: string, text: string): void {
  const line = `${severity}: ${text.trim()}`;
  if (lines.length < LOG_LINES) lines.push(line);
  const matters = severity === 'warning' || severity === 'error' || severity === 'internal-error';
  if (matters && warnings.length < 100) warnings.push(line);
  if (severity !== 'verbose') observer.log(line);
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The build was cancelled.');
}

function seconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
