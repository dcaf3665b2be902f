import type { Timings } from '../../shared/domain/mask';
import type { Html } from './html';
import { given, html } from './html';
import type { ReportData, ReportLatency } from './report-data';
import { letter, milliseconds } from './report-format';
import type { ReportTexts } from './report-texts';

const STAGES = ['decode', 'preprocess', 'transferIn', 'infer', 'postprocess', 'transferOut'] as const;

/** In the units of the bars' own pictures. */
const WIDTH = 1000;
const HEIGHT = 16;

/** A bar for each side that was timed, all on one scale. Its last part is what of the total no stage accounts for. */
export function latencyBars({ sides }: ReportData, texts: ReportTexts): Html | null {
  const timed = sides.flatMap(({ latency, name }, index) => (latency === null ? [] : [{ latency, name, index }]));
  const longest = Math.max(...timed.map(({ latency }) => latency.median.total));
  const [first] = timed;
  if (first === undefined || !(longest > 0)) return null;
  const shown = ([...STAGES, 'other'] as const).filter((stage) =>
    timed.some(({ latency }) => partOf(latency.median, stage) > 0),
  );
  const pictures = Math.max(...timed.map(({ latency }) => latency.pictures));
  return html`<h2>${texts.latency}</h2>
    <p class="how">${texts.latencyHow(pictures)}</p>
    <div class="bars">
      ${timed.map(
        ({ latency, name, index }) =>
          html`<div class="bar">
            <span class="name"><span class="letter">${letter(index)}</span> ${given(name)}</span>
            <span class="total">${totals(latency)}</span>
            ${bar(latency.median, longest, texts)}
          </div>`,
      )}
      <ul class="legend">
        ${shown.map(
          (stage) =>
            html`<li>
              <span class="swatch ${stage}"></span>${stage === 'other' ? texts.other : texts.stages[stage]}
              ${timed.map(({ latency, index }) => `${letter(index)} ${milliseconds(partOf(latency.median, stage))}`).join(' · ')}
            </li>`,
        )}
      </ul>
    </div>`;
}

function totals({ median, p95 }: ReportLatency): string {
  const total = `${milliseconds(median.total)} ms`;
  return p95 === null ? total : `${total} · p95 ${milliseconds(p95.total)} ms`;
}

function bar(median: Timings, longest: number, texts: ReportTexts): Html {
  let at = 0;
  const parts = [...STAGES, 'other' as const].map((stage) => {
    const width = (partOf(median, stage) / longest) * WIDTH;
    const x = at;
    at += width;
    const name = stage === 'other' ? texts.other : texts.stages[stage];
    return width <= 0
      ? null
      : html`<rect class="${stage}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="${HEIGHT}">
          <title>${name} ${milliseconds(partOf(median, stage))} ms</title>
        </rect>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img">
    <title>${milliseconds(median.total)} ms</title>
    ${parts}
  </svg>`;
}

/** Medians of stages need not add up to the median of totals; what is left over is shown, never less than nothing. */
function partOf(median: Timings, stage: (typeof STAGES)[number] | 'other'): number {
  if (stage !== 'other') return median[stage];
  return Math.max(0, median.total - STAGES.reduce((sum, each) => sum + median[each], 0));
}
