import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineRecord, EngineSummary } from '../../shared/domain/engine';
import type { EngineInspection, EngineLayer } from '../../shared/domain/engine-measurement';
import { toErrorReport } from '../../shared/app-error';
import { DataType } from '../../onnx/data-type';
import { shapesOf } from '../../onnx/infer-shapes';
import { openModel } from '../../onnx/model';
import { isOp, nodeLabel } from '../../onnx/node';
import type { EngineInfo } from '../../runtimes/tensorrt/addon';
import { openPlan } from '../../runtimes/tensorrt/open-engine';
import type { TensorRtLibraries } from '../../runtimes/tensorrt/tensorrt-libraries';
import { engineFiles } from './engine-files';
import type { EngineLibrary, UsableEngine } from './engine-library';
import { engineToOpen } from './engine-to-open';
import type { Machine } from './engine-state';
import { isConversion, kernelLayersFromText } from './kernel-layers';
import { isReformat, parseLayers } from './layers';

/** Node name → whether the graph has it compute in 16 bits. */
type NodePrecisions = ReadonlyMap<string, boolean>;

/**
 * All that is known of an engine. Where it can be loaded here it is, for its memory and its layers; else what was
 * written down at the build is told, and `note` says why.
 *
 * @throws AppError ENGINE_NOT_FOUND, ENGINE_CORRUPT
 */
export async function inspectEngine(
  { library, libraries, machine }: { library: EngineLibrary; libraries: TensorRtLibraries; machine: Machine },
  idOrStart: string,
): Promise<EngineInspection> {
  const engine = await library.get(idOrStart);
  const { record, folder } = await library.read(engine.id);
  const [kept, nodes] = await Promise.all([
    readFile(join(folder, engineFiles.layers), 'utf8').catch(() => ''),
    nodePrecisions(join(folder, record.graph.file)),
  ]);
  if (engine.runtime.family === 'onnxruntime') return inspectOnProcessor(engine, { record, folder }, kept);
  const live = engine.state === 'ready' ? await openForInspection(library, libraries, engine, machine) : null;
  const information = live !== null && 'layers' in live ? live.layers : kept;
  const layers = parseLayers(information, [...nodes.keys()]) ?? [];
  const info = live !== null && 'info' in live ? live.info : null;
  const note = live !== null && 'error' in live ? live.error : layers.length === 0 ? missingLayers(engine) : '';
  return {
    engine,
    recipe: record.recipe,
    tensors: record.tensors,
    profiles: (info?.profiles ?? []).map((profile) =>
      profile.map(({ name, min, opt, max }) => ({ name, min: [...min], opt: [...opt], max: [...max] })),
    ),
    layers,
    precisions: countPrecisions(layers),
    notHonoured: notHonoured(layers, record, nodes),
    memory: { plan: record.plan.bytes, device: info?.deviceBytes ?? null, weights: info?.weightBytes ?? null },
    passes: record.passes,
    note,
  };
}

/** Kernels were told at the build, by the processor that built; there is nothing to open for. */
async function inspectOnProcessor(
  engine: EngineSummary,
  { record, folder }: UsableEngine,
  kept: string,
): Promise<EngineInspection> {
  const layers = kernelLayersFromText(kept) ?? [];
  const quantized = engine.precision === 'int8' ? await quantizedNodes(join(folder, record.graph.file)) : new Set();
  const isWide = ({ precision, nodes }: EngineLayer): boolean =>
    precision === 'fp32' && nodes.some((node) => quantized.has(node));
  return {
    engine,
    recipe: record.recipe,
    tensors: record.tensors,
    profiles: [],
    layers,
    precisions: countPrecisions(layers),
    notHonoured: layers
      .filter((layer) => isWide(layer) && !isConversion(layer))
      .map(({ name, precision, nodes }) => ({ name, precision, nodes })),
    memory: { plan: record.plan.bytes, device: null, weights: null },
    passes: record.passes,
    note: layers.length === 0 ? `${engineFiles.layers} is missing or damaged: the kernels are not known.` : '',
  };
}

/** Layers that read numbers of 8 bits by what the graph says: all of their data comes from a DequantizeLinear. */
async function quantizedNodes(path: string): Promise<Set<string>> {
  const names = new Set<string>();
  const model = await openModel(path, { weights: 'lazy' }).catch(() => null);
  if (model === null) return names;
  try {
    const { graph } = model;
    for (const node of graph.nodes) {
      const data = node.input.slice(0, 2);
      const isRead = data.every((value) => isOp(graph.producer(value), 'DequantizeLinear'));
      if (isRead && isOp(node, 'Conv', 'MatMul', 'Gemm')) names.add(nodeLabel(node));
    }
    return names;
  } finally {
    model.close();
  }
}

/** The layers of an engine by their names, as they were at the build or, without that, by name alone. */
export async function layersByName(
  { record, folder }: { record: EngineRecord; folder: string },
  live: string,
): Promise<Map<string, EngineLayer>> {
  const nodes = await nodePrecisions(join(folder, record.graph.file));
  const layers = parseLayers(live, [...nodes.keys()]) ?? [];
  return new Map(layers.map((layer) => [layer.name, layer]));
}

async function openForInspection(
  library: EngineLibrary,
  libraries: TensorRtLibraries,
  engine: EngineSummary,
  machine: Machine,
): Promise<{ info: EngineInfo; layers: string } | { error: string }> {
  try {
    const usable = await library.use(engine.id);
    const toOpen = engineToOpen(usable, machine);
    const opened = await libraries.open(toOpen.family);
    const native = await openPlan(opened.library, toOpen);
    try {
      return { info: native.info, layers: await native.layerInformation() };
    } finally {
      await native.close();
    }
  } catch (error) {
    return { error: toErrorReport(error).message };
  }
}

function missingLayers({ state, reason }: EngineSummary): string {
  const why = state === 'ready' ? 'TensorRT gave none' : reason;
  return `The layers are not known: they are read from an engine that was opened on its device. ${why}`;
}

function countPrecisions(layers: readonly EngineLayer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { precision } of layers) {
    const key = precision === '' ? 'unknown' : precision;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Layers that compute in 32 bits though all of their nodes were to compute in 16. */
function notHonoured(
  layers: readonly EngineLayer[],
  { recipe }: EngineRecord,
  nodes: NodePrecisions,
): EngineInspection['notHonoured'] {
  if (recipe.precision === 'fp32' || recipe.precision === 'tf32') return [];
  const byFlag = recipe.builder.typing === 'fp16-flag';
  return layers.flatMap((layer) => {
    const isWide = layer.precision === 'fp32' || layer.precision === 'tf32';
    if (!isWide || isReformat(layer) || layer.nodes.length === 0) return [];
    const wanted = byFlag || layer.nodes.every((node) => nodes.get(node) === true);
    return wanted ? [{ name: layer.name, precision: layer.precision, nodes: layer.nodes }] : [];
  });
}

async function nodePrecisions(path: string): Promise<NodePrecisions> {
  const precisions = new Map<string, boolean>();
  const model = await openModel(path, { weights: 'lazy' }).catch(() => null);
  if (model === null) return precisions;
  try {
    const types = shapesOf(model.graph);
    for (const node of model.graph.nodes) {
      const type = types.elementType(node.output[0]);
      precisions.set(nodeLabel(node), type === DataType.FLOAT16 || type === DataType.BFLOAT16);
    }
    return precisions;
  } finally {
    model.close();
  }
}
