import { join } from 'node:path';
import { AppError } from '../../shared/app-error';
import { remark } from '../../shared/remark';
import type { ModelSummary } from '../../shared/domain/model';
import type { QuantizeStep } from '../../shared/domain/quantization';
import type { SiteReport } from '../../quantization/quantize-model';
import { describeIo } from '../../onnx/describe-io';
import type { ModelIo } from '../../onnx/describe-io';
import type { OnnxModel } from '../../onnx/model';
import { openModel } from '../../onnx/model';
import { saveModel } from '../../onnx/model-write';
import type { PassReport } from '../../onnx/pass';
import { checkInput } from './build-plan';
import type { Work } from './build-work';
import { inform, tell, throwIfAborted } from './build-work';
import { quantizeStepOf } from './calibration-of-recipe';
import { engineFiles } from './engine-files';
import type { QuantizedGraph } from './quantize-graph';
import { quantizeGraph } from './quantize-graph';
import { applyWideSteps } from './recipe-graph';

export interface Rewritten {
  readonly io: ModelIo;
  readonly file: string;
  readonly reports: readonly PassReport[];
}

/**
 * The recipe's passes on a copy of the model, written beside where the engine will be. Where that file is the engine, all
 * of its weights lie in it: what lies beside it would not be covered by its hash.
 *
 * @throws AppError ENGINE_SHAPE_MISMATCH, CANCELLED, ENGINE_TOO_LARGE, ONNX_…
 */
export async function rewriteGraph(work: Work): Promise<Rewritten> {
  const { plan, model, staged, observer } = work;
  const { passes } = plan.recipe;
  const file = join(staged, engineFiles.graph);
  const graph = await openModel(model.path);
  try {
    const [from, to] = work.spans.rewrite;
    const step = quantizeStepOf(plan.recipe);
    const reports = await applyWideSteps(graph, plan.recipe, {
      signal: observer.signal,
      onStep: ({ pass }, index) => {
        observer.phase('rewrite', pass);
        observer.progress(from + ((to - from) * index) / passes.length);
      },
    });
    const quantized = step === null ? null : quantize(work, graph, step, reports);
    for (const report of reports) inform(work, passDone(report));
    if (quantized !== null) informOfSites(work, quantized.sites, plan.recipe.precision.toUpperCase());
    const result = quantized?.model ?? graph;
    const io = describeIo(result, model.output.name === '' ? undefined : outputName(result, model));
    checkInput(io.input, plan.recipe, graph.fileName);
    throwIfAborted(observer.signal);
    await save(result, file, work);
    return { io, file, reports };
  } finally {
    graph.close();
  }
}

async function save(graph: OnnxModel, file: string, { plan, model }: Work): Promise<void> {
  if (plan.target.kind === 'tensorrt') return saveModel(graph, file);
  try {
    await saveModel(graph, file, { weights: 'inline' });
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'ONNX_TOO_LARGE') throw cause;
    throw new AppError('ENGINE_TOO_LARGE', `${model.name} has more than 2 GB of weights, which one file cannot hold.`, {
      hint: 'Run the model itself on ONNX Runtime, without an engine; or build it in 8 bits, or with TensorRT.',
      cause,
      details: { model: model.id },
    });
  }
}

/** The last step: a copy of the graph in 8 bits. Why each layer is or is not goes into the engine's log. */
function quantize(work: Work, graph: OnnxModel, step: QuantizeStep, reports: PassReport[]): QuantizedGraph {
  const { calibration, observer } = work;
  if (calibration === null) throw new Error('A recipe that quantises was settled with its calibration.');
  observer.phase('rewrite', step.pass);
  const quantized = quantizeGraph(graph, step, calibration);
  reports.push(quantized.report);
  for (const { node, isQuantized, reason } of quantized.sites) {
    tell(work, 'verbose', `${node}: ${isQuantized ? step.format : 'not quantised'}. ${reason}`);
  }
  return quantized;
}

function passDone({ pass, findings: { length: found }, nodesBefore: before, nodesAfter: after }: PassReport) {
  const text = `${pass}: ${found} found, ${before} → ${after} nodes`;
  return remark('pass-done', text, { pass, found, before, after });
}

/** Why layers compute in 8 bits or do not, once for all that do for the same reason. */
function informOfSites(work: Work, sites: readonly SiteReport[], format: string): void {
  const alike = new Map<string, SiteReport[]>();
  for (const site of sites) alike.set(site.code, [...(alike.get(site.code) ?? []), site]);
  for (const [code, group] of alike) {
    const [first] = group;
    if (first === undefined) continue;
    const layers = group.length;
    const how = first.isQuantized ? `in ${format}` : `not in ${format}`;
    const text = `${layers === 1 ? 'one layer' : `${layers} layers`} ${how}: ${first.reason}`;
    inform(work, { code, message: text, details: { ...first.details, layers, format } });
  }
}

/** The model's own output where the passes have left it; else what they made of it. */
function outputName(graph: OnnxModel, model: ModelSummary): string | undefined {
  return graph.graph.outputs.some(({ name }) => name === model.output.name) ? model.output.name : undefined;
}
