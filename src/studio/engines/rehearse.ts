import { AppError, isAbort } from '../../shared/app-error';
import type { BuildOrder, GraphPicture, PassStep, Recipe, Rehearsal } from '../../shared/domain/engine';
import type { ModelSummary } from '../../shared/domain/model';
import { copyModel } from '../../onnx/copy';
import type { GraphPicture as DrawnPicture, GraphSnapshot } from '../../onnx/draw/finding-picture';
import { drawFinding, takeSnapshot } from '../../onnx/draw/finding-picture';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import type { FindingReport } from '../../onnx/pass';
import { countNodes } from '../../onnx/pass';
import { verifyModels } from '../../onnx/verify';
import { randomSamples, sampleSize } from '../../onnx/verify/samples';
import { applySteps } from './apply-recipe';
import { namedNorms } from './build-plan';
import { draftRecipe, NARROWING } from './recipe';

/** Of each pass this many findings are told; the rest is counted. */
const MOST_FINDINGS = 20;
/** What another order of the same sums may move; passes that are exact in theory stay below it. */
const TOLERANCE = { relative: 1e-3 };
/** Made-up pictures that both graphs run on. */
const SAMPLES = 1;

/**
 * Carries out an order's passes on a copy of the network, short of those that narrow its numbers, says what each found,
 * and runs both on ONNX Runtime. Needs neither TensorRT nor a GPU.
 *
 * @throws AppError ONNX_…, LAYERNORM_UNKNOWN, RECIPE_CONTRADICTORY, CANCELLED
 */
export async function rehearse(model: ModelSummary, order: BuildOrder, signal: AbortSignal): Promise<Rehearsal> {
  const steps = await stepsOf(model, order);
  const original = await openModel(model.path);
  try {
    const rewritten = copyModel(original);
    const nodesBefore = countNodes(original);
    const snapshots: GraphSnapshot[] = [];
    const reports = await applySteps(rewritten, steps, {
      signal,
      onStep: () => snapshots.push(takeSnapshot(rewritten.graph)),
    });
    snapshots.push(takeSnapshot(rewritten.graph));
    return {
      nodesBefore,
      nodesAfter: countNodes(rewritten),
      steps: reports.map(({ pass, findings, nodesBefore: before, nodesAfter: after }, index) => ({
        pass,
        count: findings.length,
        findings: findings.slice(0, MOST_FINDINGS).map(({ nodes, details, ...finding }) => ({
          ...finding,
          details: { ...details },
          nodes: nodes.slice(0, 4),
        })),
        nodesBefore: before,
        nodesAfter: after,
        picture: pictureOf(findings[0], snapshots[index], snapshots[index + 1]),
      })),
      check: await check({ original, rewritten, steps, model, signal }),
    };
  } finally {
    original.close();
  }
}

function pictureOf(
  finding: FindingReport | undefined,
  before: GraphSnapshot | undefined,
  after: GraphSnapshot | undefined,
): Rehearsal['steps'][number]['picture'] {
  if (finding === undefined || before === undefined || after === undefined) return null;
  const drawn = drawFinding(finding.nodes, before, after);
  return drawn === null ? null : { before: plain(drawn.before), after: plain(drawn.after) };
}

function plain({ nodes, edges, ...size }: DrawnPicture): GraphPicture {
  return { ...size, nodes: [...nodes], edges: edges.map((points) => [...points]) };
}

/**
 * The recipe that an order comes to whatever this machine has. Passes and shapes follow from the order and the model alone;
 * the model's content, runtime, device and which layers compute in 8 bits stand open and must not be read.
 *
 * @throws AppError LAYERNORM_UNKNOWN, RECIPE_CONTRADICTORY
 */
export async function draftAnywhere(model: ModelSummary, order: BuildOrder): Promise<Recipe> {
  const pluginValues = order.pluginOnly === undefined ? undefined : await namedNorms(model.path, order.pluginOnly);
  const identity: Recipe['model'] = { sha256: '0'.repeat(64), weights: [], name: model.name };
  const family = order.runtime === 'auto' ? 'tensorrt-rtx' : order.runtime;
  return draftRecipe(order, {
    model,
    identity,
    runtime: { family, version: '' },
    device: { kind: 'anywhere' },
    pluginValues,
    pluginFiles: [],
  });
}

async function stepsOf(model: ModelSummary, order: BuildOrder): Promise<PassStep[]> {
  const { passes } = await draftAnywhere(model, order);
  return passes.filter(({ pass }) => !NARROWING.has(pass));
}

interface Compared {
  readonly original: OnnxModel;
  readonly rewritten: OnnxModel;
  readonly steps: readonly PassStep[];
  readonly model: ModelSummary;
  readonly signal: AbortSignal;
}

async function check({ original, rewritten, steps, model, signal }: Compared): Promise<Rehearsal['check']> {
  if (steps.some(usesPlugin)) return { outcome: 'plugins' };
  try {
    const { mean, std, scale, channelOrder } = model.preprocessing;
    const verdict = await verifyModels(original, rewritten, {
      samples: randomSamples(SAMPLES, sampleSize(original, sampleSize(rewritten, sizeOf(steps)))),
      form: { mean, std, scale, channelOrder },
      tolerance: TOLERANCE,
      signal,
    });
    if (verdict.outputs.some(({ difference }) => difference?.finite === 0)) throw noFiniteNumber(model);
    const differences = verdict.outputs.flatMap(({ difference }) =>
      difference === undefined ? [] : [difference.maxRelative],
    );
    return {
      outcome: verdict.isEqual ? 'same' : 'differs',
      pixelAgreement: verdict.pixelAgreement ?? null,
      relativeDifference: differences.length === 0 ? null : Math.max(...differences),
    };
  } catch (error) {
    if (isAbort(error)) throw error;
    if (!(error instanceof AppError)) throw error;
    return { outcome: 'not-run', code: error.code, reason: error.message };
  }
}

/** Nothing is equal to nothing: that says little of what was rewritten. */
function noFiniteNumber({ name }: ModelSummary): AppError {
  return new AppError('MODEL_OUTPUT_NOT_FINITE', `${name} computes no finite number on a made-up picture.`, {
    hint: 'Check the preprocessing, or export the network again.',
    details: { model: name },
  });
}

function usesPlugin(step: PassStep): boolean {
  if (step.pass === 'fuse-layernorm') return step.form === 'plugin';
  return step.pass === 'fuse-decode-head' || step.pass === 'fuse-mixffn';
}

/** A network that takes any size is tried at a small one. */
function sizeOf(steps: readonly PassStep[]): { width: number; height: number } {
  const fixed = steps.flatMap((step) => (step.pass === 'set-shapes' ? [step] : []))[0];
  return { width: fixed?.width ?? 256, height: fixed?.height ?? 256 };
}
