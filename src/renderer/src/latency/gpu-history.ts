import type { GpuLoad } from '../../../shared/domain/gpu-load';

/** Seconds that the small curve shows. */
export const GPU_SECONDS = 60;
const PERIOD_MS = 1000;

export interface GpuHistory {
  readonly load: GpuLoad;
  /** Utilisation of the last seconds, newest last, 0–1. */
  readonly utilisation: readonly number[];
}

/** @param device of the open session, as it names itself; on a machine with several GPUs that one is told of */
export function addLoads(
  before: GpuHistory | null,
  loads: readonly GpuLoad[] | null,
  device: string,
): GpuHistory | null {
  const load = loads?.find(({ name }) => device.includes(name)) ?? loads?.[0];
  if (load === undefined) return null;
  const past = before?.load.index === load.index ? before.utilisation : [];
  return { load, utilisation: load.utilisation === null ? past : [...past, load.utilisation].slice(-GPU_SECONDS) };
}

/** Points of a line through the utilisation, in a field of that size; newest at its right. */
export function sparkline(utilisation: readonly number[], width: number, height: number): string {
  const step = width / (GPU_SECONDS - 1);
  const start = width - (utilisation.length - 1) * step;
  return utilisation
    .map((share, index) => `${(start + index * step).toFixed(1)},${(height - share * height).toFixed(1)}`)
    .join(' ');
}

/**
 * Asks once a second, never twice at a time, until there is no GPU or it is stopped. Answers with what stops it.
 * @param isSeen false while nobody can see the figures: then nothing is asked
 */
export function followLoads(
  ask: () => Promise<readonly GpuLoad[] | null>,
  onLoads: (loads: readonly GpuLoad[] | null) => void,
  isSeen: () => boolean,
): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const round = async (): Promise<void> => {
    const loads = isSeen() ? await ask().catch(() => null) : undefined;
    if (stopped) return;
    if (loads !== undefined) onLoads(loads);
    if (loads !== null) timer = setTimeout(() => void round(), PERIOD_MS);
  };
  void round();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
