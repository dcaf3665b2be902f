import type { ReportLanguage } from '../../shared/domain/comparison';
import type { EngineRecord } from '../../shared/domain/engine';
import type { Timings } from '../../shared/domain/mask';
import type { EngineVerification } from '../../shared/domain/verification';
import { servedSize } from '../engines/engine-to-open';
import type { ReportImages, ReportSide } from '../report/report-data';
import { reportPage } from '../report/report-page';

/** The reference is the first side of the page, the engine the second. */
export const REFERENCE = 0;

/**
 * The page of an engine's verification.
 *
 * @param images one for each of the worst pictures; null where it cannot be shown
 */
export function verificationPage(
  record: EngineRecord,
  verification: EngineVerification,
  images: readonly (ReportImages | null)[],
  language: ReportLanguage,
): string {
  const { worst, failures } = verification;
  return reportPage(
    {
      kind: 'verification',
      at: verification.at,
      images: verification.images,
      pictures: verification.pictures,
      reference: REFERENCE,
      sides: [referenceSide(record, verification), engineSide(record, verification)],
      labels: record.model.labels,
      worst: worst.map(({ name, width, height, agreement, meanIou }, index) => ({
        ...{ name, width, height },
        sides: [null, { agreement, meanIou: null, accuracy: meanIou }],
        images: images[index] ?? null,
      })),
      failures: failures.map((failure) => ({ ...failure, side: null })),
    },
    language,
  );
}

/**
 * The pictures of a page that {@link verificationPage} made, so that it can be told in another language without running
 * anything again.
 */
export function imagesOfPage(page: string): (ReportImages | null)[] {
  return page
    .split('<article>')
    .slice(1)
    .map((article) => {
      const [picture, reference, engine, difference] = [...article.matchAll(/<img [^>]*src="(data:[^"]+)"/g)].map(
        ([, address]) => address,
      );
      if (picture === undefined || reference === undefined || engine === undefined) return null;
      const sides = [
        { overlay: reference, difference: null },
        { overlay: engine, difference: difference ?? null },
      ];
      return { picture, sides };
    });
}

function referenceSide(record: EngineRecord, verification: EngineVerification): ReportSide {
  const { reference, accuracy, timings, p95 } = verification;
  return {
    ...common(record),
    kind: 'model',
    name: `${reference.precision} · ${withoutVersion(reference.runtime)}`,
    runtime: reference.runtime,
    device: 'CPU',
    precision: reference.precision,
    engineId: null,
    builtAt: null,
    compared: 0,
    agreement: null,
    accuracy: accuracy?.reference ?? null,
    latency: latency(verification, timings.reference, p95?.reference),
  };
}

function engineSide(record: EngineRecord, verification: EngineVerification): ReportSide {
  const { precision, runtime, device, agreement, accuracy, timings, p95, pictures } = verification;
  return {
    ...common(record),
    kind: 'engine',
    name: `${precision} · ${withoutVersion(runtime)}`,
    runtime,
    device,
    precision,
    engineId: record.id,
    builtAt: record.builtAt,
    compared: pictures,
    agreement,
    accuracy: accuracy?.engine ?? null,
    latency: latency(verification, timings.engine, p95?.engine),
  };
}

/** Both see pictures at the size that the engine has. */
function common(record: EngineRecord): Pick<ReportSide, 'modelName' | 'directory' | 'size'> {
  const size = servedSize(record.model.preprocessing.size, record);
  return { modelName: record.model.name, directory: null, size };
}

function latency({ pictures }: EngineVerification, median: Timings, p95: Timings | undefined): ReportSide['latency'] {
  return pictures === 0 ? null : { pictures, median, p95: p95 ?? null };
}

function withoutVersion(runtime: string): string {
  return runtime.replace(/ \d[\w.+-]*$/, '');
}
