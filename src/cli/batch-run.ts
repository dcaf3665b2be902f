import type { BatchOrder, BatchPlan, BatchReport } from '../shared/batch-contract';
import { fromErrorReport } from '../shared/app-error';
import type { SessionInfo } from '../shared/domain/runtime';
import { exitCodes } from './cli-io';
import type { CliContext } from './context';
import { followJob } from './follow-job';
import type { LocalStudio } from './open-studio';
import { formatBytes, showProgress } from './progress';

type Order = Omit<BatchOrder, 'style'>;

interface Manner {
  readonly session: SessionInfo;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** Failures that are printed; `--json` has more. */
const TOLD_FAILURES = 20;
const MOST_FAILURES = 10_000;

/** Plans or runs a batch, and tells how it went, whether it ended or broke off. */
export async function runBatchCommand(
  context: CliContext,
  studio: LocalStudio,
  order: Order,
  manner: Manner,
): Promise<void> {
  if (manner.dryRun) {
    const plan = await studio.call('batch.plan', { ...order, style: {} });
    return manner.json ? context.terminal.json(plan) : describePlan(context, plan);
  }
  const { jobId } = await studio.call('batch.start', { ...order, style: {} });
  try {
    await follow(context, studio, jobId);
  } finally {
    const untied = new AbortController().signal;
    const report = await studio.call('batch.report', { jobId }, untied);
    if (report !== null) await tell(context, studio, order, manner, report);
  }
}

async function follow(context: CliContext, studio: LocalStudio, jobId: string): Promise<void> {
  const progress = showProgress(context.terminal, 'pictures');
  try {
    const job = await followJob(studio, context, jobId, ({ done, total, phase, perSecond, secondsLeft }) => {
      const pace = perSecond === undefined ? [] : [`${perSecond.toFixed(1)} a second`];
      const left = secondsLeft === null ? [] : [`${timeText(secondsLeft)} left`];
      progress.update(done, total, [phase, ...pace, ...left].join(' · '));
    });
    progress.stop();
    if (job.error !== null) throw fromErrorReport(job.error);
  } finally {
    progress.stop();
  }
}

async function tell(
  context: CliContext,
  studio: LocalStudio,
  { input, output }: Order,
  { session, json }: Manner,
  report: BatchReport,
): Promise<void> {
  const { terminal } = context;
  const limit = json ? MOST_FAILURES : TOLD_FAILURES;
  const untied = new AbortController().signal;
  const { count, failures } = await studio.call('batch.failures', { input, output, limit }, untied);
  if (report.failed + report.problems.length > 0) context.fail(exitCodes.someFailed);
  if (json) {
    const { runtime, device, modelName } = session;
    const failed = failures.map(({ item, error }) => ({ file: item, error }));
    return terminal.json({ ...report, model: modelName, runtime, device, failures: failed });
  }
  for (const { item, error } of [...report.problems, ...failures]) terminal.error(fromErrorReport(error), item);
  if (count > failures.length) terminal.note(`… and ${count - failures.length} more.`);
  for (const path of report.tables) terminal.line(path);
  terminal.line(summary(report));
}

function summary({ pictures, done, skipped, failed, left, picturesPerSecond, output }: BatchReport): string {
  const parts = [
    `${done + skipped} of ${pictures} done`,
    ...(skipped > 0 ? [`${skipped} of them before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} left`] : []),
    ...(done > 0 ? [`${picturesPerSecond.toFixed(1)} a second`] : []),
  ];
  return `${output}  ${parts.join(', ')}`;
}

function describePlan({ terminal }: CliContext, plan: BatchPlan): void {
  const { pictures, done, toDo, videos, problems, taken, bytesIn, bytesOut, bytesFree, names, busy } = plan;
  terminal.line(`${pictures} pictures: ${done} done, ${toDo} to do (${formatBytes(bytesIn)})`);
  if (plan.failedBefore > 0) terminal.line(`${plan.failedBefore} failed last time`);
  if (bytesOut !== null) {
    const free = bytesFree === null ? '' : `, ${formatBytes(bytesFree)} are free`;
    terminal.line(`about ${formatBytes(bytesOut)} will be written${free}`);
  }
  for (const name of names) terminal.line(`  ${name}`);
  if (videos > 0) terminal.warning(`${videos} videos are left out.`);
  for (const { item, error } of problems) terminal.warning(`${item}: ${error.message}`);
  if (taken.count > 0) {
    terminal.warning(
      `${taken.count} files are in the way, such as ${taken.names[0] ?? ''}: see --skip-done, --overwrite.`,
    );
  }
  if (busy) terminal.warning('Another batch is writing to that folder.');
}

function timeText([least, most]: readonly [number, number]): string {
  const unit = most >= 5400 ? 3600 : most >= 90 ? 60 : 1;
  const name = unit === 3600 ? 'h' : unit === 60 ? 'min' : 's';
  const [from, to] = [least, most].map((seconds) => Math.max(1, Math.round(seconds / unit)));
  return from === to ? `${to} ${name}` : `${from}–${to} ${name}`;
}
