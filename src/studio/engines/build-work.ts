import type { ErrorReport } from '../../shared/app-error';
import { AppError } from '../../shared/app-error';
import type { EngineTensor } from '../../shared/domain/engine';
import type { LogLine } from '../../shared/domain/job';
import { logText } from '../../shared/domain/job';
import type { ModelSummary } from '../../shared/domain/model';
import type { CalibrationRecord } from '../../quantization/calibration-record';
import type { BuildPlan } from './build-plan';

export type BuildPhase = 'queue' | 'prepare' | 'calibrate' | 'tune' | 'rewrite' | 'build' | 'keep';

/** What a build tells while it runs. */
export interface BuildObserver {
  readonly signal: AbortSignal;
  phase(phase: BuildPhase, detail: string): void;
  /** Share of the whole, 0–1. */
  progress(share: number): void;
  /** Seconds, as a range; null while unknown. */
  timeLeft(range: [number, number] | null): void;
  /** `severity: text` of the runtime, warnings and worse; what we say ourselves with its code. */
  log(line: LogLine): void;
}

/** Where the phases lie in the whole, each from and to. */
export interface BuildSpans {
  readonly calibrate: readonly [number, number];
  readonly tune: readonly [number, number];
  readonly rewrite: readonly [number, number];
  readonly build: readonly [number, number];
}

/** @param calibrates with pictures to run first; `tunes`: and with blocks to find that cannot bear 8 bits */
export function spansOf({
  calibrates,
  tunes,
  builds = true,
}: {
  calibrates: boolean;
  tunes: boolean;
  builds?: boolean;
}): BuildSpans {
  if (!builds) return { calibrate: [0.01, 0.2], tune: [0.2, 0.99], rewrite: [0.99, 0.99], build: [0.99, 0.99] };
  if (tunes) return { calibrate: [0.01, 0.2], tune: [0.2, 0.7], rewrite: [0.7, 0.73], build: [0.73, 0.97] };
  if (calibrates) return { calibrate: [0.01, 0.35], tune: [0.35, 0.35], rewrite: [0.35, 0.4], build: [0.4, 0.97] };
  return { calibrate: [0, 0], tune: [0, 0], rewrite: [0.02, 0.1], build: [0.1, 0.97] };
}

/** A build under way. */
export interface Work {
  readonly plan: BuildPlan;
  /** What the recipe's last step needs; null where it is not quantised. */
  readonly calibration: CalibrationRecord | null;
  readonly spans: BuildSpans;
  readonly model: ModelSummary;
  /** The folder that becomes the engine's. */
  readonly staged: string;
  readonly observer: BuildObserver;
  /** Seconds of a monotonic clock. */
  readonly started: number;
  readonly lines: string[];
  readonly warnings: LogLine[];
}

/** What a runtime made of the rewritten graph. */
export interface Compiled {
  /** Of the staged folder: what is opened to run the engine. */
  readonly planFile: string;
  readonly tensors: readonly EngineTensor[];
  readonly layers: number;
  /** Content of the file that describes them. */
  readonly layerInformation: string;
  readonly seconds: number;
  readonly warmCache: boolean;
}

/** Lines of a log that are kept with the engine. */
const LOG_LINES = 5000;
const MOST_WARNINGS = 100;

export function tell(
  { lines, warnings, observer }: Pick<Work, 'lines' | 'warnings' | 'observer'>,
  severity: string,
  text: string,
): void {
  const line = `${severity}: ${text.trim()}`;
  if (lines.length < LOG_LINES) lines.push(line);
  const matters = severity === 'warning' || severity === 'error' || severity === 'internal-error';
  if (matters && warnings.length < MOST_WARNINGS) warnings.push(line);
  if (severity !== 'verbose') observer.log(line);
}

/** What is worth knowing of what we do. */
export function inform({ lines, observer }: Pick<Work, 'lines' | 'observer'>, said: ErrorReport): void {
  const line = { ...said, severity: 'info' } as const;
  if (lines.length < LOG_LINES) lines.push(logText(line));
  observer.log(line);
}

/** A warning of ours. */
export function warn(
  { lines, warnings, observer }: Pick<Work, 'lines' | 'warnings' | 'observer'>,
  said: ErrorReport,
): void {
  if (lines.length < LOG_LINES) lines.push(logText(said));
  if (warnings.length < MOST_WARNINGS) warnings.push(said);
  observer.log(said);
}

/** @throws AppError CANCELLED */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The build was cancelled.');
}

export function seconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
