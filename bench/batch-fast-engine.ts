import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Mask } from '../src/shared/domain/mask';
import type { ExportFormat } from '../src/shared/domain/export';
import { maskStyleSchema } from '../src/shared/domain/export';
import type { ModelSummary } from '../src/shared/domain/model';
import type { BatchReport } from '../src/shared/batch-contract';
import { runBatch } from '../src/studio/batch/run-batch';
import type { JobProgress } from '../src/studio/jobs/job-registry';
import type { OpenSession } from '../src/studio/sessions/session-registry';
import { ratio } from './statistics';

const MEBIBYTE = 1024 * 1024;
/** Of the system's clock that counts a thread's time. */
const TICK_MILLISECONDS = 10;

export interface FastEngineOrder {
  readonly input: string;
  readonly model: ModelSummary;
  /** Given in turns, whatever the picture. */
  readonly masks: readonly Mask[];
  readonly pictures: number;
  readonly threads: number;
  readonly output: string;
  readonly formats: readonly ExportFormat[];
}

/**
 * The batch before an engine that answers at once: masks are those of the real network, made beforehand. What remains is
 * what the studio itself takes: reading, decoding, counting, encoding, writing, the journal.
 */
export async function fastEngine(order: FastEngineOrder): Promise<object> {
  const fast = imitation(order);
  const resident: number[] = [];
  const every = Math.max(1, Math.floor(order.pictures / 10));
  let seen = 0;
  let report: BatchReport | null = null;
  const job: JobProgress = {
    ...quietJob(),
    progress: (done) => {
      if (done < (seen + 1) * every) return;
      seen += 1;
      resident.push(Math.round(process.memoryUsage().rss / MEBIBYTE));
    },
  };
  const style = maskStyleSchema.parse({});
  const before = { all: process.cpuUsage(), script: scriptMilliseconds(), loop: performance.eventLoopUtilization() };
  await runBatch(
    {
      sessionId: 'fast',
      input: order.input,
      output: order.output,
      formats: [...order.formats],
      style,
      recursive: true,
      keepFolders: true,
      existing: 'resume',
      unchanged: 'time',
      onlyFailed: false,
      workers: 0,
      table: null,
    },
    fast,
    job,
    (told) => (report = told),
    { threads: order.threads },
  );
  const { user, system } = process.cpuUsage(before.all);
  const loop = performance.eventLoopUtilization(before.loop);
  const script = scriptMilliseconds() - before.script;
  const { done, failed, seconds, workers } = report as unknown as BatchReport;
  if (done !== order.pictures) throw new Error(`${done} of ${order.pictures} pictures were done, ${failed} failed.`);
  return {
    threads: order.threads,
    formats: order.formats,
    pictures: done,
    picturesAtOnce: workers,
    picturesPerSecond: ratio(done, seconds),
    millisecondsPerPicture: {
      scriptThread: ratio(script, done),
      allThreads: ratio((user + system) / 1e3, done),
    },
    scriptThreadBusy: ratio(loop.active, loop.active + loop.idle),
    /** At each tenth of the way. */
    residentMebibytes: resident,
  };
}

function imitation({ model, masks }: FastEngineOrder): OpenSession {
  let next = 0;
  const times = { decode: 0, preprocess: 0, transferIn: 0, infer: 0, postprocess: 0, transferOut: 0, total: 0 };
  return {
    info: {
      id: 'fast',
      modelId: model.id,
      modelName: model.name,
      runtime: 'tensorrt',
      runtimeVersion: '0',
      device: 'none',
      precision: 'FP16',
      threads: 0,
      fallback: null,
      openedIn: 0,
    },
    model,
    identity: 'an engine that answers at once',
    session: {
      runtimeVersion: '0',
      device: 'none',
      precision: 'FP16',
      threads: 0,
      segment: async (source) => {
        await source.read();
        const mask = masks[next++ % masks.length];
        if (mask === undefined) throw new Error('There are no masks.');
        // As from a device: into memory of its own.
        return { mask: { ...mask, data: mask.data.slice() }, timings: times };
      },
      close: async () => undefined,
    },
  };
}

function quietJob(): JobProgress {
  const ignore = (): void => undefined;
  return {
    signal: new AbortController().signal,
    phase: ignore,
    progress: ignore,
    timeLeft: ignore,
    pace: ignore,
    log: ignore,
    failed: (item, error) => process.stderr.write(`${item}: ${String(error)}\n`),
    result: ignore,
  };
}

/** Processor time of the thread that runs the studio's script; NaN where the system does not tell. */
function scriptMilliseconds(): number {
  try {
    const line = readFileSync(join('/proc/self/task', String(process.pid), 'stat'), 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MILLISECONDS;
  } catch {
    return NaN;
  }
}
