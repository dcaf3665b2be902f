import { AppError, fromErrorReport, toErrorReport } from '../shared/app-error';
import type { Segmentation } from '../shared/contract';
import type { ModelSummary } from '../shared/domain/model';
import { meansDeviceLost } from '../shared/device-lost';
import type { SessionInfo } from '../shared/domain/runtime';
import { exitCodes } from './cli-io';
import type { CliContext } from './context';
import type { LocalStudio } from './open-studio';
import type { PlannedOutput } from '../studio/batch/output-plan';
import { planOutputs } from '../studio/batch/output-plan';
import type { Progress } from './progress';
import { showProgress } from './progress';
import type { SegmentInput } from './segment-inputs';
import { isCancelled, warningLine } from './terminal';
import type { MaskOutput, WrittenFile } from './write-masks';
import { checkOutputs, isOutputFailure, MaskWriter } from './write-masks';

export interface SegmentationOrder {
  readonly model: ModelSummary;
  readonly inputs: readonly SegmentInput[];
  /** Null: nothing is written, only told. */
  readonly output: MaskOutput | null;
  readonly threads: number;
  /** Of the engine library; null runs the network on ONNX Runtime. */
  readonly engineId: string | null;
  readonly json: boolean;
}

interface Run extends SegmentationOrder {
  readonly context: CliContext;
  readonly studio: LocalStudio;
  /** Null when no input is a picture, so that no network was opened. */
  readonly session: SessionInfo | null;
  readonly progress: Progress;
  readonly writer: MaskWriter | null;
}

/**
 * Segments the inputs one after another and tells of each. What fails is named and does not stop the rest; cancelling
 * rejects with CANCELLED once the file under way is whole or gone.
 */
export async function runSegmentation(
  context: CliContext,
  studio: LocalStudio,
  order: SegmentationOrder,
): Promise<void> {
  const { terminal } = context;
  const pictures = order.inputs.filter((input) => input.kind === 'picture');
  if (order.output !== null) checkOutputs(order.output.folder, pictures);
  const planned = planOutputs(pictures);
  const plan = new Map<SegmentInput, PlannedOutput>(
    pictures.flatMap((input, index) => {
      const output = planned[index];
      return output === undefined ? [] : [[input, output] as const];
    }),
  );
  if (!order.json)
    for (const warning of order.model.warnings) terminal.warning(`${order.model.id}: ${warningLine(warning)}`);
  const session =
    pictures.length === 0
      ? null
      : await studio.call('session.open', {
          modelId: order.model.id,
          threads: order.threads,
          ...(order.engineId === null ? {} : { runtime: 'tensorrt', engineId: order.engineId }),
        });
  if (session !== null && session.fallback !== null) terminal.warning(session.fallback);
  const writer = order.output === null ? null : new MaskWriter(studio, order.output, order.model);
  const run: Run = { ...order, context, studio, session, writer, progress: showProgress(terminal, 'pictures') };
  try {
    const tally = await segmentAll(run, plan);
    run.progress.stop();
    const only = planned.length === 1 ? (planned[0] ?? null) : null;
    const tables = writer === null || tally.untried > 0 ? [] : await writer.finish(only);
    if (order.json) return;
    for (const { path } of tables) terminal.line(`  ${terminal.paint('dim', path)}`);
    if (order.inputs.length > 1) terminal.note(summary(tally));
  } finally {
    run.progress.stop();
    if (session !== null) await studio.call('session.close', { sessionId: session.id }, new AbortController().signal);
  }
}

interface Tally {
  readonly done: number;
  readonly failed: number;
  /** Inputs left when the output folder failed or the GPU was lost: they would have met the same. */
  readonly untried: number;
}

async function segmentAll(run: Run, plan: ReadonlyMap<SegmentInput, PlannedOutput>): Promise<Tally> {
  let done = 0;
  let failed = 0;
  for (const [index, input] of run.inputs.entries()) {
    if (run.context.signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
    run.progress.update(index, run.inputs.length, input.label);
    try {
      await segmentOne(run, input, plan.get(input));
      done += 1;
    } catch (error) {
      if (isCancelled(error)) throw error;
      tellFailure(run, input.label, error);
      failed += 1;
      const why = whyNoOtherFares(error);
      if (why !== null) return { done, failed, untried: tellUntried(run, run.inputs.slice(index + 1), why) };
    }
  }
  return { done, failed, untried: 0 };
}

/** Null where only this input failed. */
function whyNoOtherFares(error: unknown): string | null {
  if (isOutputFailure(error)) return 'nothing more can be written';
  return meansDeviceLost(toErrorReport(error).code) ? 'the GPU was lost' : null;
}

/** For programs each input has its line; a person is told the number. */
function tellUntried({ context, json }: Run, inputs: readonly SegmentInput[], why: string): number {
  const error = { code: 'NOT_TRIED', message: `It was not tried, since ${why}.` };
  if (json) for (const { label } of inputs) context.terminal.json({ file: label, error });
  return inputs.length;
}

function summary({ done, failed, untried }: Tally): string {
  const parts = [`${done} of ${done + failed + untried} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (untried > 0) parts.push(`${untried} not tried`);
  return parts.join(', ');
}

async function segmentOne(run: Run, input: SegmentInput, place: PlannedOutput | undefined): Promise<void> {
  if (input.kind === 'rejected') throw fromErrorReport(input.error);
  const { studio, session, writer } = run;
  if (session === null) throw new Error('A picture needs an open session.');
  const { pictureId } = input;
  try {
    const segmentation = await studio.call('session.segment', { sessionId: session.id, pictureId });
    const picture = { sessionId: session.id, pictureId, name: input.name, label: input.label, segmentation };
    const files = writer === null || place === undefined ? [] : await writer.write(picture, place);
    tell(run, session, input.label, segmentation, files);
  } finally {
    // Masks of a long run are not kept: memory stays flat.
    await studio.call('pictures.remove', { pictureIds: [pictureId] }, new AbortController().signal);
  }
}

function tell(
  run: Run,
  session: SessionInfo,
  label: string,
  segmentation: Segmentation,
  files: readonly WrittenFile[],
): void {
  const { terminal } = run.context;
  if (run.json) return terminal.json(jsonLine(run.model, session, label, segmentation, files));
  const { picture, classes, timings } = segmentation;
  const shares = classes.slice(0, 4).map((each) => `${each.label} ${(each.share * 100).toFixed(1)} %`);
  const more = classes.length > 4 ? `, ${classes.length - 4} more` : '';
  const name = terminal.paint('bold', label);
  const size = `${picture.width}x${picture.height}`;
  terminal.line(`${name}  ${size}  ${(timings.total / 1e6).toFixed(0)} ms  ${shares.join(', ')}${more}`);
  for (const file of files) terminal.line(`  ${terminal.paint('dim', file.path)}`);
  for (const note of segmentation.notes) terminal.warning(`${label}: ${warningLine(note)}`);
}

function jsonLine(
  model: ModelSummary,
  session: SessionInfo,
  file: string,
  { picture, classes, timings, notes }: Segmentation,
  files: readonly WrittenFile[],
): object {
  const mask = files.find(({ format }) => format === 'index') ?? files.find(({ format }) => format === 'palette');
  const { decode, preprocess, infer, postprocess, total } = timings;
  return {
    file,
    width: picture.width,
    height: picture.height,
    model: model.id,
    runtime: session.runtime,
    classes: classes.map(({ id, label, share }) => ({ id, label, share })),
    timingsNs: { decode, preprocess, infer, postprocess, total },
    ...(mask === undefined ? {} : { mask: mask.path }),
    ...(files.length === 0 ? {} : { files: Object.fromEntries(files.map(({ format, path }) => [format, path])) }),
    ...(notes.length === 0 ? {} : { notes: notes.map(({ message }) => message) }),
  };
}

function tellFailure({ context, json }: Run, label: string, error: unknown): void {
  context.fail(exitCodes.someFailed);
  if (json) context.terminal.json({ file: label, error: toErrorReport(error) });
  else context.terminal.error(error, label);
}
