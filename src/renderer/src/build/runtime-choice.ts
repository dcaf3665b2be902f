import type { EngineFamily, Precision } from '../../../shared/domain/engine';
import type { GpuState, RuntimeLibrary } from '../../../shared/domain/runtime-library';
import type { BuildDraft } from './build-draft';

/** What builds engines here. */
export interface Builder {
  readonly family: EngineFamily;
  readonly version: string;
  /** Builds engines that only run elsewhere. */
  readonly buildsOnly: boolean;
}

/** Builders of this machine, TensorRT's used one first; ONNX Runtime is always among them. */
export function buildersOf({ found, embedded }: RuntimeLibrary): Builder[] {
  const builders = found.filter(({ state }) => state === 'builds' || state === 'builds-only');
  const first = new Map<EngineFamily, Builder>();
  for (const { family, version, state } of [...builders].sort((a, b) => Number(b.chosen) - Number(a.chosen))) {
    if (!first.has(family)) first.set(family, { family, version, buildsOnly: state === 'builds-only' });
  }
  const ort = embedded.find(({ id }) => id === 'onnxruntime');
  if (ort?.available === true) {
    first.set('onnxruntime', { family: 'onnxruntime', version: ort.version, buildsOnly: false });
  }
  return [...first.values()];
}

/**
 * The builder that the draft's choice comes to; null for one that is not here. As the studio does it, `auto` is TensorRT
 * where there is a GPU for it, or where cards elsewhere are named.
 */
export function runtimeOf(library: RuntimeLibrary, draft: Pick<BuildDraft, 'runtime' | 'targets'>): Builder | null {
  const builders = buildersOf(library);
  if (draft.runtime !== 'auto') return builders.find(({ family }) => family === draft.runtime) ?? null;
  const isForTensorRt = draft.targets.length > 0 || library.gpu.state === 'ready';
  return builders.find(({ family }) => (family !== 'onnxruntime') === isForTensorRt) ?? null;
}

/** Our plugins run under these runtimes, where they were built. */
export function hasPlugins({ addon }: RuntimeLibrary, runtime: Builder | null): boolean {
  if (runtime === null || runtime.family === 'onnxruntime') return false;
  return addon.plugins.length > 0 && runtime.family !== 'tensorrt-rtx';
}

/** The first GPU with units for 8-bit floats. */
const FIRST_FP8 = 89;

/** The likeliest first. FP8 only where the device, or every named target, has it. */
export function precisionsFor(
  family: EngineFamily | null,
  gpu: GpuState | null,
  targets: readonly number[],
): readonly Precision[] {
  if (family === 'onnxruntime') return ['fp32', 'int8'];
  const here = gpu?.state === 'ready' ? (gpu.devices[0]?.computeCapability ?? null) : null;
  const served = targets.length > 0 ? targets : here === null ? [] : [here];
  const hasFp8 = served.length > 0 && served.every((capability) => capability >= FIRST_FP8);
  return ['fp16', 'bf16', 'tf32', 'fp32', 'int8', ...(hasFp8 ? (['fp8'] as const) : [])];
}

/** What an order without a precision comes to. */
export function precisionOf({ precision }: Pick<BuildDraft, 'precision'>, family: EngineFamily | null): Precision {
  return precision ?? (family === 'onnxruntime' ? 'fp32' : 'fp16');
}
