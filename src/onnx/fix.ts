import { AppError } from '../shared/app-error';
import { copyModel } from './copy';
import type { OnnxModel } from './model';
import { countNodes, runPass } from './pass';
import type { PassReport, Tolerance } from './pass';
import { createPass, passNames } from './passes/registry';
import type { PassSettings } from './passes/registry';
import { verifyModels } from './verify';
import type { Verdict } from './verify';
import { randomSamples, sampleSize } from './verify/samples';
import type { SampleSize } from './verify/samples';

export interface FixOptions extends PassSettings {
  /** Names of the passes to run, in order; what a SegFormer needs when left out. */
  readonly passes?: readonly string[];
  /** Compares result and original on made-up pictures. Default true. */
  readonly verify?: boolean;
  /** Size of those pictures where the model leaves it open. */
  readonly sampleSize?: Partial<SampleSize>;
  readonly signal?: AbortSignal;
  readonly onPass?: (name: string) => void;
}

export interface FixReport {
  readonly passes: readonly PassReport[];
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  /** Absent when not asked for, or when the original itself does not run: then `unverified` says why. */
  readonly verdict?: Verdict;
  readonly unverified?: string;
}

export interface FixResult {
  readonly model: OnnxModel;
  readonly report: FixReport;
}

/** Simplified first, so that patterns are found in their plain form, and last, to clear up after the others. */
const SEGFORMER = ['simplify', 'shape-reshape', 'fuse-layernorm', 'fold-decode-head', 'simplify'];

/**
 * Runs passes on a copy of the model; the original stays as it is.
 *
 * @throws PASS_UNKNOWN for a name that no pass has.
 */
export async function fixModel(original: OnnxModel, options: FixOptions = {}): Promise<FixResult> {
  const model = copyModel(original);
  const names = (options.passes ?? SEGFORMER).filter(
    (name) => name !== 'fuse-layernorm' || options.layerNorm !== 'keep',
  );
  const passes = names.map((name) => {
    const pass = createPass(name, options);
    if (pass !== undefined) return pass;
    throw new AppError('PASS_UNKNOWN', `There is no pass named ${name}.`, {
      hint: `Passes are: ${passNames().join(', ')}.`,
      details: { pass: name },
    });
  });
  const reports: PassReport[] = [];
  for (const pass of passes) {
    throwIfAborted(options.signal);
    options.onPass?.(pass.name);
    reports.push(await runPass(model, pass));
  }
  const report: FixReport = { passes: reports, nodesBefore: countNodes(original), nodesAfter: countNodes(model) };
  if (options.verify === false) return { model, report };
  options.onPass?.('verify');
  return { model, report: { ...report, ...(await prove(original, model, reports, options)) } };
}

async function prove(
  original: OnnxModel,
  model: OnnxModel,
  reports: readonly PassReport[],
  options: FixOptions,
): Promise<Pick<FixReport, 'verdict' | 'unverified'>> {
  const applied = reports.filter(({ findings }) => findings.length > 0);
  // Tolerances add up: each pass is measured against what it was given.
  const tolerance: Tolerance = { relative: applied.reduce((sum, pass) => sum + pass.tolerance.relative, 0) };
  const samples = randomSamples(1, sampleSize(original, options.sampleSize));
  try {
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    return { verdict: await verifyModels(original, model, { samples, tolerance, ...signal }) };
  } catch (error) {
    throwIfAborted(options.signal);
    return { unverified: error instanceof Error ? error.message : String(error) };
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const error = new Error('The work was cancelled.');
  error.name = 'AbortError';
  throw error;
}
