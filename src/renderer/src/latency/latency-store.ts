import { flushSync } from 'react-dom';
import { createStore, useStore } from 'zustand';
import type { LatencySample } from './latency-stats';

/** Frames that are looked back on. */
export const WINDOW = 300;
/** The chart follows at most this often, and less often where drawing it takes long. */
const QUICKEST_MS = 100;
const SLOWEST_MS = 2500;
/** Of a core. */
const MOST_SHARE = 0.03;
/** What painting takes on top of rendering and laying out. */
const PAINT_FACTOR = 2;
/** The first frames of an engine: its memory and caches are cold. */
const WARM_UP = 3;

/** One engine on one kind of work, for as long as it goes on. */
export interface LatencyRun {
  /** Tells runs apart: another engine or another video is another run. */
  readonly key: string;
  /** Model, precision, device. */
  readonly title: string;
  /** What was segmented: a video's name, or pictures. */
  readonly subject: string;
  readonly samples: readonly LatencySample[];
  readonly dropped: number;
  /** When it was last looked at: milliseconds of the window's clock. */
  readonly now: number;
}

export interface LatencyState {
  readonly run: LatencyRun | null;
  /** Laid over the running one to compare. */
  readonly pinned: LatencyRun | null;
}

export const latencyStore = createStore<LatencyState>(() => ({ run: null, pinned: null }));

export function useLatency<T>(select: (state: LatencyState) => T): T {
  return useStore(latencyStore, select);
}

interface Recording {
  key: string;
  title: string;
  subject: string;
  /** Frames since the run began, window or not. */
  count: number;
  dropped: number;
  samples: LatencySample[];
}

let recording: Recording | null = null;
let timer: number | null = null;
let lastPublished = 0;
let pause = QUICKEST_MS;

/** Adds what a frame took. Cheap: views are told later, together with others. */
export function recordFrame(
  run: { readonly key: string; readonly title: string; readonly subject: string },
  sample: Omit<LatencySample, 'warmUp'>,
): void {
  const current = begin(run);
  current.count += 1;
  current.samples.push({ ...sample, warmUp: current.count <= WARM_UP });
  if (current.samples.length > WINDOW) current.samples.shift();
  publishSoon();
}

export function recordDropped(run: { readonly key: string; readonly title: string; readonly subject: string }): void {
  begin(run).dropped += 1;
  publishSoon();
}

function begin(run: { readonly key: string; readonly title: string; readonly subject: string }): Recording {
  if (recording?.key !== run.key) recording = { ...run, count: 0, dropped: 0, samples: [] };
  return recording;
}

export function clearLatency(): void {
  recording = null;
  latencyStore.setState({ run: null });
}

export function pinRun(): void {
  const { run } = latencyStore.getState();
  if (run !== null) latencyStore.setState({ pinned: run });
}

export function unpinRun(): void {
  latencyStore.setState({ pinned: null });
}

function publishSoon(): void {
  if (timer !== null) return;
  const wait = Math.max(0, lastPublished + pause - performance.now());
  timer = window.setTimeout(publish, wait);
}

function publish(): void {
  timer = null;
  lastPublished = performance.now();
  if (recording === null) return;
  const { key, title, subject, dropped, samples } = recording;
  // At once, so that what the views take can be told: React's own profiler is silent in the program that is shipped.
  flushSync(() => {
    latencyStore.setState({ run: { key, title, subject, dropped, samples: [...samples], now: lastPublished } });
  });
  // Lays out now what would be laid out anyway: where a card draws, that is more than rendering.
  document.documentElement.getBoundingClientRect();
  const tookMs = performance.now() - lastPublished;
  pause = Math.min(SLOWEST_MS, Math.max(QUICKEST_MS, (tookMs * PAINT_FACTOR) / MOST_SHARE));
}
