import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, isAbort } from '../../shared/app-error';
import type { BuildOrder, EngineRecord, EngineSummary } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import type { QuantizeStep } from '../../shared/domain/quantization';
import { describeIo } from '../../onnx/describe-io';
import type { ModelIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import { saveModel } from '../../onnx/model-write';
import type { PassReport } from '../../onnx/pass';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import { calibrationToText } from '../../quantization/calibration-record';
import type { BuildEvent, BuildResult } from '../../runtimes/tensorrt/addon';
import { withRemedy } from '../../runtimes/tensorrt/native-errors';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { writeError } from '../library/json-file';
import { TaskLimit } from '../task-limit';
import { applySteps } from './apply-recipe';
import type { BuildPlan } from './build-plan';
import { buildRequest, checkInput, planBuild } from './build-plan';
import { BuildProgress, buildTimeLeft } from './build-progress';
import { namesPictures, quantizeStepOf, settleCalibration } from './calibration-of-recipe';
import { sha256OfFile } from './canonical';
import { engineFiles } from './engine-files';
import type { EngineLibrary } from './engine-library';
import { quantizeGraph } from './quantize-graph';
import { engineKey } from './recipe';
import type { TimingCache } from './timing-cache';

export type BuildPhase = 'queue' | 'prepare' | 'calibrate' | 'rewrite' | 'build' | 'keep';

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
  /** The studio's calibrations for 8 bits, one file for each. */
  readonly calibrations: string;
}

/** Where the phases lie in the whole. */
const SPANS = { calibrate: [0, 0], rewrite: [0.02, 0.1], build: [0.1, 0.97] } as const;
/** With pictures to run first. */
const CALIBRATING_SPANS = { calibrate: [0.01, 0.35], rewrite: [0.35, 0.4], build: [0.4, 0.97] } as const;
/** Lines of TensorRT's log that are kept with the engine. */
const LOG_LINES = 5000;

interface Work {
  readonly plan: BuildPlan;
  /** What the recipe's last step needs; null where it is not quantised. */
  readonly calibration: CalibrationRecord | null;
  readonly spans: typeof SPANS | typeof CALIBRATING_SPANS;
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
    const { libraries, library, calibrations } = this.#options;
    const plan = await planBuild(libraries, library.models, model, order);
    const calibrates = quantizeStepOf(plan.recipe) !== null && namesPictures(order);
    const spans = calibrates ? CALIBRATING_SPANS : SPANS;
    const draft = { plan, calibration: null, spans, model, observer, started, lines: [], warnings: [] };
    const { recipe, calibration } = await settleCalibration(plan.recipe, model, order, {
      directory: calibrations,
      ofEngines: (hash) => this.#calibrationsOf(hash),
      signal: observer.signal,
      onProgress: ({ done, total, picture }) => {
        const [from, to] = spans.calibrate;
        observer.phase('calibrate', picture);
        observer.progress(from + ((to - from) * done) / total);
      },
      warn: (text) => tell(draft, 'warning', text),
    });
    return { ...draft, plan: { ...plan, recipe }, calibration };
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
    const { plan } = work;
    const rewritten = await rewrite(work);
    const passSeconds = seconds() - work.started;
    const { recipe } = plan;
    const warn = (text: string): void => tell(work, 'warning', text);
    const cache = await this.#options.timing.read(recipe.runtime, recipe.device, warn);
    const result = await this.#compile(work, rewritten, cache);
    await this.#options.timing.write(recipe.runtime, recipe.device, result.timingCache, warn);
    work.observer.phase('keep', engineKey(recipe));
    const record = await describe(work, { rewritten, result, passSeconds, warmCache: cache !== null });
    await writeParts(work, record, result.layerInformation);
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
      const [from, to] = work.spans.build;
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
    const [from, to] = work.spans.rewrite;
    const step = quantizeStepOf(plan.recipe);
    const reports = await applySteps(graph, step === null ? passes : passes.slice(0, -1), {
      signal: observer.signal,
      onStep: ({ pass }, index) => {
        observer.phase('rewrite', pass);
        observer.progress(from + ((to - from) * index) / passes.length);
      },
    });
    const result = step === null ? graph : quantize(work, graph, step, reports);
    for (const report of reports) {
      const { pass, findings, nodesBefore, nodesAfter } = report;
      tell(work, 'info', `${pass}: ${findings.length} found, ${nodesBefore} → ${nodesAfter} nodes`);
    }
    const io = describeIo(result, model.output.name === '' ? undefined : outputName(result, model));
    checkInput(io.input, plan.recipe, graph.fileName);
    throwIfAborted(observer.signal);
    await saveModel(result, file);
    return { io, file, reports };
  } finally {
    graph.close();
  }
}

/** The last step: a copy of the graph in 8 bits. Why each layer is or is not goes into the engine's log. */
function quantize(work: Work, graph: OnnxModel, step: QuantizeStep, reports: PassReport[]): OnnxModel {
  const { calibration, observer } = work;
  if (calibration === null) throw new Error('A recipe that quantises was settled with its calibration.');
  observer.phase('rewrite', step.pass);
  const { model, report, sites } = quantizeGraph(graph, step, calibration);
  reports.push(report);
  for (const { node, isQuantized, reason } of sites) {
    tell(work, 'verbose', `${node}: ${isQuantized ? step.format : 'not quantised'}. ${reason}`);
  }
  return model;
}

/** The model's own output where the passes have left it; else what they made of it. */
function outputName(graph: OnnxModel, model: ModelSummary): string | undefined {
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
  { staged, lines, calibration }: Work,
  record: EngineRecord,
  layerInformation: string,
): Promise<void> {
  const write = async (name: string, content: string): Promise<void> => {
    const path = join(staged, name);
    await writeFile(path, content).catch((error: unknown) => {
      throw writeError(error, path);
    });
  };
  await write(engineFiles.layers, layerInformation);
  if (calibration !== null) await write(engineFiles.calibration, calibrationToText(calibration));
  await write(engineFiles.log, `${lines.join('\n')}\n`);
  await write(engineFiles.recipe, `${JSON.stringify(record.recipe, null, 2)}\n`);
  await write(engineFiles.record, `${JSON.stringify(record, null, 2)}\n`);
}

function tell(
  { lines, warnings, observer }: Pick<Work, 'lines' | 'warnings' | 'observer'>,
  severity: string,
  text: string,
): void {
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
