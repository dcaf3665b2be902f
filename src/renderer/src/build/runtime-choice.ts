import type { FoundRuntime, RuntimeLibrary } from '../../../shared/domain/runtime-library';
import type { BuildDraft } from './build-draft';

/** Runtimes of this machine that build engines, the one that is used first. */
export function buildersOf({ found }: RuntimeLibrary): FoundRuntime[] {
  const builders = found.filter(({ state }) => state === 'builds' || state === 'builds-only');
  const first = new Map<FoundRuntime['family'], FoundRuntime>();
  for (const runtime of [...builders].sort((a, b) => Number(b.chosen) - Number(a.chosen))) {
    if (!first.has(runtime.family)) first.set(runtime.family, runtime);
  }
  return [...first.values()];
}

/** The runtime that the draft's choice comes to; null where nothing builds, or not the one that is wanted. */
export function runtimeOf(library: RuntimeLibrary, { runtime }: Pick<BuildDraft, 'runtime'>): FoundRuntime | null {
  const builders = buildersOf(library);
  if (runtime !== 'auto') return builders.find(({ family }) => family === runtime) ?? null;
  return builders[0] ?? null;
}

/** Our plugins run under these runtimes, where they were built. */
export function hasPlugins({ addon }: RuntimeLibrary, runtime: FoundRuntime | null): boolean {
  return addon.plugins.length > 0 && runtime !== null && runtime.family !== 'tensorrt-rtx';
}
