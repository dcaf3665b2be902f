import { basename, resolve } from 'node:path';
import type { BatchFailure, BatchOrder, BatchReport } from '../../shared/batch-contract';
import { AppError } from '../../shared/app-error';
import type { StudioHandlers } from '../../shared/contract';
import type { FileAccess } from '../file-access';
import type { JobRegistry } from '../jobs/job-registry';
import type { SessionRegistry } from '../sessions/session-registry';
import { journalFolder, readJournal } from './journal';
import { stateFolder } from './output-folder';
import { planBatch } from './plan-batch';
import { runBatch } from './run-batch';

export interface BatchParts {
  readonly access: FileAccess;
  readonly sessions: SessionRegistry;
  readonly jobs: JobRegistry;
}

type BatchHandlers = Pick<StudioHandlers, Extract<keyof StudioHandlers, `batch.${string}`>>;

interface Known {
  readonly order: BatchOrder;
  report: BatchReport | null;
}

/** Batches that can be asked about, the oldest forgotten first. */
const KEPT = 50;

export function batchHandlers({ access, sessions, jobs }: BatchParts): BatchHandlers {
  const batches = new Map<string, Known>();
  const granted = (order: BatchOrder): BatchOrder => {
    const paths = [order.input, order.output, ...(order.table === null ? [] : [order.table])];
    for (const path of paths) access.check(path);
    return { ...order, input: resolve(order.input), output: resolve(order.output) };
  };
  const start = async (order: BatchOrder): Promise<{ jobId: string }> => {
    const { open, release } = await sessions.hold(order.sessionId);
    const title = `${basename(order.input)} → ${basename(order.output)}`;
    const plan = { kind: 'batch', title, unit: 'files', total: 0 } as const;
    const known: Known = { order, report: null };
    const jobId = jobs.start(plan, async (job) => {
      try {
        await runBatch(order, open, job, (report) => (known.report = report));
      } finally {
        await release();
      }
    });
    batches.set(jobId, known);
    for (const id of [...batches.keys()].slice(0, Math.max(0, batches.size - KEPT))) batches.delete(id);
    return { jobId };
  };
  return {
    'batch.plan': async (order, { signal }) => planBatch(granted(order), await sessions.get(order.sessionId), signal),
    'batch.start': (order) => start(granted(order)),
    'batch.report': async ({ jobId }) => batches.get(jobId)?.report ?? null,
    'batch.failures': async ({ input, output, limit }) => {
      access.check(input);
      access.check(output);
      const failures = await failuresOf(resolve(input), resolve(output));
      return { count: failures.length, failures: failures.slice(0, limit) };
    },
    'batch.retry': async ({ jobId, sessionId }) => {
      const known = batches.get(jobId);
      if (known === undefined) throw unknownBatch();
      // The same network, as long as it is open: masks of two would lie side by side.
      const own = await sessions.get(known.order.sessionId).catch(() => null);
      const through = own === null ? (sessionId ?? known.order.sessionId) : known.order.sessionId;
      return start({ ...granted(known.order), sessionId: through, onlyFailed: true });
    },
  };
}

async function failuresOf(input: string, output: string): Promise<BatchFailure[]> {
  const entries = await readJournal(await journalFolder(stateFolder(output), input));
  return [...entries.values()].flatMap((entry) =>
    entry.kind === 'failed' ? [{ item: entry.record.file, error: entry.record.error }] : [],
  );
}

function unknownBatch(): AppError {
  return new AppError('BATCH_UNKNOWN', 'The studio was started anew since that batch.', {
    hint: 'Start the batch again: it goes on where it ended.',
  });
}
