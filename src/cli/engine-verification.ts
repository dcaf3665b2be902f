import { resolve } from 'node:path';
import { fromErrorReport } from '../shared/app-error';
import type { EngineVerification, MaskComparison } from '../shared/domain/verification';
import type { CliContext } from './context';
import { followJob } from './follow-job';
import type { LocalStudio } from './open-studio';
import { showProgress } from './progress';
import { table } from './table';
import type { Terminal } from './terminal';

export interface VerificationOrder {
  readonly engineId: string;
  /** Folders, as the user named them. */
  readonly images: string;
  readonly masks: string | undefined;
  readonly limit?: number | undefined;
}

/** Compares an engine with the reference on a folder, with progress on the terminal. */
export async function verifyEngine(
  context: CliContext,
  studio: LocalStudio,
  order: VerificationOrder,
  json: boolean,
): Promise<EngineVerification> {
  const { terminal, io } = context;
  const { engineId, masks, limit } = order;
  const { jobId } = await studio.call('engines.verify', {
    engineId,
    images: resolve(io.cwd, order.images),
    ...(masks === undefined ? {} : { masks: resolve(io.cwd, masks) }),
    ...(limit === undefined ? {} : { limit }),
  });
  const progress = showProgress(terminal, 'pictures');
  const job = await followJob(studio, context, jobId, (now) => {
    if (!json) progress.update(now.done, now.total, now.phase);
  }).finally(() => progress.stop());
  if (job.error !== null) throw fromErrorReport(job.error);
  const verification = await studio.call('engines.verification', { engineId });
  if (verification === null) throw new Error('A comparison that ends well is kept.');
  return verification;
}

export function printVerification(terminal: Terminal, verification: EngineVerification): void {
  const { agreement, accuracy, reference, precision, pictures, worst, timings, failures } = verification;
  terminal.line(
    `${terminal.paint('bold', percent(agreement.pixelAgreement))} of pixels agree with ${reference.runtime} ` +
      `(${reference.precision}) on ${pictures} pictures; the engine computes in ${precision}`,
  );
  terminal.line(
    `  mIoU with the reference ${score(agreement.meanIou)}, at borders ${score(agreement.meanBoundaryIou)}`,
  );
  const { max, median, mean } = agreement.idDifference;
  terminal.line(`  difference of class ids: max ${max}, median ${median}, mean ${mean.toPrecision(4)}`);
  if (accuracy !== null) {
    terminal.line(
      `  mIoU with drawn masks ${score(accuracy.engine.meanIou)}; the reference's ${score(accuracy.reference.meanIou)}`,
    );
  }
  table(classRows(agreement, accuracy?.engine ?? null, accuracy?.reference ?? null)).forEach((row) =>
    terminal.line(row),
  );
  const [least] = worst;
  if (least !== undefined) terminal.line(`  agrees least: ${least.name}, ${percent(least.agreement)}`);
  const stages = (['decode', 'transferIn', 'preprocess', 'infer', 'postprocess', 'transferOut', 'total'] as const).map(
    (stage) => `${stage} ${(timings.engine[stage] / 1e6).toFixed(2)}`,
  );
  terminal.line(
    `  median ms: ${stages.join(', ')}; the reference's total ${(timings.reference.total / 1e6).toFixed(1)}`,
  );
  for (const { name, code, message } of failures) terminal.warning(`${name}: ${message} [${code}]`);
}

function classRows(
  agreement: MaskComparison,
  engine: MaskComparison | null,
  reference: MaskComparison | null,
): string[][] {
  const find = (side: MaskComparison | null, id: number): string =>
    score(side?.classes.find((each) => each.id === id)?.iou ?? null);
  const head = [
    '  class',
    'IoU with reference',
    ...(engine === null ? [] : ['with drawn masks', 'reference with drawn']),
  ];
  const rows = agreement.classes.map(({ id, name, iou }) => [
    `  ${name}`,
    score(iou),
    ...(engine === null ? [] : [find(engine, id), find(reference, id)]),
  ]);
  return [head, ...rows];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(4)} %`;
}

function score(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}
