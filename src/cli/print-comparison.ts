import type { ComparisonResult, OpenComparison } from '../shared/domain/comparison';
import type { Timings } from '../shared/domain/mask';
import type { MaskComparison } from '../shared/domain/verification';
import { table } from './table';
import type { Terminal } from './terminal';
import { warningLine } from './terminal';

const MOST_WORST = 5;
const STAGES = [
  ['decode', 'decode'],
  ['preprocess', 'pre'],
  ['transferIn', 'in'],
  ['infer', 'infer'],
  ['postprocess', 'post'],
  ['transferOut', 'out'],
  ['total', 'total'],
] as const satisfies readonly (readonly [keyof Timings, string])[];

/** What a comparison found, for people. */
export function printComparison(
  terminal: Terminal,
  comparison: OpenComparison,
  result: ComparisonResult,
  withClasses: boolean,
): void {
  const { sides, reference } = comparison;
  const bold = (text: string): string => terminal.paint('bold', text);
  const lines = (rows: readonly (readonly string[])[]): void => {
    terminal.line();
    table(rows.map((row, index) => (index === 0 ? row.map(bold) : row))).forEach((row) => terminal.line(row));
  };
  const named = sides[reference]?.name ?? '';
  const how = sides[reference]?.kind === 'masks' ? 'accuracy against' : 'agreement with';
  terminal.line(`${count(result.pictures.length, 'picture')}, ${how} ${letter(reference)} (${named})`);
  lines(figures(comparison, result));
  const latencies = latencyRows(comparison, result);
  if (latencies.length > 1) lines(latencies);
  if (withClasses) lines(classRows(comparison, result));
  const worst = worstRows(comparison, result);
  if (worst.length > 1) lines(worst);
  for (const { notes, name } of sides) for (const note of notes) terminal.warning(`${name}: ${warningLine(note)}`);
  for (const { name, side, code, message } of result.failures) {
    const where = side === null ? name : `${name}, ${letter(side)}`;
    terminal.warning(`${where}: ${message} [${code}]`);
  }
}

function figures({ sides, reference }: OpenComparison, result: ComparisonResult): string[][] {
  const hasDrawn = sides.some(({ kind }, index) => kind === 'masks' && index !== reference);
  const head = [
    '',
    'side',
    'agreement',
    'mIoU',
    'at borders',
    ...(hasDrawn ? ['mIoU, drawn'] : []),
    'p50 ms',
    'p95 ms',
  ];
  const rows = sides.map(({ name, device }, index) => {
    const { agreement = null, accuracy = null, latency = null } = result.sides[index] ?? {};
    const own = index === reference ? ['reference', '', ''] : scores(agreement);
    const drawn = hasDrawn ? [score(accuracy?.meanIou)] : [];
    const times = [ms(latency?.median.total), ms(latency?.p95.total)];
    return [letter(index), device === '' ? name : `${name}, ${device}`, ...own, ...drawn, ...times];
  });
  return [head, ...rows];
}

function scores(agreement: MaskComparison | null): string[] {
  return [percent(agreement?.pixelAgreement), score(agreement?.meanIou), score(agreement?.meanBoundaryIou)];
}

function latencyRows({ sides }: OpenComparison, result: ComparisonResult): string[][] {
  const rows = sides.flatMap((_, index) => {
    const latency = result.sides[index]?.latency ?? null;
    if (latency === null) return [];
    const { median, p95, pictures } = latency;
    return [[letter(index), ...STAGES.map(([stage]) => `${ms(median[stage])} / ${ms(p95[stage])}`), String(pictures)]];
  });
  return [['', ...STAGES.map(([, name]) => name), 'n (p50 / p95 ms)'], ...rows];
}

function classRows({ sides, reference, labels }: OpenComparison, result: ComparisonResult): string[][] {
  const others = sides.flatMap((_, index) => (index === reference ? [] : [index]));
  const iou = (index: number, id: number): number | null | undefined =>
    result.sides[index]?.agreement?.classes.find((each) => each.id === id)?.iou;
  const rows = labels
    .filter(({ id }) => others.some((index) => (iou(index, id) ?? null) !== null))
    .map(({ id, name }) => [name, ...others.map((index) => score(iou(index, id)))]);
  return [['IoU with the reference', ...others.map(letter)], ...rows];
}

function worstRows({ sides, reference }: OpenComparison, { pictures }: ComparisonResult): string[][] {
  const others = sides.flatMap((_, index) => (index === reference ? [] : [index]));
  const rows = pictures
    .flatMap((picture) => (picture.worst === null || picture.worst === 1 ? [] : [{ ...picture, least: picture.worst }]))
    .sort((a, b) => a.least - b.least)
    .slice(0, MOST_WORST)
    .map((picture) => [picture.name, ...others.map((index) => percent(picture.sides[index]?.agreement))]);
  return [['agrees least', ...others.map(letter)], ...rows];
}

/** Sides are called A, B, C and D where there is no room for their names. */
function letter(index: number): string {
  return String.fromCharCode(65 + index);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${(share * 100).toFixed(3)} %`;
}

function score(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : value.toFixed(4);
}

function ms(nanoseconds: number | undefined): string {
  return nanoseconds === undefined ? '–' : (nanoseconds / 1e6).toFixed(2);
}
