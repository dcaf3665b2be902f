/** Where the time of one frame went, milliseconds. */
export interface StageTimes {
  /** Reading and decoding: waiting for pixels. */
  readonly decode: number;
  /** Waiting for the engine to finish with the frames before. */
  readonly wait: number;
  /** Colour conversion, resizing, normalising. */
  readonly pre: number;
  /** On the way to the engine and back, and to a device and back. */
  readonly transfer: number;
  readonly infer: number;
  readonly post: number;
  /** Of the window's main thread: upload and drawing. */
  readonly draw: number;
}

export type Stage = keyof StageTimes;
/** In the order in which a frame passes them. */
export const stages: readonly Stage[] = ['decode', 'wait', 'pre', 'transfer', 'infer', 'post', 'draw'];

/** What a graphics card said while a frame was made; each null where it does not say. */
export interface DeviceLoad {
  /** 0–1. */
  readonly utilisation: number | null;
  readonly clockMhz: number | null;
  readonly celsius: number | null;
  readonly memoryBytes: number | null;
}

export interface LatencySample {
  /** Number of the frame, or of the picture on the strip. */
  readonly frame: number;
  /** Item of the film strip that it belongs to. */
  readonly pictureId: string;
  /** When it was drawn: milliseconds of the window's clock. */
  readonly at: number;
  readonly stages: StageTimes;
  /** One of the first after the engine was opened: shown apart, counted nowhere. */
  readonly warmUp: boolean;
  readonly device: DeviceLoad | null;
}

export interface LatencySummary {
  /** Samples that count: without warm-up. */
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Medians of each stage. */
  readonly stages: StageTimes;
  /** Frames drawn in a second, over the last two or the last five frames; 0 when it has stopped. */
  readonly framesPerSecond: number;
}

export function totalOf({ stages: times }: LatencySample): number {
  return stages.reduce((sum, stage) => sum + times[stage], 0);
}

/** The value below or at which a share of the values lies (nearest rank); 0 for none. `sorted` ascending. */
export function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? 0;
}

const RATE_WINDOW_MS = 2000;
/** A slow engine draws fewer than this in the window: its last ones count then. */
const RATE_FRAMES = 5;

/** @param now milliseconds, of the clock that `at` was read from */
export function summarise(samples: readonly LatencySample[], now: number): LatencySummary {
  const counted = samples.filter(({ warmUp }) => !warmUp);
  const totals = counted.map(totalOf).sort((a, b) => a - b);
  const medians = Object.fromEntries(
    stages.map((stage) => [
      stage,
      percentile(
        counted.map((sample) => sample.stages[stage]).sort((a, b) => a - b),
        0.5,
      ),
    ]),
  ) as unknown as StageTimes;
  return {
    n: counted.length,
    p50: percentile(totals, 0.5),
    p95: percentile(totals, 0.95),
    p99: percentile(totals, 0.99),
    stages: medians,
    framesPerSecond: rate(samples, now),
  };
}

function rate(samples: readonly LatencySample[], now: number): number {
  const lately = samples.filter(({ at }) => now - at <= RATE_WINDOW_MS);
  const recent = lately.length >= RATE_FRAMES ? lately : samples.slice(-RATE_FRAMES);
  const [first] = recent;
  const last = recent[recent.length - 1];
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  const interval = (last.at - first.at) / (recent.length - 1);
  // Much longer ago than frames are apart: it has stopped.
  return now - last.at > Math.max(RATE_WINDOW_MS, 3 * interval) ? 0 : 1000 / interval;
}

export interface Bin {
  /** Milliseconds: from, up to but not including to. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Totals in about `count` bins of a round width, up to the 99th percentile's bin; the last one takes the rest. */
export function histogram(samples: readonly LatencySample[], count: number): Bin[] {
  const totals = samples
    .filter(({ warmUp }) => !warmUp)
    .map(totalOf)
    .sort((a, b) => a - b);
  if (totals.length === 0) return [];
  const low = totals[0] ?? 0;
  const high = Math.max(percentile(totals, 0.99), low + 0.1);
  const width = roundWidth((high - low) / count);
  const start = Math.floor(low / width) * width;
  const bins = Math.max(1, Math.ceil((high - start) / width + 1e-9));
  const counts = new Array<number>(bins).fill(0);
  for (const total of totals) {
    const at = Math.min(bins - 1, Math.floor((total - start) / width));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((value, i) => ({ from: start + i * width, to: start + (i + 1) * width, count: value }));
}

/** 1, 2 or 5 times a power of ten, not below `width`. */
function roundWidth(width: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(width, 1e-3)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= width) ?? 10 * power;
}
