import type { ComparisonResult, OpenComparison } from '../../shared/domain/comparison';
import type { MaskComparison } from '../../shared/domain/verification';

/** What a comparison is of, and what its run found. */
export interface Found {
  readonly comparison: OpenComparison;
  readonly result: ComparisonResult;
}

const STAGES = ['decode', 'transferIn', 'preprocess', 'infer', 'postprocess', 'transferOut', 'total'] as const;

type Cell = string | number | null;

/** One row for each side: figures against the reference, then IoU of each class. RFC 4180 with a header row. */
export function sidesCsv({ comparison, result }: Found): string {
  const { sides, labels, reference } = comparison;
  const header = [
    ...['side', 'role', 'engine', 'runtime', 'device', 'precision', 'pictures', 'pixel_agreement', 'mean_iou'],
    ...['mean_boundary_iou', 'drawn_pixel_accuracy', 'drawn_mean_iou', 'timed_pictures'],
    ...STAGES.flatMap((stage) => [`${stage}_median_ms`, `${stage}_p95_ms`]),
    ...labels.map(({ name }) => `iou ${name}`),
  ];
  const rows = sides.map((side, index): Cell[] => {
    const { compared = 0, agreement = null, accuracy = null, latency = null } = result.sides[index] ?? {};
    return [
      ...[side.name, index === reference ? 'reference' : '', side.engineId, side.runtime, side.device, side.precision],
      ...[index === reference ? null : compared, agreement?.pixelAgreement ?? null, agreement?.meanIou ?? null],
      ...[agreement?.meanBoundaryIou ?? null, accuracy?.pixelAgreement ?? null, accuracy?.meanIou ?? null],
      latency?.pictures ?? null,
      ...STAGES.flatMap((stage) => [milliseconds(latency?.median[stage]), milliseconds(latency?.p95[stage])]),
      ...labels.map(({ id }) => iouOf(agreement, id)),
    ];
  });
  return toCsv([header, ...rows]);
}

/** One row for each picture and side. */
export function picturesCsv({ comparison, result }: Found): string {
  const header = ['file', 'width', 'height', 'side', 'pixel_agreement', 'mean_iou', 'drawn_mean_iou', 'total_ms'];
  const rows = result.pictures.flatMap(({ name, width, height, sides }) =>
    sides.flatMap((side, index): Cell[][] => {
      if (side === null) return [];
      const { agreement, meanIou, accuracy, total } = side;
      const sideName = comparison.sides[index]?.name ?? '';
      return [[name, width, height, sideName, agreement, meanIou, accuracy, milliseconds(total)]];
    }),
  );
  return toCsv([header, ...rows]);
}

/** All figures; ids that mean nothing outside this run of the studio are left out. */
export function comparisonJson({ comparison, result }: Found): object {
  const { reference, labels } = comparison;
  const { at, images, done, pictures, failures } = result;
  const sides = comparison.sides.map((side, index) => {
    const { kind, name, modelId, modelName, engineId, directory, runtime, device, precision, size, builtAt, notes } =
      side;
    const about = {
      kind,
      name,
      modelId,
      modelName,
      engineId,
      directory,
      runtime,
      device,
      precision,
      size,
      builtAt,
      notes: notes.map(({ message }) => message),
    };
    return { ...about, ...result.sides[index] };
  });
  return { format: 1, at, images, reference, compared: done, sides, labels, pictures, failures };
}

function iouOf(comparison: MaskComparison | null, id: number): number | null {
  return comparison?.classes.find((each) => each.id === id)?.iou ?? null;
}

function milliseconds(nanoseconds: number | null | undefined): number | null {
  return nanoseconds === null || nanoseconds === undefined ? null : Number((nanoseconds / 1e6).toFixed(4));
}

function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: Cell): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
