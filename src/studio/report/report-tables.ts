import type { Label } from '../../shared/domain/model';
import type { MaskComparison } from '../../shared/domain/verification';
import type { Html, Part } from './html';
import { given, html } from './html';
import type { ReportData, ReportSide } from './report-data';
import { dateTime, letter, milliseconds, percent, score, whole } from './report-format';
import type { ReportTexts } from './report-texts';

const MOST_CONFUSIONS = 8;

/** What each side is. */
export function sidesTable({ sides, reference }: ReportData, texts: ReportTexts): Html {
  const head = [texts.side, texts.precision, texts.runtime, texts.device, texts.sees, texts.recipe, texts.built];
  const rows = sides.map((side, index): Part[] => [
    html`${sideName(side, index, texts)}
    ${index === reference ? html`<span class="tag">${texts.reference}</span>` : null}`,
    side.precision,
    side.kind === 'masks' ? path(side.directory ?? '') : side.runtime,
    side.device,
    side.size === null ? '' : html`<span class="whole">${texts.size(side.size)}</span>`,
    side.engineId === null ? '' : html`<code>${side.engineId}</code>`,
    side.builtAt === null ? '' : dateTime(side.builtAt),
  ]);
  return html`<h2>${texts.sides}</h2>
    ${grid(...withoutEmpty(head, rows), false)} ${sizeNotes(sides, reference, texts)}`;
}

/** All figures, a column for each side. */
export function figuresTable({ sides, reference }: ReportData, texts: ReportTexts): Html {
  const row = (name: string, value: (side: ReportSide, index: number) => string): Part[] | null => {
    const values = sides.map(value);
    return values.every((text) => text === '–') ? null : [name, ...values];
  };
  const referenceIsDrawn = sides[reference]?.kind === 'masks';
  const isOther = (index: number): boolean => index !== reference;
  const ids = ({ agreement }: ReportSide): string => {
    if (agreement === null) return '–';
    const { max, median, mean } = agreement.idDifference;
    return `${max} / ${median} / ${mean.toPrecision(3)}`;
  };
  const accuracy = referenceIsDrawn ? () => null : ({ accuracy: with_ }: ReportSide) => with_;
  const rows = [
    row(texts.compared, (side, index) => (isOther(index) ? whole(side.compared) : '–')),
    row(texts.pixelAgreement, ({ agreement }) => percent(agreement?.pixelAgreement)),
    row(texts.meanIouReference, ({ agreement }) => score(agreement?.meanIou)),
    row(texts.borderIouReference, ({ agreement }) => score(agreement?.meanBoundaryIou)),
    row(texts.pixelAccuracy, (side) => percent(accuracy(side)?.pixelAgreement)),
    row(texts.meanIouDrawn, (side) => score(accuracy(side)?.meanIou)),
    row(texts.borderIouDrawn, (side) => score(accuracy(side)?.meanBoundaryIou)),
    row(texts.idDifference, ids),
    row(texts.timeMedian, ({ latency }) => withUnit(milliseconds(latency?.median.total))),
    row(texts.timeP95, ({ latency }) => withUnit(milliseconds(latency?.p95?.total))),
  ].flatMap((each) => (each === null ? [] : [each]));
  const head = [texts.figure, ...sides.map((_, index) => letter(index))];
  return html`<h2>${texts.figures}</h2>
    ${grid(head, rows, true)}`;
}

/** IoU by class, the class that suffers most first. */
export function classesTable({ sides, reference, labels }: ReportData, texts: ReportTexts): Html | null {
  const others = sides.flatMap(({ agreement }, index) =>
    agreement === null || index === reference ? [] : [{ index, agreement }],
  );
  const of = (agreement: MaskComparison, id: number) => agreement.classes.find((each) => each.id === id);
  const rows = labels
    .map((label) => {
      const scores = others.map(({ agreement }) => of(agreement, label.id));
      const known = scores.flatMap((each) => (each?.iou == null ? [] : [each.iou]));
      const [first] = others;
      const pixels = scores.find((each) => each !== undefined)?.referencePixels ?? 0;
      return { label, scores, least: Math.min(...known), share: pixels / Math.max(1, first?.agreement.pixels ?? 1) };
    })
    .filter(({ least }) => Number.isFinite(least))
    .sort((a, b) => a.least - b.least)
    .map(({ label, scores, share }): Part[] => [
      named(label),
      percent(share),
      ...scores.map(
        (each) =>
          html`${score(each?.iou)} <span class="small">${score(each?.boundaryIou)}</span>${meter(each?.iou ?? 0)}`,
      ),
    ]);
  if (rows.length === 0) return null;
  return html`<h2>${texts.classes}</h2>
    <p class="how">${texts.classesHow}</p>
    ${grid([texts.class, texts.share, ...others.map(({ index }) => letter(index))], rows, true)}`;
}

/** From which class to which, most pixels first. */
export function confusionTables({ sides, reference, labels }: ReportData, texts: ReportTexts): Html | null {
  const names = new Map(labels.map((label) => [label.id, label]));
  const nameOf = (id: number): Part => {
    const label = names.get(id);
    return label === undefined ? `class ${id}` : named(label);
  };
  const tables = sides.flatMap((side, index) => {
    const { agreement } = side;
    if (agreement === null || index === reference) return [];
    const rows = topConfusions(agreement, MOST_CONFUSIONS).map(({ from, to, pixels }): Part[] => [
      nameOf(from),
      nameOf(to),
      html`${whole(pixels)}<br /><span class="small">${percent(pixels / agreement.pixels)}</span>`,
    ]);
    const head = [texts.says(letter(reference)), texts.says(letter(index)), texts.pixels];
    const body =
      rows.length === 0 ? html`<p class="how" style="padding: 0 14px">${texts.none}</p>` : table(head, rows, true, 2);
    return [
      html`<div class="scroll">
        <h3>${sideName(side, index, texts)}</h3>
        ${body}
      </div>`,
    ];
  });
  if (tables.length === 0) return null;
  return html`<h2>${texts.confusions}</h2>
    <p class="how">${texts.confusionsHow}</p>
    <div class="pair">${tables}</div>`;
}

export function failuresTable({ failures }: ReportData, texts: ReportTexts): Html | null {
  if (failures.length === 0) return null;
  const rows = failures.map(({ name, side, code, message }): Part[] => [
    path(name),
    side === null ? '' : letter(side),
    html`${path(message)} <code>${code}</code>`,
  ]);
  return html`<h2>${texts.failures}</h2>
    ${grid([texts.failed, texts.side, texts.why], rows, false)}`;
}

/** Pixels that one side gives another class than the reference, by pair of classes, most first. */
export function topConfusions(
  { confusion, confusionIds }: MaskComparison,
  most: number,
): { from: number; to: number; pixels: number }[] {
  const pairs = confusion.flatMap((row, from) =>
    row.flatMap((pixels, to) =>
      from === to || pixels === 0 ? [] : [{ from: confusionIds[from] ?? 0, to: confusionIds[to] ?? 0, pixels }],
    ),
  );
  return pairs.sort((a, b) => b.pixels - a.pixels).slice(0, most);
}

export function sideName(side: ReportSide, index: number, texts: ReportTexts): Html {
  return html`<span class="letter">${letter(index)}</span> ${side.kind === 'masks' ? texts.drawn : given(side.name)}`;
}

function sizeNotes(sides: readonly ReportSide[], reference: number, texts: ReportTexts): Html | null {
  const theirs = sides[reference]?.size ?? null;
  if (theirs === null) return null;
  const notes = sides.flatMap(({ size }, index) => {
    if (size === null || texts.size(size) === texts.size(theirs)) return [];
    return [html`<p class="how">${letter(index)}: ${texts.sizes(texts.size(size), texts.size(theirs))}</p>`];
  });
  return notes.length === 0 ? null : html`${notes}`;
}

/** Leaves out columns of which no row has anything to say. */
function withoutEmpty(head: readonly Part[], rows: readonly (readonly Part[])[]): [head: Part[], rows: Part[][]] {
  const isKept = (_: Part, column: number): boolean => rows.some((row) => (row[column] ?? '') !== '');
  return [head.filter(isKept), rows.map((row) => row.filter(isKept))];
}

function grid(head: readonly Part[], rows: readonly (readonly Part[])[], numbers: boolean): Html {
  return html`<div class="scroll">${table(head, rows, numbers, 1)}</div>`;
}

/** @param names columns that hold names; with `numbers` those behind them stand to the right */
function table(head: readonly Part[], rows: readonly (readonly Part[])[], numbers: boolean, names: number): Html {
  const kind = (column: number): string => (numbers && column >= names ? 'number' : '');
  return html`<table>
    <thead>
      <tr>
        ${head.map((cell, column) => html`<th scope="col" class="${kind(column)}">${cell}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell, column) =>
              column === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="${kind(column)}">${cell}</td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function meter(share: number): Html {
  const width = (Math.max(0, Math.min(1, share)) * 100).toFixed(2);
  return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect class="back" width="100" height="4" />
    <rect class="front" width="${width}" height="4" />
  </svg>`;
}

function named({ color, name }: Label): Html {
  return html`<span class="label">${swatch(color)}${given(name)}</span>`;
}

/** What may be long and without a space. */
function path(text: string): Html {
  return html`<span class="path">${given(text)}</span>`;
}

function swatch([red, green, blue]: readonly [number, number, number]): Html {
  return html`<span class="swatch" style="background: rgb(${red}, ${green}, ${blue})"></span>`;
}

function withUnit(text: string): string {
  return text === '–' ? text : `${text} ms`;
}
