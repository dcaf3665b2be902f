import { AppError } from '../shared/app-error';
import type { ModelInput } from '../shared/domain/model';
import { copyModel } from './copy';
import { DataType, isFloatType } from './data-type';
import type { OnnxModel } from './model';
import { countNodes, runPass } from './pass';
import type { Pass, PassReport, Tolerance } from './pass';
import { makeDynamic } from './passes/make-dynamic';
import { createPass, passNames } from './passes/registry';
import type { PassSettings } from './passes/registry';
import type { SetShapesOptions } from './passes/set-shapes';
import { elementCount, tensorDims } from './tensor';
import { verifyModels } from './verify';
import type { Verdict } from './verify';
import { imageInputOf, randomSamples, sampleSize } from './verify/samples';
import type { SampleSize } from './verify/samples';

export interface FixOptions extends Omit<PassSettings, 'sizes'> {
  /** What the result shall take: pictures of any size, or of one; as the model does when left out. */
  readonly target?: 'dynamic' | SetShapesOptions;
  /** Names of the passes to run, in order; what a SegFormer needs when left out. */
  readonly passes?: readonly string[];
  /** Compares result and original on made-up pictures. Default true. */
  readonly verify?: boolean;
  /** Size of those pictures where the model leaves it open; 256 x 320 when left out. */
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

/** Where numbers have 11 bits, the order of a sum alone moves logits by some thousandths. */
const HALF_TOLERANCE = 2e-2;

/** Where the size is open: not square, so that no mix-up of height and width goes unseen. */
const PROOF_SIZE = { height: 256, width: 320 } as const;

/** Simplified first, so that patterns are found in their plain form, and last, to clear up after the others. */
const SEGFORMER = ['simplify', 'shape-reshape', 'fuse-layernorm', 'fold-decode-head', 'simplify'];

/** What a SegFormer needs to take such pictures, and to be buildable and fast. */
function presetFor(model: OnnxModel, target: FixOptions['target']): string[] {
  // Sizes that an export froze are easiest to explain in the graph as it was exported.
  if (target === undefined) return ['dynamic-flatten', ...SEGFORMER];
  if (target === 'dynamic') return ['make-dynamic', ...SEGFORMER];
  const opens = contradicts(imageInputOf(model), target) ? 'make-dynamic' : 'dynamic-flatten';
  return [opens, 'set-shapes', ...SEGFORMER];
}

/** True when the model is fixed to other sizes. */
function contradicts(input: ModelInput | undefined, target: SetShapesOptions): boolean {
  const sizes = [
    [input?.batch, target.batch],
    [input?.height, target.height],
    [input?.width, target.width],
  ];
  return sizes.some(([has, wants]) => typeof has === 'number' && wants !== undefined && has !== wants);
}

/**
 * Runs passes on a copy of the model; the original stays as it is.
 *
 * @throws PASS_UNKNOWN for a name that no pass has.
 */
export async function fixModel(original: OnnxModel, options: FixOptions = {}): Promise<FixResult> {
  const model = copyModel(original);
  const { target } = options;
  const settings: PassSettings = typeof target === 'object' ? { ...options, sizes: target } : options;
  const names = options.passes ?? presetFor(original, target);
  const keepsNorms = options.layerNorm === 'keep';
  const passes = names.filter((name) => name !== 'fuse-layernorm' || !keepsNorms).map((name) => known(name, settings));
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

function known(name: string, settings: PassSettings): Pass {
  const pass = createPass(name, settings);
  if (pass !== undefined) return pass;
  throw new AppError('PASS_UNKNOWN', `There is no pass named ${name}.`, {
    hint: `Passes are: ${passNames().join(', ')}.`,
    details: { pass: name },
  });
}

async function prove(
  original: OnnxModel,
  model: OnnxModel,
  reports: readonly PassReport[],
  options: FixOptions,
): Promise<Pick<FixReport, 'verdict' | 'unverified'>> {
  const applied = reports.filter(({ findings }) => findings.length > 0);
  // Tolerances add up: each pass is measured against what it was given.
  const stated = applied.reduce((sum, pass) => sum + pass.tolerance.relative, 0);
  const isHalf = [original, model].some(computesInHalf);
  const tolerance: Tolerance = { relative: isHalf ? Math.max(stated, HALF_TOLERANCE) : stated };
  const compare = (reference: OnnxModel, other: OnnxModel): Promise<Verdict> => {
    const size = sampleSize(other, sampleSize(reference, options.sampleSize ?? PROOF_SIZE));
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    return verifyModels(reference, other, { samples: randomSamples(1, size), tolerance, ...signal });
  };
  try {
    const { target } = options;
    if (typeof target !== 'object' || !contradicts(imageInputOf(original), target)) {
      return { verdict: await compare(original, model) };
    }
    // No picture fits both. The original opened for any size stands between: equal to each at the size of each.
    const opened = copyModel(original);
    await runPass(opened, makeDynamic);
    const first = await compare(original, opened);
    return { verdict: first.isEqual ? await compare(opened, model) : first };
  } catch (error) {
    throwIfAborted(options.signal);
    return { unverified: error instanceof Error ? error.message : String(error) };
  }
}

/** True when most weights are 16-bit floats. */
function computesInHalf({ graph }: OnnxModel): boolean {
  let [half, all] = [0, 0];
  for (const tensor of graph.initializers.values()) {
    if (!isFloatType(tensor.dataType)) continue;
    const count = elementCount(tensorDims(tensor));
    all += count;
    if (tensor.dataType === DataType.FLOAT16 || tensor.dataType === DataType.BFLOAT16) half += count;
  }
  return half > all / 2;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const error = new Error('The work was cancelled.');
  error.name = 'AbortError';
  throw error;
}
