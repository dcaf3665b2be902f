import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { GpuLoad } from '../../shared/domain/gpu-load';

/** Tells a line for each GPU, again and again. Answers with what stops it. */
export type GpuReader = (onLine: (line: string) => void, onEnd: () => void) => () => void;

const FIELDS = ['index', 'name', 'utilization.gpu', 'clocks.sm', 'temperature.gpu', 'memory.used', 'memory.total'];
const PERIOD_MS = 1000;
/** Until the first figures: a driver that nobody uses takes its time. */
const PATIENCE_MS = 4000;
/** Nobody has asked for so long: the panel is closed. */
const IDLE_MS = 5000;
/** A machine without a GPU is not asked over and over. */
const ABSENT_MS = 60_000;
const MEBIBYTE = 1024 * 1024;

/**
 * What the GPUs are doing now. The reader runs only while somebody asks, and is asked for a round a second however often
 * that is.
 */
export class GpuWatch {
  readonly #read: GpuReader;
  readonly #latest = new Map<number, GpuLoad>();
  #stop: (() => void) | null = null;
  #idle: NodeJS.Timeout | null = null;
  #first: Promise<void> = Promise.resolve();
  #absentUntil = 0;

  constructor(read: GpuReader) {
    this.#read = read;
  }

  /** Null without a GPU, or where nothing tells of it. */
  async loads(): Promise<GpuLoad[] | null> {
    if (Date.now() < this.#absentUntil) return null;
    this.#stayAwake();
    if (this.#stop === null) this.#first = this.#start();
    await this.#first;
    if (this.#latest.size > 0) return [...this.#latest.values()].sort((a, b) => a.index - b.index);
    this.close();
    this.#absentUntil = Date.now() + ABSENT_MS;
    return null;
  }

  close(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    this.#stop?.();
    this.#stop = null;
    this.#latest.clear();
  }

  #stayAwake(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), IDLE_MS);
    this.#idle.unref();
  }

  /** Resolves with the first figures, or when there will be none. */
  #start(): Promise<void> {
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, PATIENCE_MS);
      const done = (): void => {
        clearTimeout(patience);
        resolve();
      };
      const stop = this.#read(
        (line) => {
          const load = parseLoad(line);
          if (load === null) return;
          this.#latest.set(load.index, load);
          done();
        },
        () => {
          // It ended by itself: the driver is gone, or was never there. The next to ask starts it anew.
          if (this.#stop === stop) this.close();
          done();
        },
      );
      this.#stop = stop;
    });
  }
}

/** @param line `0, NVIDIA H200, 97, 1980, 41, 12345, 143771`; what a device does not tell is `[N/A]` */
export function parseLoad(line: string): GpuLoad | null {
  const cells = line.split(',').map((cell) => cell.trim());
  const [index, name, utilisation, clock, temperature, used, total] = cells;
  if (cells.length !== FIELDS.length || name === undefined || !/^\d+$/.test(index ?? '')) return null;
  const bytes = (text: string | undefined): number | null => {
    const value = numberIn(text);
    return value === null ? null : value * MEBIBYTE;
  };
  return {
    index: Number(index),
    name,
    utilisation: numberIn(utilisation) === null ? null : (numberIn(utilisation) ?? 0) / 100,
    smClockMHz: numberIn(clock),
    temperatureC: numberIn(temperature),
    memoryUsedBytes: bytes(used),
    memoryTotalBytes: bytes(total),
  };
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

/** The driver's own tool, which asks its management library (NVML): one process for as long as somebody looks. */
export function nvidiaSmi(env: Readonly<Record<string, string | undefined>>): GpuReader {
  return (onLine, onEnd) => {
    const args = [`--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader,nounits', `--loop-ms=${PERIOD_MS}`];
    const child = spawn('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...env } });
    child.unref();
    child.on('error', onEnd);
    child.on('exit', onEnd);
    createInterface({ input: child.stdout }).on('line', onLine);
    return () => void child.kill();
  };
}
